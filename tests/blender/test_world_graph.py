"""The world's nodes inside Blender: the checks of the scripts named below."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_process import module_checks, names_of_checks

NAMES = ("world_graph", "world_conversion", "light_note", "light_group")
SCRIPTS = [Path(__file__).with_name(f"{name}_checks.py") for name in NAMES]
CHECKS = [pytest.param(script, check, id=check) for script in SCRIPTS for check in names_of_checks(script)]


@pytest.mark.parametrize(("script", "check"), CHECKS)
def test_in_blender(blender_checks, script, check, tmp_path):
    blender_checks.run(script, check, tmp_path)


@pytest.mark.parametrize(
    "configuration", ["studio-config-v1.0.0_aces-v1.3_ocio-v2.1", "cg-config-v1.0.0_aces-v1.3_ocio-v2.1"]
)
def test_with_an_aces_configuration(configuration, tmp_path):
    checks = module_checks(tmp_path, OCIO=f"ocio://{configuration}")
    checks.run(SCRIPTS[-1], "configured_check", tmp_path)
    checks.close()
