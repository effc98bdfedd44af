"""Where the HDR of an image is written: a place that people find again, and never over a file that is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import bpy
from bpy.types import Image

from .errors import AddonError
from .sources import file_of
from .world_graph import SOURCE_PROPERTY

#: Where the extension's preferences name no folder.
DEFAULT_FOLDER = "//textures"
_SUFFIX = "_lanet.exr"
_EXR_SIGNATURE = b"\x76\x2f\x31\x01"
#: The header attribute that every file of the converter's has, as OpenEXR stores its name.
_OUR_ATTRIBUTE = b"lanetModel\0string\0"
_HEADER_BYTES = 1 << 14


@dataclass(frozen=True)
class OutputPlace:
    """Where to write.

    Attributes:
        path: an absolute path; its folder need not exist.
        note: what the artist should know about it, empty if nothing.
    """

    path: Path
    note: str = ""


def output_place(image: Image, folder: str = "") -> OutputPlace:
    """Return where the HDR of an image goes: ``<folder>/<name>_lanet.exr``, numbered if others have that name.

    The former HDR of the same image is replaced.

    Args:
        image: the LDR image.
        folder: from the preferences; ``//`` is the folder of the .blend file. ``//textures`` by default.

    Raises:
        AddonError: the folder is relative to nothing.
    """
    folder = folder.strip() or DEFAULT_FOLDER
    note = ""
    if folder.startswith("//") and not bpy.data.filepath:
        place = Path(bpy.app.tempdir)
        note = (
            "The .blend is not saved yet, so the HDR lies in a temporary folder and goes when Blender ends. "
            "Save the .blend and convert again, or pack the image."
        )
    else:
        place = Path(bpy.path.abspath(folder))
    if not place.is_absolute():
        raise AddonError(f"{folder}: The output folder in the preferences must begin with // or be absolute.")
    return OutputPlace(next(path for path in _names(place, image) if _may_be_written(path, image)), note)


def is_ours(path: Path) -> bool:
    """Return whether a file is one that the converter has written."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError:
        return False
    return header.startswith(_EXR_SIGNATURE) and _OUR_ATTRIBUTE in header


def _names(folder: Path, image: Image) -> Iterator[Path]:
    name = file_of(image).stem if image.filepath and image.source == "FILE" else Path(image.name).stem
    name = bpy.path.clean_name(name).strip("_") or "world"
    yield folder / f"{name}{_SUFFIX}"
    for number in count(2):
        yield folder / f"{name}_{number}{_SUFFIX}"


def _may_be_written(path: Path, image: Image) -> bool:
    if not path.exists():
        return not path.is_symlink()
    return is_ours(path) and not path.is_symlink() and _made_of(path) in (None, image)


def _made_of(path: Path) -> Image | None:
    """Return the image that a file was made of, as far as this .blend knows."""
    for image in bpy.data.images:
        if SOURCE_PROPERTY in image and file_of(image) == path:
            return image[SOURCE_PROPERTY]
    return None
