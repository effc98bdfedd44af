"""The frame header of a JPEG: its size and the least data that it takes.

Source: ITU-T T.81 (ISO/IEC 10918-1), B.2.2 (frame header), F and G (Huffman coding).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from mmap import mmap

from lanet_core.files.jpeg import MARKER_IN_SCAN

#: Start-of-frame markers: C4, C8 and CC in their midst are others (T.81, Table B.1).
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
#: Frames of 8x8 blocks that are Huffman-coded: each block takes at least one bit, that of its DC coefficient.
_HUFFMAN_BLOCKS = {0xC0, 0xC1, 0xC2}
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_STANDALONE = {0x01, *range(0xD0, 0xD9)}


@dataclass(frozen=True)
class Frame:
    """A JPEG's frame.

    Attributes:
        width: columns.
        height: rows.
        least_bytes: how many bytes its coded data take at the least.
    """

    width: int
    height: int
    least_bytes: int


def read_frame(data: bytes | mmap) -> Frame | None:
    """Return the first frame header of a JPEG, None where there is none before the first scan.

    Args:
        data: the whole file, which begins with a JPEG's start marker.
    """
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
        elif marker in _STANDALONE:
            position += 2
        elif marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return None
        else:
            length = int.from_bytes(data[position + 2 : position + 4], "big")
            if marker in _START_OF_FRAME:
                return _parse(marker, data[position + 4 : position + 2 + length])
            position += 2 + length
    return None


def count_scans(data: bytes | mmap) -> int:
    """Return how many scans a JPEG's first image has: a progressive one is decoded as a whole in each of them.

    Args:
        data: the whole file, which begins with a JPEG's start marker.
    """
    position, scans = 2, 0
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in _STANDALONE:
            position += 2
        elif marker == _END_OF_IMAGE:
            break
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
            if marker == _START_OF_SCAN:
                scans += 1
                found = MARKER_IN_SCAN.search(data, position)
                if found is None:
                    break
                position = found.start()
    return scans


def _parse(marker: int, header: bytes) -> Frame | None:
    if len(header) < 6 or len(header) < 6 + 3 * header[5]:
        return None
    height, width = int.from_bytes(header[1:3], "big"), int.from_bytes(header[3:5], "big")
    factors = [divmod(header[7 + 3 * index], 16) for index in range(header[5])]
    least_bytes = 0
    if marker in _HUFFMAN_BLOCKS and factors and all(horizontal and vertical for horizontal, vertical in factors):
        # Blocks that only pad the last unit of several components need not be coded where scans are apart.
        most_horizontal, most_vertical = (max(each) for each in zip(*factors, strict=True))
        blocks = sum(
            math.ceil(width * horizontal / (8 * most_horizontal)) * math.ceil(height * vertical / (8 * most_vertical))
            for horizontal, vertical in factors
        )
        least_bytes = blocks // 8
    return Frame(width, height, least_bytes)
