"""The enabled extension inside Blender: the checks of the scripts named below."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_process import names_of_checks

NAMES = (
    "artist",
    "backplate",
    "bake",
    "conversion",
    "drop",
    "engine",
    "environment",
    "expectation",
    "follow",
    "ground",
    "interruption",
    "interface",
    "lamp",
    "lamp_scene",
    "lamp_strength",
    "message",
    "saving",
    "slider",
    "surface",
    "timer",
    "translation",
    "world_chain",
)
SCRIPTS = [Path(__file__).with_name(f"{name}_checks.py") for name in NAMES]
CHECKS = [pytest.param(script, check, id=check) for script in SCRIPTS for check in names_of_checks(script)]


@pytest.mark.parametrize(("script", "check"), CHECKS)
def test_in_blender(blender_checks, script, check, tmp_path):
    blender_checks.run(script, check, tmp_path)
