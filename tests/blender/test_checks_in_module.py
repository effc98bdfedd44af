"""The extension inside Blender's Python module: the checks of this folder's scripts.

Where ``BLENDER_ROOT`` names a Blender program, ``tests/blender_program`` runs most of them in it, and this file the
others. ``make test-blender-versions`` runs all of them in several versions of the module.
"""

from __future__ import annotations

import os

import pytest
from blender_process import checks_for_any_blender, checks_for_the_module

CHECKS = checks_for_the_module() + ([] if "BLENDER_ROOT" in os.environ else checks_for_any_blender())


@pytest.mark.parametrize(("script", "check"), CHECKS, ids=[check for _, check in CHECKS])
def test_in_the_module(blender_checks, script, check, tmp_path):
    blender_checks.run(script, check, tmp_path)
