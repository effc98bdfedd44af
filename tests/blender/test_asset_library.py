"""A folder as an asset library inside Blender; each check of asset_library_checks.py is a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_process import names_of_checks, run_check

CHECKS = Path(__file__).with_name("asset_library_checks.py")


@pytest.mark.parametrize("check", names_of_checks(CHECKS))
def test_in_blender(check, tmp_path):
    run_check(CHECKS, check, tmp_path)
