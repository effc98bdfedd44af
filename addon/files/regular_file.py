"""Reading the beginning of a file, and never waiting for a pipe or a device."""

from __future__ import annotations

import stat
from pathlib import Path


def first_bytes(path: Path, count: int) -> bytes:
    """Return the first bytes of a regular file.

    Args:
        path: the file; a link is followed.
        count: how many, at most.

    Raises:
        OSError: it is missing, a folder, a pipe or a device, or may not be read.
        ValueError: its name has a NUL character.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(0, "It is a pipe or a device")
    with path.open("rb") as file:
        return file.read(count)
