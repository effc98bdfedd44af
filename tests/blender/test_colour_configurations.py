"""Blender with another OpenColorIO configuration: one of the checks of light_group_checks.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_process import module_checks

SCRIPT = Path(__file__).with_name("light_group_checks.py")


@pytest.mark.parametrize(
    "configuration", ["studio-config-v1.0.0_aces-v1.3_ocio-v2.1", "cg-config-v1.0.0_aces-v1.3_ocio-v2.1"]
)
def test_with_an_aces_configuration(configuration, tmp_path):
    checks = module_checks(tmp_path, OCIO=f"ocio://{configuration}")
    checks.run(SCRIPT, "configured_check", tmp_path)
    checks.close()
