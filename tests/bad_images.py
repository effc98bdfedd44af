"""One image file for each way in which a file is no LDR panorama."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO
from PIL import Image

from lanet_core.errors import (
    AlreadyHdrError,
    DamagedImageError,
    EmptyFileError,
    ImageTooLargeError,
    ImageTooSmallError,
    InputError,
    InputIsDirectoryError,
    InputNotFoundError,
    InvalidPixelsError,
    NotEquirectangularError,
    UnsupportedColourModelError,
    UnsupportedFormatError,
)


def noise(height: int = 64, width: int = 128) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def truncated_jpeg(path: Path) -> None:
    Image.fromarray(noise()).save(path, format="JPEG")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def float_image(path: Path, rgb_linear: np.ndarray) -> None:
    spec = OpenImageIO.ImageSpec(rgb_linear.shape[1], rgb_linear.shape[0], 3, OpenImageIO.FLOAT)
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec)
    assert output.write_image(rgb_linear.astype(np.float32))
    output.close()


def png_bomb(path: Path) -> None:
    """Write a PNG whose header declares 60000x30000 pixels and that contains almost none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 30000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def with_one(value: float) -> np.ndarray:
    rgb_linear = np.full((64, 128, 3), 0.5)
    rgb_linear[10, 20, 1] = value
    return rgb_linear


#: File name → what writes it (None: nothing does) and the error it is to raise.
BAD_IMAGES: dict[str, tuple[Callable[[Path], object] | None, type[InputError]]] = {
    "missing.jpg": (None, InputNotFoundError),
    "folder.jpg": (Path.mkdir, InputIsDirectoryError),
    "empty.jpg": (Path.touch, EmptyFileError),
    "truncated.jpg": (truncated_jpeg, DamagedImageError),
    "text.jpg": (lambda path: path.write_text("This is a letter, and no image at all.\n"), UnsupportedFormatError),
    "one_pixel.png": (lambda path: Image.fromarray(noise(1, 1)).save(path), ImageTooSmallError),
    "photo.jpg": (lambda path: Image.fromarray(noise(96, 144)).save(path), NotEquirectangularError),
    "cmyk.jpg": (lambda path: Image.fromarray(noise()).convert("CMYK").save(path), UnsupportedColourModelError),
    "nan.tif": (lambda path: float_image(path, with_one(np.nan)), InvalidPixelsError),
    "hdr.exr": (lambda path: float_image(path, with_one(50.0)), AlreadyHdrError),
    "hdr.tif": (lambda path: float_image(path, with_one(50.0)), AlreadyHdrError),
    "bomb.png": (png_bomb, ImageTooLargeError),
}


def make_bad_image(name: str, folder: Path) -> Path:
    path = folder / name
    write, _ = BAD_IMAGES[name]
    if write is not None:
        write(path)
    return path
