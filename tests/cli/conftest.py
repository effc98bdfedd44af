"""Fixtures of the commands' tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lanet_core.cli.main import main


@pytest.fixture
def tiny_model(make_model, monkeypatch) -> Path:
    """A tiny model, which the commands use by default."""
    path = make_model()
    monkeypatch.setenv("LANET_MODEL", str(path))
    return path


@pytest.fixture
def library(tmp_path, street) -> Path:
    """A folder of three good panoramas."""
    folder = tmp_path / "library"
    folder.mkdir()
    for shift, name in enumerate(("lake.png", "street.png", "tower.png")):
        Image.fromarray(np.roll(street, 10 * shift, axis=1)).save(folder / name)
    return folder


@pytest.fixture
def lanet(capsys) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs the command in this process: (exit status, standard output, standard error)."""

    def run(*arguments) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run
