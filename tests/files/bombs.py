"""Small files that declare much: what a decoder that believes them takes gigabytes for.

As a program, it writes all of them into a folder: ``PYTHONPATH=tests/files python tests/files/bombs.py FOLDER``.
"""

from __future__ import annotations

import io
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO
from image_files import png_chunk
from PIL import Image

from lanet_core import errors


def jpeg(width: int, height: int, **options) -> bytes:
    """A small JPEG whose frame header declares another size."""
    stream = io.BytesIO()
    Image.new("RGB", (64, 32), (90, 120, 200)).save(stream, "JPEG", **options)
    data = stream.getvalue()
    frame = next(at for at in (data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) if at >= 0)
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


def jpeg_of_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again, a few bytes each time."""
    stream = io.BytesIO()
    Image.new("L", (side, side), 90).save(stream, "JPEG", progressive=True)
    data = stream.getvalue()
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + b"\xff\xd9"


def png(width: int, height: int, depth: int, colour_type: int, interlaced: bool, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def tiff(entries: dict[int, int | list[int]], data: bytes) -> bytes:
    """A TIFF of one IFD with 32-bit values; ``data`` is at offset 8."""
    directory_at = 8 + len(data) + len(data) % 2
    arrays_at = directory_at + 2 + 12 * len(entries) + 4
    directory, arrays = struct.pack("<H", len(entries)), b""
    for tag, value in sorted(entries.items()):
        values = value if isinstance(value, list) else [value]
        packed = struct.pack(f"<{len(values)}I", *values)
        if len(values) > 1:
            packed, arrays = struct.pack("<I", arrays_at + len(arrays)), arrays + packed
        directory += struct.pack("<HHI", tag, 4, len(values)) + packed
    return b"II*\0" + struct.pack("<I", directory_at) + data + bytes(len(data) % 2) + directory + bytes(4) + arrays


def tiff_of_one_tile(side: int) -> bytes:
    data = zlib.compress(bytes(100_000))
    entries = {256: 512, 257: 256, 258: 8, 259: 8, 262: 2, 277: 3, 322: side, 323: side, 324: 8, 325: len(data)}
    return tiff(entries, data)


def tiff_of_channels(width: int, height: int, channels: int, rows: int = 1, bits: int = 8) -> bytes:
    """All strips are the same bytes."""
    data = zlib.compress(bytes(width * channels * rows * bits // 8), 9)
    strips = -(-height // rows)
    entries = {256: width, 257: height, 258: [bits] * channels, 259: 8, 262: 2, 277: channels, 278: rows}
    return tiff(entries | {338: [0] * (channels - 3), 273: [8] * strips, 279: [len(data)] * strips}, data)


def webp(width: int, height: int) -> bytes:
    """A lossless WebP's header and some noise (WebP Lossless Bitstream Specification, 3)."""
    size = (width - 1) | (height - 1) << 14
    body = b"\x2f" + struct.pack("<I", size) + np.random.default_rng(1).bytes(200)
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def exr(**attributes) -> Callable[[Path], None]:
    """An EXR in which every sample is 0, by OpenImageIO."""

    def write(path: Path) -> None:
        spec = OpenImageIO.ImageSpec(attributes["width"], attributes["height"], attributes.get("channels", 3), "half")
        spec.tile_width = spec.tile_height = attributes.get("tile", 0)
        spec.channelnames = [*"RGB", *(f"c{number}" for number in range(3, spec.nchannels))]
        spec.attribute("compression", "zip")
        output = OpenImageIO.ImageOutput.create(str(path))
        assert output.open(str(path), spec), output.geterror()
        if attributes.get("written", True):
            assert output.write_image(np.zeros((spec.height, spec.width, spec.nchannels), np.float16))
        output.close()

    return write


def exr_header(path: Path, width: int, height: int) -> None:
    """A sound EXR whose windows are made larger afterwards."""
    exr(width=64, height=32)(path)
    small = struct.pack("<4i", 0, 0, 63, 31)
    data = path.read_bytes()
    assert data.count(small) == 2
    path.write_bytes(data.replace(small, struct.pack("<4i", 0, 0, width - 1, height - 1)))


def bmp(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1000, 0, 0, 54) + info + bytes(1000)


def targa(width: int, height: int, image_type: int) -> bytes:
    header = struct.pack("<BBB5xHHHHBB", 0, 0, image_type, 0, 0, width, height, 32, 0x20)
    return header + bytes(1000) + bytes(8) + b"TRUEVISION-XFILE.\0"


def photoshop(width: int, height: int, channels: int = 3) -> bytes:
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, channels, height, width, 8, 3)
    return header + bytes(12) + b"\0\1" + bytes(1000)


def dds(width: int, height: int) -> bytes:
    pixel_format = struct.pack("<II4sIIIII", 32, 0x40, bytes(4), 24, 0xFF0000, 0xFF00, 0xFF, 0)
    header = struct.pack("<IIIIIII44x", 124, 0x1007, height, width, 3 * width, 0, 0) + pixel_format
    return b"DDS " + header + struct.pack("<IIIII", 0x1000, 0, 0, 0, 0) + bytes(1000)


def of(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data)


#: File name → what writes it, and the error that it is refused with; None where it is small enough to be converted.
BOMBS: dict[str, tuple[Callable[[Path], object], type[errors.InputError] | None]] = {
    "progressive_65500.jpg": (of(jpeg(65500, 65500, progressive=True)), errors.ImageTooLargeError),
    "progressive_32750.jpg": (of(jpeg(32750, 32750, progressive=True)), errors.ImageTooLargeError),
    "progressive_within.jpg": (of(jpeg(16000, 8000, progressive=True)), errors.DamagedImageError),
    "baseline_within.jpg": (of(jpeg(16384, 8192)), errors.DamagedImageError),
    "subsampled_within.jpg": (of(jpeg(16384, 8192, subsampling=2, progressive=True)), errors.DamagedImageError),
    "scans.jpg": (of(jpeg_of_scans(4096, 2000)), errors.ImageTooLargeError),
    "deep.png": (of(png(16384, 8192, 16, 6, False, bytes(100_000))), errors.DamagedImageError),
    "interlaced.png": (of(png(16384, 8192, 16, 6, True, bytes(100_000))), errors.DamagedImageError),
    "cut_short.png": (of(png(16384, 8192, 8, 2, False, bytes(30_000_000))), errors.DamagedImageError),
    "one_tile.tif": (of(tiff_of_one_tile(65536)), errors.ImageTooLargeError),
    "one_tile_of_16384.tif": (of(tiff_of_one_tile(16384)), errors.ImageTooLargeError),
    "100_channels.tif": (of(tiff_of_channels(8192, 4096, 100)), errors.ImageTooLargeError),
    "100_channels_small.tif": (of(tiff_of_channels(256, 128, 100)), None),
    "60_channels_in_one_strip.tif": (of(tiff_of_channels(2048, 1024, 60, rows=1024)), None),
    "8_channels_of_floats.tif": (of(tiff_of_channels(16384, 8192, 8, bits=32)), errors.ImageTooLargeError),
    "noise.webp": (of(webp(16383, 8191)), errors.DamagedImageError),
    "60000.bmp": (of(bmp(60000, 60000)), errors.ImageTooLargeError),
    "within.bmp": (of(bmp(16384, 8192)), errors.DamagedImageError),
    "60000.tga": (of(targa(60000, 60000, 10)), errors.DamagedImageError),
    "within.tga": (of(targa(16384, 8192, 10)), errors.DamagedImageError),
    "30000.psd": (of(photoshop(30000, 30000)), errors.DamagedImageError),
    "within.psd": (of(photoshop(16384, 8192)), errors.DamagedImageError),
    "60000.dds": (of(dds(60000, 60000)), errors.ImageTooLargeError),
    "within.dds": (of(dds(16384, 8192)), errors.DamagedImageError),
    "one_tile.exr": (exr(width=128, height=64, tile=16384, written=False), errors.ImageTooLargeError),
    "1000_channels.exr": (exr(width=64, height=32, channels=1000), None),
    "large_header.exr": (lambda path: exr_header(path, 100_000, 50_000), errors.ImageTooLargeError),
    "within.exr": (lambda path: exr_header(path, 16384, 8192), errors.DamagedImageError),
    "within.hdr": (of(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 8192 +X 16384\n\2\2"), errors.DamagedImageError),
}

if __name__ == "__main__":
    for name, (write, _) in BOMBS.items():
        write(Path(sys.argv[1]) / name)
