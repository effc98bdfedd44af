"""OpenEXR files with channels of their own sampling, as OpenEXR's RgbaOutputFile writes them; packages write none."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def write_channels(
    path: Path, size: tuple[int, int], channels: Mapping[str, tuple[np.ndarray, int]], **attributes: tuple[float, ...]
) -> None:
    """Write an uncompressed scan-line file of half floats.

    Args:
        path: the file.
        size: rows and columns.
        channels: by name, samples and the distance of two samples in both directions, pixels.
        attributes: header attributes of floats; ``chromaticities`` has eight.

    Source: OpenEXR, "OpenEXR File Layout".
    """
    height, width = size
    header = struct.pack("<II", 20000630, 2)

    def attribute(name: str, kind: str, value: bytes) -> bytes:
        return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<I", len(value)) + value

    names = sorted(channels)
    listed = b"".join(
        name.encode() + b"\0" + struct.pack("<IB3xII", 1, 0, channels[name][1], channels[name][1]) for name in names
    )
    window = struct.pack("<iiii", 0, 0, width - 1, height - 1)
    header += attribute("channels", "chlist", listed + b"\0") + attribute("compression", "compression", b"\0")
    header += attribute("dataWindow", "box2i", window) + attribute("displayWindow", "box2i", window)
    header += attribute("lineOrder", "lineOrder", b"\0") + attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
    header += attribute("screenWindowCenter", "v2f", struct.pack("<ff", 0, 0))
    header += attribute("screenWindowWidth", "float", struct.pack("<f", 1))
    for name, values in attributes.items():
        header += attribute(name, name, struct.pack(f"<{len(values)}f", *values))
    header += b"\0"
    lines = []
    for y in range(height):
        rows = [channels[name][0][y // channels[name][1]] for name in names if y % channels[name][1] == 0]
        pixels = b"".join(row.astype("<f2").tobytes() for row in rows)
        lines.append(struct.pack("<iI", y, len(pixels)) + pixels)
    first = len(header) + 8 * height
    starts = first + np.cumsum([0, *map(len, lines)])[:-1]
    path.write_bytes(header + starts.astype("<u8").tobytes() + b"".join(lines))
