"""Writing Blender's pixels as a PNG without Blender, so that it can be done in a thread."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FAST = 1
_BAND_ROWS = 64


def write_plain_png(path: Path, rgb: np.ndarray, *, linear: bool) -> None:
    """Write a PNG.

    Args:
        path: the file.
        rgb: (H, W, 3) uint8 or uint16, the top row first.
        linear: whether the values are linear light, which the file then specifies (gAMA); otherwise they are sRGB.

    Raises:
        OSError: it cannot be written.

    Source: PNG (third edition), 11.2 and 11.3.
    """
    height, width, _ = rgb.shape
    depth = 8 * rgb.dtype.itemsize
    with path.open("wb") as file:
        file.write(_SIGNATURE)
        _write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0))
        _write_chunk(file, b"gAMA", struct.pack(">I", 100000)) if linear else _write_chunk(file, b"sRGB", b"\0")
        compressor = zlib.compressobj(_FAST)
        for top in range(0, height, _BAND_ROWS):
            _write_chunk(file, b"IDAT", compressor.compress(_scan_lines(rgb[top : top + _BAND_ROWS])))
        _write_chunk(file, b"IDAT", compressor.flush())
        _write_chunk(file, b"IEND", b"")


def _scan_lines(rgb: np.ndarray) -> bytes:
    """Return rows as PNG has them: each begins with its filter's number, here 0; samples are big-endian."""
    samples = rgb.astype(rgb.dtype.newbyteorder(">")).view(np.uint8).reshape(rgb.shape[0], -1)
    return np.pad(samples, ((0, 0), (1, 0))).tobytes()


def _write_chunk(file, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
