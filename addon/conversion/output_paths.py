"""Where the HDR of an image is written: a place that people find again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Image

from ..errors import AddonError
from ..files.result_files import PATTERN, is_valid_pattern, result_name
from ..source.sources import file_of
from . import unsaved_results

#: Where the extension's preferences name no folder.
DEFAULT_FOLDER = "//textures"


@dataclass(frozen=True)
class OutputPlace:
    """Where to write.

    Attributes:
        path: an absolute path; its folder need not exist. The file is numbered if another image's result has that
            name, see :func:`addon.files.result_files.move_into_place`.
        note: remarks for the user on it, empty if nothing.
    """

    path: Path
    note: str = ""


def output_place(image: Image, folder: str = "", pattern: str = PATTERN) -> OutputPlace:
    """Return where the HDR of an image goes: ``<folder>/<name>_lanet.exr``.

    Args:
        image: the LDR image.
        folder: from the preferences; ``//`` is the folder of the .blend file. ``//textures`` by default. Of a .blend
            that was never saved, the result is kept elsewhere until it is, see :mod:`addon.conversion.unsaved_results`.
        pattern: of the name, see :func:`addon.files.result_files.result_name`.

    Raises:
        AddonError: the folder is relative to nothing, or the pattern is not valid.
    """
    if not is_valid_pattern(pattern):
        raise AddonError(f"{pattern}: The pattern of names must contain {{stem}} once, and no folder.")
    folder = folder.strip() or DEFAULT_FOLDER
    if folder.startswith("//") and not bpy.data.filepath:
        return OutputPlace(unsaved_results.folder() / _name(image, pattern), unsaved_results.NOTE)
    place = Path(os.path.normpath(bpy.path.abspath(folder)))
    if not place.is_absolute():
        raise AddonError(f"{folder}: The output folder in the preferences must begin with // or be absolute.")
    return OutputPlace(place / _name(image, pattern))


def place_of_file(source: Path, folder: str = "", pattern: str = PATTERN) -> Path:
    """Return where the result of an image file goes, unless another image's result is there.

    Args:
        source: the image file.
        folder: of the result; by default that of the image file.
        pattern: see :func:`output_place`.
    """
    place = Path(os.path.normpath(bpy.path.abspath(folder))) if folder else source.parent
    return place / result_name(source.stem, pattern)


def _name(image: Image, pattern: str) -> str:
    is_file = image.filepath and image.source == "FILE"
    return result_name(file_of(image).stem if is_file else Path(image.name.replace("/", "_")).stem, pattern)
