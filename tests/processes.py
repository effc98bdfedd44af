"""Other processes, as Linux lists them. Also the checks that run inside Blender import it."""

from __future__ import annotations

from pathlib import Path


def exists(pid: int) -> bool:
    """Return whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second while it is read
        return False
