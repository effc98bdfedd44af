"""The chunks of a PNG file, of which a decoder reports only some.

Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 5.3 (chunk layout), 11.3.2.6 (cICP),
11.3.3.4 (iTXt).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from mmap import mmap

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: The largest text that is decompressed; the XMP of a photograph has some kilobytes.
MAXIMUM_TEXT_BYTES = 1 << 24
_CHUNK_OVERHEAD = 12  # length, type and checksum


def chunks(data: bytes | mmap) -> Iterator[tuple[bytes, int, int]]:
    """Yield the type, first byte and length of each chunk that the file contains wholly, checksum included.

    Args:
        data: the whole file, signature included.
    """
    position = len(SIGNATURE)
    while position + _CHUNK_OVERHEAD <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        end = position + _CHUNK_OVERHEAD + length
        if end > len(data):
            return
        yield data[position + 4 : position + 8], position + 8, length
        position = end


def contents(data: bytes | mmap) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the contents of each chunk but the image data, see :func:`chunks`."""
    for kind, first, length in chunks(data):
        if kind != b"IDAT":
            yield bytes(kind), bytes(data[first : first + length])


def international_text(content: bytes) -> tuple[bytes, bytes]:
    """Return the keyword and the UTF-8 text of an iTXt chunk, decompressed; the text is empty if it is damaged."""
    keyword, _, rest = content.partition(b"\0")
    is_compressed, rest = rest[:1] == b"\1", rest[2:]
    text = rest.split(b"\0", 2)[-1]
    if not is_compressed:
        return keyword, text
    try:
        return keyword, zlib.decompressobj().decompress(text, MAXIMUM_TEXT_BYTES)
    except zlib.error:
        return keyword, b""


def read_cicp(data: bytes | mmap) -> tuple[int, int, int, int] | None:
    """Return the coding-independent code points of a PNG.

    Args:
        data: the whole file.

    Returns:
        Colour primaries, transfer characteristics, matrix coefficients and the full-range flag (ITU-T H.273); None
        where the file has no valid cICP chunk before its image data.
    """
    for kind, first, length in chunks(data):
        if kind == b"IDAT":
            return None
        if kind == b"cICP" and length == 4:
            primaries, transfer, matrix, full_range = data[first : first + 4]
            return primaries, transfer, matrix, full_range
    return None
