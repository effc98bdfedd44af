"""The markers of a JPEG file: its metadata segments, and where its first image ends.

Source: ITU-T T.81 (ISO/IEC 10918-1), Annex B.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from mmap import mmap

APP1, APP2 = 0xE1, 0xE2
_END_OF_IMAGE = 0xD9
_START_OF_SCAN = 0xDA
#: Start-of-frame markers: the segment's first byte is the sample precision in bits (T.81, B.2.2).
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
#: Markers without a length: TEM, RST0-7 and SOI.
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
#: In entropy-coded data a real marker is 0xFF and neither a stuffed zero, a restart nor a fill byte.
MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def segments(data: bytes | mmap, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the marker segments before an image's first scan.

    Args:
        data: a file that holds a JPEG.
        start: the offset of the JPEG's start marker.

    Yields:
        The marker's second byte and the segment's contents without its length.
    """
    position = start + 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        if marker in _STANDALONE:
            position += 2
            continue
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        yield marker, bytes(data[position + 4 : end])
        position = end


def sample_precision(data: bytes | mmap) -> int | None:
    """Return the bits per sample that a JPEG's frame header declares, None without a frame header."""
    return next((part[0] for marker, part in segments(data) if marker in _START_OF_FRAME and part), None)


def first_image_end(data: bytes | mmap, start: int = 0) -> int | None:
    """Return the offset at which a JPEG's first image ends.

    More may follow legitimately: a second image, a gain map or a camera's trailer.

    Args:
        data: the file.
        start: the offset of the JPEG's start marker.

    Returns:
        The offset just behind the end-of-image marker, None if the file ends before it.
    """
    position = start + 2
    while position + 2 <= len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
        elif marker == _END_OF_IMAGE:
            return position + 2
        elif marker in _STANDALONE:
            position += 2
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
            if marker == _START_OF_SCAN:
                found = MARKER_IN_SCAN.search(data, position)
                if found is None:
                    return None
                position = found.start()
    return None
