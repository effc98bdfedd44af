"""A real Blender program with a window on a virtual screen: the commands that start it. Linux.

``BLENDER_ROOT`` names a Debian that ``tools/debian_blender_root.sh setup`` has made; without it, ``BLENDER`` or the
program in PATH is taken.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOT_TOOL = ROOT / "tools" / "debian_blender_root.sh"

WINDOW_SIZE = (960, 700)


class NoProgramError(Exception):
    """There is no Blender program, or no X server for its window: what is missing, and what to do."""


def blender_command(folder: Path) -> list[str]:
    """Return the command that starts Blender with this repository and a folder in its sight.

    Raises:
        NoProgramError: there is none.
    """
    root = os.environ.get("BLENDER_ROOT")
    if root:
        return [str(ROOT_TOOL), "run", root, str(ROOT), str(folder), "--", "blender"]
    program = os.environ.get("BLENDER") or shutil.which("blender")
    if not program:
        raise NoProgramError(
            f"no Blender program: run `{ROOT_TOOL.name} setup ROOT` and set BLENDER_ROOT=ROOT, or set BLENDER"
        )
    return [program]


def window_command(folder: Path, script: Path, *, size: tuple[int, int] = WINDOW_SIZE) -> list[str]:
    """Return the command that runs a script in a Blender with a window; it needs ``LIBGL_ALWAYS_SOFTWARE=1``.

    The script is given the folder, and the file that the X server keeps its screen in (XWD): below ``folder/screen``,
    which is made. The mouse and the keyboard are the script's.

    Args:
        folder: what Blender sees besides this repository.
        script: in this repository.
        size: the window's, which is the screen's: width and height.

    Raises:
        NoProgramError: Blender or xvfb-run is missing.
    """
    *before, program = blender_command(folder)
    root = os.environ.get("BLENDER_ROOT")
    if not shutil.which("xvfb-run", path=f"{root}/usr/bin" if root else None):
        raise NoProgramError(f"no window: xvfb-run is missing{f' in {root}' if root else ''}; install xvfb and xauth")
    screen = folder / "screen"
    screen.mkdir()
    width, height = map(str, size)
    server = f"-screen 0 {width}x{height}x24 -nocursor -fbdir {screen}"
    start = ["--enable-event-simulate", "--window-geometry", "0", "0", width, height, "-P", str(script), "--"]
    return [*before, "xvfb-run", "-a", "-s", server, program, *start, str(folder), str(screen / "Xvfb_screen0")]
