"""Checks of ``tests/blender`` in a real Blender program, which is of another version than Blender's Python module."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_process import names_of_checks
from tiny_models import write_tiny_model

RUN = Path(__file__).with_name("run_check.py")
FOLDER = Path(__file__).resolve().parents[1] / "blender"
NAMES = (
    "backplate",
    "bake",
    "expectation",
    "ground",
    "saving",
    "message",
    "lamp",
    "slider",
    "world_graph",
    "batch",
    "command_line",
    "surface",
    "translation",
)
SCRIPTS = [FOLDER / f"{name}_checks.py" for name in NAMES]
CHECKS = [(script, check) for script in SCRIPTS for check in names_of_checks(script)]


@pytest.mark.parametrize(("script", "check"), CHECKS, ids=[check for _, check in CHECKS])
def test_in_the_program(blender_program, script, check, tmp_path):
    (tmp_path / "settings").mkdir()
    for name, gain in (("tiny.onnx", 2.0), ("bright.onnx", 14.0)):  # Blender's Python has no onnx
        write_tiny_model(tmp_path / name, gain=gain)
    write_tiny_model(tmp_path / "range.onnx", gain=2.0, expected_stops=0.5, strength_range=(-0.4, 0.9))
    start = ("-b", "--factory-startup", "--python-exit-code", "3", "-P", RUN, "--", script, check, tmp_path)
    finished = blender_program(tmp_path, *start, BLENDER_USER_RESOURCES=str(tmp_path / "settings"))
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-3000:]
