"""The writers of results, and places that refuse them."""

from __future__ import annotations

import os

import numpy as np
import pytest

from lanet_core import errors
from lanet_core.files import write_exr, write_png

NOISE8 = np.random.default_rng(0).integers(0, 256, (128, 256, 3), dtype=np.uint8)


def write_noise_exr(path):
    """Write an EXR that compresses badly."""
    write_exr(path, NOISE8.astype(np.float32) ** 1.5, model_name="m", model_sha256="0")


def write_noise_png(path):
    """Write a PNG that compresses badly."""
    write_png(path, NOISE8)


WRITERS = {"light.exr": write_noise_exr, "preview.png": write_noise_png}
is_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount")
is_not_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")


def refused(path, name, kind, *words):
    """Assert that a writer raises an error of a kind, with the path and some words."""
    with pytest.raises(errors.LanetError) as caught:
        WRITERS[name](path)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"{path}: ")
    for word in words:
        assert word in str(caught.value)
