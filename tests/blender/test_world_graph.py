"""The world's nodes inside Blender; each check of world_graph_checks.py is a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_process import names_of_checks, run_check

CHECKS = Path(__file__).with_name("world_graph_checks.py")


@pytest.mark.parametrize("check", names_of_checks(CHECKS))
def test_in_blender(check, tmp_path):
    run_check(CHECKS, check, tmp_path)


@pytest.mark.parametrize(
    "configuration", ["studio-config-v1.0.0_aces-v1.3_ocio-v2.1", "cg-config-v1.0.0_aces-v1.3_ocio-v2.1"]
)
def test_with_an_aces_configuration(configuration, tmp_path):
    run_check(CHECKS, "configured_check", tmp_path, OCIO=f"ocio://{configuration}")
