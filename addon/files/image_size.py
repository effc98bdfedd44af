"""Width and height of JPEG, PNG and WebP files from their headers, without decoding them."""

from __future__ import annotations

import struct
from pathlib import Path

from .regular_file import first_bytes

#: JPEG metadata, such as an embedded thumbnail, comes before the size.
_HEADER_BYTES = 1 << 20
_JPEG_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def image_size(path: Path) -> tuple[int, int] | None:
    """Return the width and height of an image file in pixels, None for other formats and damaged files.

    Raises:
        OSError: the file cannot be read.
    """
    data = first_bytes(path, _HEADER_BYTES)
    try:
        if data.startswith(b"\xff\xd8"):
            return _jpeg_size(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return struct.unpack_from(">II", data, 16)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp_size(data)
    except (struct.error, IndexError):
        pass
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return the size in the frame header; source: ITU-T T.81, B.2.2."""
    position = 2
    while data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker in _JPEG_SIZE_MARKERS:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Return the size in the first chunk; source: RFC 9649."""
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = struct.unpack_from("<I", data, 24)[0], struct.unpack_from("<I", data, 26)[0] >> 8
        return (width & 0xFFFFFF) + 1, height + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
