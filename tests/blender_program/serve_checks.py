"""Run checks of ``tests/blender`` in a Blender program: ``blender -b … -P serve_checks.py``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import blender_process  # noqa: E402

blender_process.serve()
