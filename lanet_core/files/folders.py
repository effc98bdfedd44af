"""Making of folders for results."""

from __future__ import annotations

import os
from pathlib import Path

from lanet_core.errors import OutputNotWritableError


def make_folder(folder: Path) -> bool:
    """Make a folder and those above it; return whether it was missing.

    Raises:
        OutputNotWritableError: it cannot be made.
    """
    if os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises an error where a folder above is closed
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritableError(
            f"The folder cannot be created: {error.strerror}.", path=folder, remedy="Choose another."
        ) from error
    return True
