"""Fixtures that several folders share."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from extension_zip import blender_tool, linux_zip  # noqa: F401 - fixtures
from kinds import BLENDER, FAST, SLOW, TRAINING
from tiny_models import write_tiny_model
from training_data import scene_folder, small_configuration  # noqa: F401 - fixtures


def pytest_configure() -> None:
    """Let tests interrupt what they start, also where a shell runs them in the background and ignores SIGINT."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


_TESTS = Path(__file__).resolve().parent


_MARKERS = {"fast": FAST, "blender": BLENDER, "training": TRAINING}


def _is_of(kind: tuple[str, ...], path: Path) -> bool:
    return path.is_relative_to(_TESTS) and path.relative_to(_TESTS).as_posix().startswith(kind)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With ``-m fast``, import none of the other files: they may need torch or Blender."""
    if config.option.markexpr != "fast" or collection_path == _TESTS or not collection_path.is_relative_to(_TESTS):
        return None
    if collection_path.is_dir():
        folder = f"{collection_path.relative_to(_TESTS).as_posix()}/"
        return None if any(each.startswith(folder) for each in FAST) else True
    return None if _is_of(FAST, collection_path) else True


def _place_in_order(path: Path) -> int:
    return next((place for place, each in enumerate(SLOW) if _is_of((each,), path)), len(SLOW))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of each kind, and let those that take longest begin."""
    items.sort(key=lambda item: _place_in_order(item.path))
    for item in items:
        for name, kind in _MARKERS.items():
            if _is_of(kind, item.path):
                item.add_marker(name)


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
    image = rng.integers(10, 180, (64, 128, 3), dtype=np.uint8)
    image[20, 37] = 255
    image[30:33, :2] = (255, 250, 245)
    image[30:33, -3:] = (255, 250, 245)
    image[:2] = 255
    return image
