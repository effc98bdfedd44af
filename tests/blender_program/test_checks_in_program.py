"""Checks of ``tests/blender`` in a real Blender program, which is of another version than Blender's Python module."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from blender_process import checks_for_any_blender
from tiny_models import write_tiny_model

CHECKS = checks_for_any_blender()


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """A folder of tiny models: Blender's Python has no onnx."""
    folder = tmp_path_factory.mktemp("models")
    for name, gain in (("tiny.onnx", 2.0), ("bright.onnx", 14.0)):
        write_tiny_model(folder / name, gain=gain)
    write_tiny_model(folder / "range.onnx", gain=2.0, expected_stops=0.5, strength_range=(-0.4, 0.9))
    return folder


@pytest.mark.parametrize(("script", "check"), CHECKS, ids=[check for _, check in CHECKS])
def test_in_the_program(program_checks, models, script, check, tmp_path):
    shutil.copytree(models, tmp_path, dirs_exist_ok=True)
    program_checks.run(script, check, tmp_path)
