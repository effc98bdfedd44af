"""Checks of the extension's rooms inside Blender, each in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def names_of_checks(script: Path) -> list[str]:
    """Return the names of a script's functions that begin with ``check_``; it is not imported."""
    lines = script.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("def ").partition("(")[0] for line in lines if line.startswith("def check_")]


def run_check(script: Path, check: str, folder: Path, **environment: str) -> None:
    """Run one check of a script that ends in :func:`main`, with a folder for its files."""
    import pytest  # the checks run also where it is not installed

    if importlib.util.find_spec("bpy") is None:
        pytest.skip("Blender's Python module is not installed: pip install lanet-ibl[evaluation]")
    settings = folder / "settings"
    settings.mkdir()
    finished = subprocess.run(
        [sys.executable, script, check, folder],
        env=os.environ
        | {"BLENDER_USER_RESOURCES": str(settings), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
        | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-3000:]


def main(checks: dict[str, Callable[[Path], None]]) -> None:
    """Run the check that the command line names."""
    check, folder = sys.argv[1:]
    checks[check](Path(folder))
