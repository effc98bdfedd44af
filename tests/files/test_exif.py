"""What EXIF metadata declare: orientation of odd types, and Adobe RGB without a profile."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from image_files import random_rgb8, smooth_rgb8, with_png_chunk
from PIL import Image

from lanet_core.files import read_ldr

ADOBE = [[1.3983557, -0.3983557, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429290, 1.0429290]]  # CSS Color 4, section 17


def ifd(order: str, at: int, entries: list[tuple[int, int, bytes]]) -> bytes:
    """Return a directory at an offset, its values at most four bytes each."""
    counts = {2: 1, 3: 2, 4: 4, 7: 1}
    body = b"".join(
        struct.pack(order + "HHI", tag, kind, len(value) // counts[kind]) + value.ljust(4, b"\0")
        for tag, kind, value in entries
    )
    return struct.pack(order + "H", len(entries)) + body + bytes(4)


def exif(colour_space: int | None, index: bytes, orientation: tuple[int, bytes] | None = None, order="<") -> bytes:
    """Return EXIF metadata: the main, the Exif and the interoperability directory."""

    def number(value: int, kind: str) -> bytes:
        return struct.pack(order + kind, value)

    main = [(274, *orientation)] if orientation else []
    main_size = 2 + 12 * (len(main) + 1) + 4
    exif_at = 8 + main_size
    own = [(0xA001, 3, number(colour_space, "H"))] if colour_space is not None else []
    exif_size = 2 + 12 * (len(own) + 1) + 4
    own.append((0xA005, 4, number(exif_at + exif_size, "I")))
    main.append((0x8769, 4, number(exif_at, "I")))
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + number(8, "I")
    return head + ifd(order, 8, main) + ifd(order, exif_at, own) + ifd(order, 0, [(1, 2, index)])


def save(path, pixels, metadata: bytes) -> None:
    if path.suffix == ".png":
        Image.fromarray(pixels).save(path)
        path.write_bytes(with_png_chunk(path.read_bytes(), b"eXIf", metadata))
    elif path.suffix == ".webp":
        Image.fromarray(pixels).save(path, lossless=True, exif=metadata)
    else:
        Image.fromarray(pixels).save(path, quality=100, subsampling=0, exif=b"Exif\0\0" + metadata)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("colour_space", "index"), [(65535, b"R03\0"), (2, b"R98\0")])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_adobe_rgb_by_exif_alone(tmp_path, suffix, colour_space, index, order):
    path = tmp_path / f"image.{suffix}"
    rgb = smooth_rgb8()
    save(path, rgb, exif(colour_space, index, order=order))
    image = read_ldr(path)
    assert "Adobe RGB" in image.warnings[0]
    expected = np.clip((rgb / 255.0) ** (563 / 256) @ np.transpose(ADOBE), 0, 1)
    np.testing.assert_allclose(image.rgb_linear, expected, atol=0.04 if suffix == "jpg" else 5e-4)


@pytest.mark.parametrize(("colour_space", "warned"), [(1, False), (None, False), (65535, True)])
def test_other_colour_spaces_are_read_as_srgb(tmp_path, colour_space, warned):
    path = tmp_path / "image.png"
    rgb = random_rgb8()
    save(path, rgb, exif(colour_space, b"R98\0"))
    image = read_ldr(path)
    assert bool(image.warnings) == warned
    Image.fromarray(rgb).save(path)
    np.testing.assert_array_equal(image.rgb_linear, read_ldr(path).rgb_linear)


def test_damaged_exif_is_none(tmp_path):
    path = tmp_path / "image.png"
    whole = exif(65535, b"R03\0")
    for size in range(8, len(whole) - 4):
        save(path, random_rgb8(), whole[:size] + bytes(3))
        read_ldr(path)


@pytest.mark.parametrize(
    ("value", "turned"),
    [((3, b"\x06\0"), True), ((2, b"6\0"), True), ((2, b"x\0"), False), ((2, b"60\0"), False), ((3, b"\x09\0"), False)],
)
def test_an_orientation_of_an_odd_type(tmp_path, value, turned):
    path = tmp_path / "image.jpg"
    save(path, smooth_rgb8(64, 128), exif(1, b"R98\0", orientation=value))
    image = read_ldr(path)
    assert (image.height, image.width) == ((128, 64) if turned else (64, 128))
