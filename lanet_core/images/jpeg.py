"""The markers of a JPEG file: where its first picture ends.

Source: ITU-T T.81 (ISO/IEC 10918-1), Annex B.
"""

from __future__ import annotations

import re
from mmap import mmap

_END_OF_IMAGE = 0xD9
_START_OF_SCAN = 0xDA
#: Markers without a length: TEM, RST0-7 and SOI.
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
#: In entropy-coded data a real marker is 0xFF and neither a stuffed zero, a restart nor a fill byte.
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def first_picture_end(data: bytes | mmap) -> int | None:
    """Return how many bytes a JPEG's first picture takes.

    More may follow legitimately: a second picture, a gain map or a camera's trailer.

    Args:
        data: the file, which begins with a JPEG's start marker.

    Returns:
        The offset just behind the end-of-image marker, None if the file ends before it.
    """
    position = 2
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
                found = _MARKER_IN_SCAN.search(data, position)
                if found is None:
                    return None
                position = found.start()
    return None
