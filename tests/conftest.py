"""Fixtures that several rooms share."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from extension_zip import blender_tool, linux_zip  # noqa: F401 - fixtures
from tiny_models import write_tiny_model


def pytest_configure() -> None:
    """Let tests interrupt what they start, also where a shell runs them in the background, deaf to SIGINT."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a tiny model, by the options of ``write_tiny_model``, and returns its path."""

    def make(name: str = "tiny.onnx", **options) -> Path:
        write_tiny_model(tmp_path / name, **options)
        return tmp_path / name

    return make


@pytest.fixture
def street() -> np.ndarray:
    """A panorama of 128x64 with noise, a sun of one pixel, a lamp across ±180° and a bright zenith: uint8 sRGB."""
    rng = np.random.default_rng(7)
    picture = rng.integers(10, 180, (64, 128, 3), dtype=np.uint8)
    picture[20, 37] = 255
    picture[30:33, :2] = (255, 250, 245)
    picture[30:33, -3:] = (255, 250, 245)
    picture[:2] = 255
    return picture
