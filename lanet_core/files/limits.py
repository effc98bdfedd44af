"""Limits on what a file may declare, checked before anything of its size is allocated.

A few bytes can declare gigabytes. Some decoders allocate all of it when they open the file (libjpeg, for a progressive
JPEG) or for one tile (libtiff), so the declarations are read here first.

Sources: ITU-T T.81 (JPEG), Annex B; RFC 1950 and 1951 (zlib); Google, "WebP Container Specification".
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path

import OpenImageIO

from lanet_core.errors import DamagedImageError, ImageTooLargeError
from lanet_core.files.file_kind import MAX_PIXELS, FileKind, check_size
from lanet_core.files.jpeg import first_image_end
from lanet_core.files.jpeg_frame import count_scans, read_frame
from lanet_core.files.png_chunks import chunks

#: Uncompressed bytes of an image, all channels: the largest one as RGBA float32.
MAX_STORED_BYTES = MAX_PIXELS * 4 * 4
#: Uncompressed bytes of one tile, which a decoder keeps whole.
MAX_TILE_BYTES = 1 << 28
#: The most that zlib's deflate shrinks data (zlib, "Technical Details").
_DEFLATE_RATIO = 1032
#: Scans of the largest JPEG; encoders write about ten.
_MOST_SCANS = 32
#: Samples per pixel of PNG's colour types.
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_limits_of_openimageio = threading.Lock()


def check_before_opening(path: Path, kind: FileKind) -> None:
    """Check the declarations of a file whose decoder allocates memory when it opens it.

    Args:
        path: the file, not empty.
        kind: its format, by its signature.

    Raises:
        ImageTooLargeError: it declares more than :data:`~lanet_core.files.file_kind.MAX_PIXELS`.
        DamagedImageError: it contains less data than what it declares takes at the least.
    """
    checks = {FileKind.JPEG: _check_jpeg, FileKind.PNG: _check_png, FileKind.WEBP: _check_webp}
    if kind in checks:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            checks[kind](data, path)


def declared_pixels(path: Path, kind: FileKind) -> int | None:
    """Return how many pixels a JPEG or PNG declares, without opening it; None for others and without a header."""
    if kind not in (FileKind.JPEG, FileKind.PNG):
        return None
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        if kind is FileKind.PNG:
            return int.from_bytes(data[16:20], "big") * int.from_bytes(data[20:24], "big")
        frame = read_frame(data)
        return frame and frame.width * frame.height


def check_spec(spec: OpenImageIO.ImageSpec, path: Path) -> None:
    """Check an opened file's size, channels and tiles, before they are decoded.

    Raises:
        ImageTooLargeError: it declares too many pixels, too many bytes for all channels, or too large a tile.
    """
    check_size(spec.width, spec.height, path)
    check_size(spec.full_width, spec.full_height, path)
    if spec.image_bytes(True) > MAX_STORED_BYTES:
        raise ImageTooLargeError(
            f"The image declares {spec.width}x{spec.height} pixels of {spec.nchannels} channels, "
            f"{spec.image_bytes(True) / 1e9:.3g} GB uncompressed.",
            path=path,
            remedy="Export it as RGB with 8 or 16 bits.",
        )
    if spec.tile_width and spec.tile_bytes(True) > MAX_TILE_BYTES:
        raise ImageTooLargeError(
            f"The image declares tiles of {spec.tile_width}x{spec.tile_height} pixels and {spec.nchannels} channels, "
            f"{spec.tile_bytes(True) / 1e9:.3g} GB each.",
            path=path,
            remedy="Export it without tiles, or with tiles of 64x64 pixels.",
        )


@contextmanager
def openimageio_limits() -> Iterator[None]:
    """Let OpenImageIO refuse any header beyond :data:`MAX_STORED_BYTES`; its setting is global, and restored."""
    name = "limits:imagesize_MB"
    with _limits_of_openimageio:
        before = OpenImageIO.get_int_attribute(name)
        OpenImageIO.attribute(name, MAX_STORED_BYTES >> 20)
        try:
            yield
        finally:
            OpenImageIO.attribute(name, before)


def _check_jpeg(data: mmap, path: Path) -> None:
    frame = read_frame(data)
    if frame is None:
        return  # the decoder names the damage
    check_size(frame.width, frame.height, path)
    end = first_image_end(data)
    if end is None:
        raise damaged(path, "the JPEG's end marker is missing")
    if end < frame.least_bytes:
        raise damaged(path, f"{end} bytes cannot contain {frame.width}x{frame.height} pixels")
    scans = count_scans(data)
    if scans > _MOST_SCANS and scans * frame.width * frame.height > _MOST_SCANS * MAX_PIXELS:
        raise ImageTooLargeError(
            f"The JPEG has {scans} scans of {frame.width}x{frame.height} pixels, far more than an encoder writes.",
            path=path,
            remedy="Save it again in an image editor.",
        )


def _check_png(data: mmap, path: Path) -> None:
    kind, first, length = next(chunks(data), (b"", 0, 0))
    if kind != b"IHDR" or length != 13:
        return  # the decoder names the damage
    width, height = (int.from_bytes(data[start : start + 4], "big") for start in (first, first + 4))
    depth, colour_type = data[first + 8 : first + 10]
    check_size(width, height, path)
    row_bytes = math.ceil(width * depth * _PNG_CHANNELS.get(colour_type, 1) / 8)
    if height * row_bytes > len(data) * _DEFLATE_RATIO:
        raise damaged(path, f"{len(data)} bytes cannot contain {width}x{height} pixels")


def _check_webp(data: mmap, path: Path) -> None:
    declared = 8 + int.from_bytes(data[4:8], "little")
    if declared > len(data) + 1:  # an odd size may lack its padding byte
        raise damaged(path, f"{len(data)} of {declared} bytes are there")


def damaged(path: Path, complaint: str) -> DamagedImageError:
    """Return the error for a file that its decoder cannot decode.

    Args:
        path: the file.
        complaint: what is wrong, in lower case, without a full stop; the first line is used.
    """
    reason = complaint.strip().partition("\n")[0] or "it cannot be decoded"
    return DamagedImageError(
        f"The image is truncated or corrupt ({reason}).", path=path, remedy="Export or download it again."
    )
