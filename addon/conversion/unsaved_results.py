"""Results of a .blend file that was never saved: kept with the extension's own data until it is.

Blender's temporary folder is removed when Blender ends, also where its autosave and its *Recover Last Session* still
refer to a file there. So such results are kept in the extension's user folder, and the first save brings them to the
output folder of the preferences. The copies here stay for autosaves and undo steps, and are removed after a month
without use.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import bpy
from bpy.types import Image

from ..settings import EXTENSION
from ..source.sources import file_of

NOTE = (
    "The .blend is not saved yet, so the HDR is kept with the extension's data. "
    "Save the .blend to move it to the output folder, or pack the image."
)
_FOLDER = "unsaved"
_KEPT_S = 30 * 24 * 3600.0
#: One folder a process, so that two Blenders never write the same file.
_PROCESS = f"{os.getpid()}-{secrets.token_hex(4)}"


@cache
def root() -> Path:
    """Return the folder of all processes; it is made."""
    return Path(bpy.utils.extension_path_user(EXTENSION, path=_FOLDER, create=True))


def folder() -> Path:
    """Return where this process writes results that belong to no saved .blend; it need not exist."""
    return root() / _PROCESS


def is_unsaved(image: Image) -> bool:
    """Return whether an image shows such a result, and no packed copy of it."""
    return image.packed_file is None and _is_kept_here(image)


def unsaved_images() -> list[Image]:
    """Return all images whose file is kept here, also the packed ones."""
    return [image for image in bpy.data.images if _is_kept_here(image)]


def keep() -> None:
    """Note that the results that the opened file shows are in use."""
    for image in unsaved_images():
        with suppress(OSError):
            os.utime(file_of(image).parent)


def sweep(kept: Path) -> None:
    """Remove results that have not been used for a month; it needs no Blender data.

    Args:
        kept: see :func:`root`.
    """
    for old in kept.glob("*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _KEPT_S:
                shutil.rmtree(old, ignore_errors=True)


def _is_kept_here(image: Image) -> bool:
    return image.library is None and root() in file_of(image).parents
