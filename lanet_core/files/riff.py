"""The chunks of a WebP file.

Source: Google, "WebP Container Specification".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from mmap import mmap

_HEADER_BYTES = 12
_IMAGE_DATA = (b"VP8 ", b"VP8L", b"ANMF", b"ALPH")


def chunks(data: bytes | mmap) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the contents of each chunk but the image data."""
    position = _HEADER_BYTES
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        if name not in _IMAGE_DATA:
            yield name, bytes(data[position + 8 : position + 8 + size])
        position += 8 + size + size % 2
