"""What read_ldr makes of good files, against Pillow's and OpenImageIO's own readers."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import OpenImageIO
import pytest
from image_files import decode_as_pillow, png_chunk, random_rgb8, smooth_rgb8, with_png_chunk
from PIL import Image, ImageOps

from lanet_core.files import read_ldr
from lanet_core.files.colour_encoding import SRGB, linearise
from lanet_core.files.orientation import upright

OPENIMAGEIO_TYPES = {
    "uint16": "uint16",
    "uint32": "uint",
    "float16": "half",
    "float32": "float",
    "float64": "double",
}


def srgb_curve(encoded: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1, written down anew in double precision."""
    encoded = np.asarray(encoded, dtype=np.float64)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def assert_reads_as(path, rgb_encoded, atol=1e-7):
    image = read_ldr(path)
    assert image.rgb_linear.dtype == np.float32
    assert image.rgb_linear.flags.c_contiguous
    np.testing.assert_allclose(image.rgb_linear, srgb_curve(rgb_encoded), rtol=0, atol=atol)
    return image


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("jpg", {"quality": 90}),
        ("jpg", {"quality": 90, "progressive": True}),
        ("jpg", {"quality": 90, "subsampling": 0}),
        ("png", {}),
        ("tif", {}),
        ("tif", {"compression": "tiff_lzw"}),
        ("tif", {"compression": "tiff_adobe_deflate"}),
        ("webp", {"quality": 90}),
        ("webp", {"lossless": True}),
    ],
)
def test_eight_bits_decode_as_pillow_decodes_them(tmp_path, suffix, options):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(smooth_rgb8()).save(path, **options)
    # Pillow's libjpeg may round its inverse transform another way: one code of 255, at most 0.009 in linear light.
    atol = 0.009 if suffix == "jpg" else 1e-7
    image = assert_reads_as(path, decode_as_pillow(path) / 255, atol)
    assert (image.bit_depth, image.gpano, image.warnings, image.path) == (8, None, (), path)


def test_a_jpeg_is_linearised_from_the_very_codes_that_openimageio_gives(tmp_path):
    path = tmp_path / "image.jpg"
    Image.fromarray(smooth_rgb8()).save(path)
    assert_reads_as(path, OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.UINT8) / 255)


def test_a_file_is_known_by_its_contents(tmp_path):
    path = tmp_path / "image.jpg"
    Image.fromarray(random_rgb8()).save(path, format="png")
    assert_reads_as(path, random_rgb8() / 255)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_code_is_linearised_by_the_exact_curve(dtype):
    levels = np.iinfo(dtype).max
    codes = np.arange(levels + 1).astype(dtype)
    linear = linearise(np.repeat(codes[:, None, None], 3, axis=2), SRGB)
    np.testing.assert_allclose(linear[:, 0, :], srgb_curve(codes / levels)[:, None].repeat(3, 1), rtol=1e-7, atol=0)


def test_sixteen_bit_png(tmp_path):
    codes = np.random.default_rng(1).integers(0, 65536, (32, 64, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in codes)
    header = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 32, 16, 2, 0, 0, 0))
    path = tmp_path / "image.png"
    path.write_bytes(header + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b""))
    assert assert_reads_as(path, codes / 65535).bit_depth == 16


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_wide_integer_tiff(tmp_path, dtype):
    full_scale = np.iinfo(dtype).max
    codes = np.random.default_rng(1).integers(0, full_scale, (32, 64, 3), dtype=dtype, endpoint=True)
    path = tmp_path / "image.tif"
    write_with_openimageio(path, codes)
    assert assert_reads_as(path, codes / full_scale).bit_depth == 8 * codes.itemsize


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_tiff_is_linear(tmp_path, dtype):
    values = np.random.default_rng(1).random((32, 64, 3)).astype(dtype)
    path = tmp_path / "image.tif"
    write_with_openimageio(path, values)
    np.testing.assert_array_equal(read_ldr(path).rgb_linear, values.astype(np.float32))


def test_tiny_negatives_of_a_float_tiff_become_zero(tmp_path):
    values = np.full((32, 64, 3), 0.5, dtype=np.float32)
    values[3, 5] = -1e-4
    path = tmp_path / "image.tif"
    write_with_openimageio(path, values)
    np.testing.assert_array_equal(read_ldr(path).rgb_linear, np.maximum(values, 0))


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_grey_becomes_rgb(tmp_path, suffix):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(smooth_rgb8()).convert("L").save(path)
    grey = OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.UINT8)
    assert_reads_as(path, np.repeat(grey, 3, axis=2) / 255)


def test_sixteen_bit_grey_png(tmp_path):
    codes = np.random.default_rng(2).integers(0, 65536, (32, 64), dtype=np.uint16)
    path = tmp_path / "image.png"
    Image.fromarray(codes).save(path)
    assert_reads_as(path, np.repeat(codes[..., None], 3, axis=2) / 65535)


@pytest.mark.parametrize("mode", ["P", "1"])
def test_palette_and_bilevel_png(tmp_path, mode):
    path = tmp_path / "image.png"
    Image.fromarray(random_rgb8()).convert(mode).save(path)
    assert_reads_as(path, decode_as_pillow(path) / 255)


def test_white_is_zero_tiff(tmp_path):
    grey = random_rgb8()[..., 0]
    path = tmp_path / "image.tif"
    Image.fromarray(grey).save(path, tiffinfo={262: 0})
    expected = np.asarray(Image.open(path).convert("L"))  # Pillow inverts what it reads
    assert_reads_as(path, np.repeat(expected[..., None], 3, axis=2) / 255)


@pytest.mark.parametrize(("suffix", "options"), [("png", {}), ("tif", {}), ("webp", {"lossless": True, "exact": True})])
def test_colour_under_alpha_is_kept_and_transparent_pixels_are_not_captured(tmp_path, suffix, options):
    rgb = random_rgb8()
    alpha = np.full((32, 64, 1), 255, dtype=np.uint8)
    alpha[:8] = 0
    alpha[8:16] = 128
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(np.concatenate([rgb, alpha], axis=2)).save(path, **options)
    image = assert_reads_as(path, rgb / 255)
    assert image.warnings == ("25 % of the image is transparent, which counts as not captured.",)
    np.testing.assert_array_equal(image.transparent, np.broadcast_to(alpha[..., 0] < 128, (32, 64)))


@pytest.mark.parametrize("value", [0, 128, 254])
def test_an_even_transparency_is_ignored(tmp_path, value):
    rgb = random_rgb8()
    path = tmp_path / "image.png"
    Image.fromarray(np.dstack([rgb, np.full((32, 64), value, np.uint8)])).save(path)
    image = assert_reads_as(path, rgb / 255)
    assert image.transparent is None
    assert bool(image.warnings) == (value == 0)


def test_opaque_alpha_and_grey_with_alpha_are_read_silently(tmp_path):
    path = tmp_path / "image.png"
    Image.fromarray(random_rgb8()).convert("LA").save(path)
    assert assert_reads_as(path, decode_as_pillow(path) / 255).warnings == ()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_images_are_upright(tmp_path, suffix, orientation):
    path = tmp_path / f"image.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"tiffinfo": {274: orientation}} if suffix == "tif" else {"exif": exif, "quality": 100}
    Image.fromarray(smooth_rgb8()).save(path, **options)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    assert_reads_as(path, expected / 255, atol=0.009 if suffix == "jpg" else 1e-7)


def test_an_unknown_orientation_changes_nothing():
    pixels = random_rgb8()
    assert upright(pixels, 0) is pixels
    assert upright(pixels, 9) is pixels


@pytest.mark.parametrize(
    ("stored_gamma", "exponent"), [(100000, 1.0), (55556, 1.8), (38462, 2.6)], ids=["linear", "1.8", "2.6"]
)
def test_a_png_gamma_is_honoured(tmp_path, stored_gamma, exponent):
    rgb = random_rgb8()
    path = tmp_path / "image.png"
    Image.fromarray(rgb).save(path)
    path.write_bytes(with_png_chunk(path.read_bytes(), b"gAMA", struct.pack(">I", stored_gamma)))
    np.testing.assert_allclose(read_ldr(path).rgb_linear, (rgb / 255.0) ** exponent, rtol=0, atol=1e-5)


def test_the_customary_png_gamma_means_srgb(tmp_path):
    rgb = random_rgb8()
    path = tmp_path / "image.png"
    Image.fromarray(rgb).save(path)
    path.write_bytes(with_png_chunk(path.read_bytes(), b"gAMA", struct.pack(">I", 45455)))
    assert_reads_as(path, rgb / 255)


def write_with_openimageio(path, pixels):
    height, width, channels = pixels.shape
    kind = OpenImageIO.TypeDesc(OPENIMAGEIO_TYPES[str(pixels.dtype)])
    spec = OpenImageIO.ImageSpec(width, height, channels, kind)
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec), OpenImageIO.geterror()
    assert output.write_image(pixels), output.geterror()
    assert output.close()
