"""The picture behind an image datablock, as a file that the converter can read.

What Blender has in memory alone, packed or painted, is written to a temporary file: Blender's data are copied in the
main thread, which is all that has to happen there, and encoded and written in a thread.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Image

from .errors import AddonError
from .picture_signature import SIGNATURE_BYTES, converter_suffix, is_hdr
from .plain_png import write_plain_png

_REFUSED_SOURCES = {
    "TILED": "It is a UDIM of several tiles. Give a single picture.",
    "MOVIE": "It is a movie. Save one of its frames as a picture, and give that.",
    "SEQUENCE": "It is an image sequence. Give a single picture.",
    "VIEWER": "It is a render or viewer result. Save it as a picture, and give that.",
}


class Source:
    """A picture file for the converter; made by :func:`prepare_source`.

    Attributes:
        path: the file; whole once :meth:`ready` has returned True.
        is_temporary: whether it was made here, and :meth:`discard` removes it.
    """

    def __init__(self, path: Path, write: Callable[[], object] | None = None) -> None:
        self.path = path
        self.is_temporary = write is not None
        self._problem: OSError | None = None
        self._writer = threading.Thread(target=self._run, args=(write,), name="lanet source")
        if write is not None:
            self._writer.start()

    def ready(self) -> bool:
        """Return whether the file can be read now, without waiting.

        Raises:
            AddonError: it could not be written.
        """
        if self._writer.is_alive():
            return False
        if self._problem is not None:
            raise AddonError(f"{self.path}: The picture cannot be written there: {self._problem.strerror}.")
        return True

    def wait(self) -> None:
        """Return when the file can be read.

        Raises:
            AddonError: it could not be written.
        """
        if self.is_temporary:
            self._writer.join()
        self.ready()

    def discard(self) -> None:
        """Remove the file if it was made here. Called when the conversion has ended."""
        if self.is_temporary:
            self._writer.join()
            self.path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Have it discarded as soon as it is written, without waiting for that."""
        threading.Thread(target=self.discard, name="lanet source").start()

    def _run(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            self._problem = error


def prepare_source(image: Image, folder: Path | None = None) -> Source:
    """Return the picture of an image as a file.

    A file on disk is given as it is. Of a packed image, the packed bytes are written; of a generated or painted one,
    and of a file in a format that only Blender reads, its pixels.

    Args:
        image: local or linked.
        folder: for temporary files, an existing one; Blender's own by default, which it removes when it ends.

    Raises:
        AddonError: it is HDR already, its file is missing, or it is no single picture; the text says what to do.
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
        return Source(file_of(image))
    path = _temporary(folder, suffix)
    return Source(path, lambda: path.write_bytes(packed))


def hdr_source(image: Image) -> Source:
    """Return the file of an HDR image; packed bytes are written to a temporary one if there is none.

    Raises:
        AddonError: its file is missing.
    """
    path = file_of(image)
    if path.is_file():
        return Source(path)
    packed = _packed_bytes(image)
    if packed is None:
        raise _missing(image, path)
    path = _temporary(Path(bpy.app.tempdir), path.suffix)
    source = Source(path, lambda: path.write_bytes(packed))
    source.wait()
    return source


def is_single_picture(image: Image) -> bool:
    """Return whether an image is a picture, and neither a movie nor a sequence, several tiles or a render result."""
    return image.source not in _REFUSED_SOURCES


def file_of(image: Image) -> Path:
    """Return the absolute path of an image's file, which need not exist; ``//`` is its own .blend's folder."""
    return Path(bpy.path.abspath(image.filepath, library=image.library))


def _packed_bytes(image: Image) -> bytes | None:
    return image.packed_file.data if image.packed_file is not None else None


def _first_bytes(image: Image) -> bytes:
    if not image.filepath:
        raise _error(image, "It has no file and no pixels.")
    path = file_of(image)
    try:
        with path.open("rb") as file:
            return file.read(SIGNATURE_BYTES)
    except FileNotFoundError as error:
        raise _missing(image, path) from error
    except OSError as error:
        raise _error(image, f"Its file cannot be read: {path}: {error.strerror}.") from error


def _from_pixels(image: Image, folder: Path) -> Source:
    width, height = image.size
    if image.channels == 0 or width * height == 0:
        raise _error(image, "Blender cannot read it. Save it as a JPEG or PNG picture, and give that.")
    pixels = np.empty(height * width * image.channels, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, image.channels)
    linear = image.is_float
    if linear and float(pixels[..., :3].max()) > 1.0:
        raise _already_hdr(image)
    path = _temporary(folder, ".png")
    return Source(path, lambda: write_plain_png(path, _top_down(pixels, linear), linear=linear))


def _top_down(pixels: np.ndarray, linear: bool) -> np.ndarray:
    """Return (H, W, 3) as PNG has it: 16 bits for linear light, and the 8 bits that Blender has of all else."""
    highest, dtype = (65535, np.uint16) if linear else (255, np.uint8)
    rgb = pixels[::-1, :, :3] if pixels.shape[2] >= 3 else np.repeat(pixels[::-1, :, :1], 3, axis=2)
    return np.rint(np.clip(rgb, 0.0, 1.0) * highest).astype(dtype)


def _temporary(folder: Path, suffix: str) -> Path:
    return folder / f"lanet-{secrets.token_hex(8)}{suffix}"


def _missing(image: Image, path: Path) -> AddonError:
    return _error(image, f"Its file is missing: {path}. Find it with File > External Data.")


def _already_hdr(image: Image) -> AddonError:
    return _error(image, "It is HDR already, and needs no conversion.")


def _error(image: Image, text: str) -> AddonError:
    return AddonError(f"{image.name}: {text}")
