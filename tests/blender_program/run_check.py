"""Run one check of ``tests/blender`` in a Blender program: ``blender -b … -P run_check.py -- SCRIPT CHECK FOLDER``."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(script: str, check: str, folder: str) -> None:
    """Run a check of a script, with a folder for its files."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(script).parent)]
    sys.argv = [script, check, folder]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[sys.argv.index("--") + 1 :])
