"""The image behind an image datablock, as a file that the converter can read.

Images in memory alone, packed or painted, are written to a temporary file, see :mod:`addon.source.source_file`.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import bpy
from bpy.types import Image

from ..errors import AddonError
from ..files.image_signature import SIGNATURE_BYTES, converter_suffix, is_hdr
from ..files.regular_file import first_bytes
from ..translation import tr
from .source_file import PixelSource, SourceFile

_REFUSED_SOURCES = {
    "TILED": "It is a UDIM of several tiles. Give a single image.",
    "MOVIE": "It is a movie. Save one of its frames as an image, and give that.",
    "SEQUENCE": "It is an image sequence. Give a single image.",
    "VIEWER": "It is a render or viewer result. Save it as an image, and give that.",
}


def prepare_source(image: Image, folder: Path | None = None) -> SourceFile:
    """Return the image of an image as a file.

    A file on disk is given as it is. Of a packed image, the packed bytes are written; of a generated or painted one,
    and of a file in a format that only Blender reads, its pixels.

    Args:
        image: local or linked.
        folder: for temporary files, an existing one; Blender's own by default, which it removes when it ends.

    Raises:
        AddonError: it is HDR already, its file is missing, or it is no single image; the text has the remedy. For
            pixels that are HDR already, :meth:`SourceFile.ready` raises it.
    """
    if image.source in _REFUSED_SOURCES:
        raise _error(image, _REFUSED_SOURCES[image.source])
    folder = folder or Path(bpy.app.tempdir)
    if image.is_dirty or image.source == "GENERATED":
        return _from_pixels(image, folder)
    packed = _packed_bytes(image)
    head = packed[:SIGNATURE_BYTES] if packed is not None else _first_bytes(image)
    if is_hdr(head):
        raise _already_hdr(image)
    suffix = converter_suffix(head)
    if suffix is None:
        return _from_pixels(image, folder)
    if packed is None:
        return SourceFile(file_of(image))
    path = _temporary(folder, suffix)
    return SourceFile(path, lambda: path.write_bytes(packed))


def hdr_source(image: Image) -> SourceFile:
    """Return the file of an HDR image; packed bytes are written to a temporary one if there is none.

    Raises:
        AddonError: its file is missing.
    """
    path = file_of(image)
    if path.is_file():
        return SourceFile(path)
    packed = _packed_bytes(image)
    if packed is None:
        raise _missing(image, path)
    path = _temporary(Path(bpy.app.tempdir), path.suffix)
    source = SourceFile(path, lambda: path.write_bytes(packed))
    source.wait()
    return source


def is_single_image(image: Image) -> bool:
    """Return whether an image is an image, and neither a movie nor a sequence, several tiles or a render result."""
    return image.source not in _REFUSED_SOURCES


def file_of(image: Image) -> Path:
    """Return the absolute path of an image's file, which need not exist; ``//`` is its own .blend's folder."""
    return Path(os.path.normpath(bpy.path.abspath(image.filepath, library=image.library)))


def _packed_bytes(image: Image) -> bytes | None:
    return image.packed_file.data if image.packed_file is not None else None


def _first_bytes(image: Image) -> bytes:
    if not image.filepath:
        raise _error(image, "It has no file and no pixels.")
    path = file_of(image)
    try:
        return first_bytes(path, SIGNATURE_BYTES)
    except FileNotFoundError as error:
        raise _missing(image, path) from error
    except OSError as error:
        raise _error(image, f"Its file cannot be read: {path}: {error.strerror}.") from error


def _from_pixels(image: Image, folder: Path) -> SourceFile:
    width, height = image.size
    if image.channels == 0 or width * height == 0:
        raise _error(image, "Blender cannot read it. Save it as a JPEG or PNG image, and give that.")
    return PixelSource(_temporary(folder, ".png"), image, _already_hdr(image) if image.is_float else None)


def _temporary(folder: Path, suffix: str) -> Path:
    return folder / f"lanet-{secrets.token_hex(8)}{suffix}"


def _missing(image: Image, path: Path) -> AddonError:
    return _error(image, tr("Its file is missing: {path}. Find it with File > External Data.", path=path))


def _already_hdr(image: Image) -> AddonError:
    return _error(image, "It is HDR already, and needs no conversion.")


def _error(image: Image, text: str) -> AddonError:
    return AddonError(f"{image.name}: {tr(text)}")
