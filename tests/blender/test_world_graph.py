"""The world's nodes inside Blender: the checks of world_graph_checks.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_process import module_checks, names_of_checks

CHECKS = Path(__file__).with_name("world_graph_checks.py")


@pytest.mark.parametrize("check", names_of_checks(CHECKS))
def test_in_blender(blender_checks, check, tmp_path):
    blender_checks.run(CHECKS, check, tmp_path)


@pytest.mark.parametrize(
    "configuration", ["studio-config-v1.0.0_aces-v1.3_ocio-v2.1", "cg-config-v1.0.0_aces-v1.3_ocio-v2.1"]
)
def test_with_an_aces_configuration(configuration, tmp_path):
    checks = module_checks(tmp_path, OCIO=f"ocio://{configuration}")
    checks.run(CHECKS, "configured_check", tmp_path)
    checks.close()
