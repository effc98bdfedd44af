"""Sources and output paths inside Blender: the checks of sources_checks.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_process import names_of_checks

CHECKS = Path(__file__).with_name("sources_checks.py")


@pytest.mark.parametrize("check", names_of_checks(CHECKS))
def test_in_blender(blender_checks, check, tmp_path):
    blender_checks.run(CHECKS, check, tmp_path)
