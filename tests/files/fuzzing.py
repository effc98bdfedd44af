"""Mutated image files of every format, read one after another: run as a program, it prints what went wrong.

    python fuzzing.py FOLDER SEED COUNT

Each of the files gets COUNT mutations of its header and its structure. The last line is the peak memory in MB.
"""

from __future__ import annotations

import contextlib
import io
import resource
import struct
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO
from PIL import Image

from lanet_core.errors import LanetError
from lanet_core.files import read_hdr, read_ldr
from lanet_core.pipeline.panorama import panorama_from_image

#: Memory and time that a file may take, in addition to the program itself.
ADDRESS_SPACE_BYTES = 8 << 30
EXTREMES = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

PIXELS = np.random.default_rng(5).integers(0, 256, (64, 128, 3), dtype=np.uint8)


def by_pillow(kind: str, mode: str = "RGB", **options) -> Callable[[], bytes]:
    def make() -> bytes:
        stream = io.BytesIO()
        Image.fromarray(PIXELS).convert(mode).save(stream, kind, **options)
        return stream.getvalue()

    return make


def by_openimageio(suffix: str, dtype: str, **attributes) -> Callable[[], bytes]:
    def make() -> bytes:
        path = Path(sys.argv[1]) / f"base.{suffix}"
        spec = OpenImageIO.ImageSpec(128, 64, 3, dtype)
        spec.tile_width = spec.tile_height = attributes.pop("tile", 0)
        for name, value in attributes.items():
            spec.attribute(name.replace("__", ":"), value)
        output = OpenImageIO.ImageOutput.create(str(path))
        assert output.open(str(path), spec), output.geterror()
        pixels = PIXELS / np.float32(255) if dtype in ("float", "half") else PIXELS
        assert output.write_image(np.ascontiguousarray(pixels)) and output.close(), output.geterror()
        return path.read_bytes()

    return make


def photoshop() -> bytes:
    """An RGB file without compression (Adobe Photoshop File Formats Specification)."""
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, *PIXELS.shape[:2], 8, 3)
    return header + bytes(12) + b"\0\0" + PIXELS.transpose(2, 0, 1).tobytes()


EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" GPano:PoseHeadingDegrees="10" '
    b'GPano:ProjectionType="equirectangular"/></rdf:RDF></x:xmpmeta>'
)
FILES: dict[str, Callable[[], bytes]] = {
    "baseline.jpg": by_pillow("JPEG", exif=EXIF, xmp=XMP),
    "progressive.jpg": by_pillow("JPEG", progressive=True),
    "grey.jpg": by_pillow("JPEG", "L"),
    "cmyk.jpg": by_pillow("JPEG", "CMYK"),
    "rgb.png": by_pillow("PNG"),
    "palette.png": by_pillow("PNG", "P"),
    "alpha.png": by_pillow("PNG", "RGBA"),
    "deep.png": by_openimageio("png", "uint16"),
    "plain.tif": by_pillow("TIFF"),
    "deflate.tif": by_pillow("TIFF", compression="tiff_adobe_deflate"),
    "lzw.tif": by_pillow("TIFF", compression="tiff_lzw"),
    "jpeg.tif": by_pillow("TIFF", compression="jpeg"),
    "tiled.tif": by_openimageio("tif", "uint8", tile=32, compression="zip"),
    "separate.tif": by_openimageio("tif", "uint16", planarconfig="separate", compression="zip"),
    "float.tif": by_openimageio("tif", "float"),
    "lossy.webp": by_pillow("WEBP", quality=50),
    "lossless.webp": by_pillow("WEBP", lossless=True),
    "alpha.webp": by_pillow("WEBP", "RGBA"),
    "plain.bmp": by_pillow("BMP"),
    "palette.bmp": by_pillow("BMP", "P"),
    "plain.tga": by_pillow("TGA"),
    "rle.tga": by_pillow("TGA", "RGBA", compression="tga_rle"),
    "plain.dds": by_pillow("DDS"),
    "plain.psd": photoshop,
    "zip.exr": by_openimageio("exr", "half", compression="zip"),
    "tiled.exr": by_openimageio("exr", "float", tile=32, compression="piz"),
    "dwa.exr": by_openimageio("exr", "half", compression="dwaa"),
    "rle.hdr": by_openimageio("hdr", "float"),
}


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with one to four faults, most of them in its first or last 600 bytes, where the structure is."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        zone = rng.integers(3)
        start = max(0, len(changed) - 600) if zone == 1 else 0
        end = min(600, len(changed)) if zone == 0 else len(changed)
        position = int(rng.integers(start, max(end, start + 1)))
        fault = rng.integers(6)
        if fault == 0:
            changed[position : position + 1] = bytes([rng.integers(256)])
        elif fault in (1, 2):
            size = 2 * int(fault)
            value = EXTREMES[rng.integers(len(EXTREMES))] & (1 << 8 * size) - 1
            changed[position : position + size] = value.to_bytes(size, ("big", "little")[rng.integers(2)])
        elif fault == 3:
            del changed[position : position + int(rng.integers(1, 40))]
        elif fault == 4:
            changed[position:position] = rng.bytes(int(rng.integers(1, 40)))
        elif rng.random() < 0.3:
            del changed[position:]
    return bytes(changed)


def read(path: Path) -> None:
    """Read a file by every reader; raise what is no error of ours."""
    try:
        image = read_ldr(path)
        if image.height <= 64 and image.width <= 2048:
            panorama = panorama_from_image(image)
            assert np.isfinite(panorama.linear_rows(0, 1)).all()
    except LanetError as error:
        assert (str(error).isprintable() and str(path) in str(error)) or error.path is None
    with contextlib.suppress(LanetError):
        assert np.isfinite(read_hdr(path)).all()


def main(folder: str, seed: str, count: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    bases = {name: make() for name, make in FILES.items()}
    for name, data in bases.items():
        path = Path(folder) / name
        path.write_bytes(data)
        read(path)
        for number in range(int(count)):
            print(name, number, flush=True)  # the last line of a run that crashes
            path.write_bytes(mutated(data, np.random.default_rng([int(seed), number, *name.encode()])))
            try:
                read(path)
            except Exception:
                print("FAULT", name, number, traceback.format_exc().replace("\n", " | "), flush=True)
    status = Path("/proc/self/status").read_text(encoding="utf-8")  # its peak is this process's own
    print("PEAK", next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) >> 10)


if __name__ == "__main__":
    main(*sys.argv[1:])
