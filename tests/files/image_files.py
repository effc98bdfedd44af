"""Images and profiles that the tests of reading make on the fly."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from PIL import Image

#: D50-adapted colorants as the profiles' makers publish them: rows are X, Y, Z, columns R, G, B.
#: Display P3: Apple's "Display P3.icc". Adobe RGB (1998): Adobe's specification, 4.3.5.
DISPLAY_P3_COLORANTS = ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407))
ADOBE_RGB_COLORANTS = ((0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457))
SRGB_COLORANTS = ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410))


def random_rgb8(height: int = 32, width: int = 64, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth_rgb8(height: int = 128, width: int = 256) -> np.ndarray:
    """Return a photograph-like image, which a lossy codec keeps well."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 31.0 + c) + np.cos(y / 17.0 - c) for c in range(3)]
    return np.clip(np.stack(waves, -1) * 50.0 + 128.0, 0, 255).astype(np.uint8)


def colour_cube8(steps: int = 17) -> np.ndarray:
    """Return every combination of evenly spaced codes as an image: (steps, steps², 3) uint8."""
    codes = np.linspace(0, 255, steps).round().astype(np.uint8)
    return np.stack(np.meshgrid(codes, codes, codes, indexing="ij"), axis=-1).reshape(steps, steps * steps, 3)


def decode_as_pillow(path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def s15_fixed16(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))


def parametric_curve(kind: int, *parameters: float) -> bytes:
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + s15_fixed16(*parameters)


def sampled_curve(*samples: int) -> bytes:
    return b"curv" + bytes(4) + struct.pack(f">I{len(samples)}H", len(samples), *samples)


SRGB_CURVE = parametric_curve(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def icc_profile(tags: dict[bytes, bytes], colour_space: bytes = b"RGB ", version: int = 4) -> bytes:
    """Return a display profile with the given tags (ICC.1:2022, 7.2 and 7.3)."""
    text = "test".encode("utf-16-be")
    tags = {
        b"desc": b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(text), 28) + text,
        b"wtpt": b"XYZ " + bytes(4) + s15_fixed16(0.9642, 1.0, 0.8249),
        **tags,
    }
    directory, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        directory += struct.pack(">4sII", name, start + len(data), len(tag))
        data += tag + bytes(-len(tag) % 4)
    size = start + len(data)
    header = struct.pack(">I4sI4s4s4s12x4s", size, b"test", version << 24, b"mntr", colour_space, b"XYZ ", b"acsp")
    header = header.ljust(68, b"\0") + s15_fixed16(0.9642, 1.0, 0.8249)
    return header.ljust(128, b"\0") + directory + data


def matrix_profile(colorants, *curves: bytes, version: int = 4) -> bytes:
    """Return an RGB profile of the matrix kind, with one curve for all channels or three."""
    curves = curves * 3 if len(curves) == 1 else curves
    xyz = {
        name: b"XYZ " + bytes(4) + s15_fixed16(*column)
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), np.array(colorants).T, strict=True)
    }
    return icc_profile(xyz | dict(zip((b"rTRC", b"gTRC", b"bTRC"), curves, strict=True)), version=version)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def with_png_chunk(png: bytes, name: bytes, data: bytes) -> bytes:
    """Return a PNG with a chunk put right behind its header chunk."""
    return png[:33] + png_chunk(name, data) + png[33:]
