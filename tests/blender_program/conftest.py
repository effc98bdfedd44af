"""A real Blender program: ``BLENDER``, ``BLENDER_ROOT`` or the one in PATH.

``tools/debian_blender_root.sh setup ROOT`` makes a Debian 13 with Blender 4.3, for ``BLENDER_ROOT=ROOT``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "debian_blender_root.sh"


def blender_command(folder: Path) -> list[str]:
    """Return the command that starts Blender with this repository and a folder in its sight, or skip."""
    root = os.environ.get("BLENDER_ROOT")
    if root:
        return [str(TOOL), "run", root, str(ROOT), str(folder), "--", "blender"]
    program = os.environ.get("BLENDER") or shutil.which("blender")
    if not program:
        pytest.skip(f"no Blender program: run `{TOOL.name} setup ROOT` and set BLENDER_ROOT=ROOT, or set BLENDER")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60).stdout
    major_minor = re.search(r"Blender (\d+)\.(\d+)", version)
    if not major_minor or tuple(map(int, major_minor.groups())) < (4, 2):
        pytest.skip(f"{program} is {version.splitlines()[0] if version else 'no Blender'}, and 4.2 is needed")
    return [program]


@pytest.fixture(scope="session")
def blender_program() -> Callable[..., subprocess.CompletedProcess]:
    """Return a function that runs Blender, which sees one folder besides this repository."""

    def run(folder: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*blender_command(folder), *map(str, arguments)],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run


@pytest.fixture(scope="session")
def blender(blender_program) -> Callable[..., subprocess.CompletedProcess]:
    """Return a function that runs a script of this repository in Blender, which sees one folder besides."""

    def run(folder: Path, script: Path, *options: str) -> subprocess.CompletedProcess:
        start = ("-b", "--factory-startup", "--python-exit-code", "3", "-P", script)
        return blender_program(folder, *start, "--", *options)

    return run


@pytest.fixture(scope="session")
def blender_window() -> Callable[..., subprocess.CompletedProcess]:
    """Return a function that runs a script in a Blender with a window, which nobody sees.

    The script is given the folder, and the file that the X server keeps its screen in (XWD), in ``folder/screen``. The
    mouse and the keyboard are the script's.
    """

    def run(folder: Path, script: Path, **environment: str) -> subprocess.CompletedProcess:
        *before, program = blender_command(folder)
        root = os.environ.get("BLENDER_ROOT")
        if not shutil.which("xvfb-run", path=f"{root}/usr/bin" if root else None):
            pytest.skip(f"no window: xvfb-run is missing{f' in {root}' if root else ''}; install xvfb and xauth")
        (folder / "screen").mkdir()
        screen = folder / "screen" / "Xvfb_screen0"
        server = f"-screen 0 1280x900x24 -fbdir {screen.parent}"
        start = ("--enable-event-simulate", "--window-geometry", "0", "0", "1280", "900", "-P", str(script))
        return subprocess.run(
            [
                *before,
                "xvfb-run",
                "-a",
                "-s",
                server,
                program,
                *start,
                "--",
                folder,
                folder / "screen" / "Xvfb_screen0",
            ],
            env=os.environ | {"LIBGL_ALWAYS_SOFTWARE": "1"} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run
