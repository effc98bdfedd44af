"""What read_hdr makes of OpenEXR and Radiance files, against files written by OpenImageIO and by hand."""

from __future__ import annotations

import numpy as np
import OpenEXR
import OpenImageIO
import pytest
from image_files import random_rgb8
from PIL import Image

from lanet_core import errors
from lanet_core.files import read_hdr


def hdr_pixels(height=32, width=64, seed=0, channels=3):
    return np.exp(np.random.default_rng(seed).normal(-1, 3, (height, width, channels))).astype(np.float32)


def write_exr_by_openimageio(path, pixels, kind=OpenImageIO.FLOAT, compression="zip", tile=0, **attributes):
    height, width, channels = pixels.shape
    spec = OpenImageIO.ImageSpec(width, height, channels, kind)
    spec.attribute("compression", compression)
    spec.tile_width = spec.tile_height = tile
    for name, value in attributes.items():
        spec.attribute(name, OpenImageIO.TypeDesc("float[8]"), value)
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec), OpenImageIO.geterror()
    assert output.write_image(pixels), output.geterror()
    assert output.close()


def write_channels(path, channels, **header):
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **header}, channels).write(
        str(path)
    )


def assert_refused(path, kind):
    with pytest.raises(errors.LanetError) as caught:
        read_hdr(path)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("compression", ["none", "rle", "zips", "zip", "piz"])
def test_exr_bit_for_bit(tmp_path, compression):
    path = tmp_path / "light.exr"
    write_exr_by_openimageio(path, hdr_pixels(), compression=compression)
    pixels = read_hdr(path)
    assert pixels.dtype == np.float32
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, hdr_pixels())


def test_half_tiled_and_with_alpha(tmp_path):
    path = tmp_path / "light.exr"
    pixels = np.minimum(hdr_pixels(channels=4), 60000)
    write_exr_by_openimageio(path, pixels, kind=OpenImageIO.HALF, tile=16)
    np.testing.assert_array_equal(read_hdr(path), pixels[..., :3].astype(np.float16).astype(np.float32))


def test_channels_of_different_precision(tmp_path):
    path = tmp_path / "light.exr"
    red, green, blue = np.moveaxis(hdr_pixels(), -1, 0)
    red = np.minimum(red, 60000).astype(np.float16)
    write_channels(path, {"R": red, "G": green.copy(), "B": blue.copy()})
    np.testing.assert_array_equal(read_hdr(path), np.stack([red.astype(np.float32), green, blue], axis=-1))


def test_chromaticities_are_honoured(tmp_path):
    path = tmp_path / "light.exr"
    rec2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)
    pixels = np.full((32, 64, 3), (0.5, 0.4, 0.3), dtype=np.float32)
    write_exr_by_openimageio(path, pixels, chromaticities=rec2020)
    # ITU-R BT.2087-0, Annex 2.
    matrix = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
    np.testing.assert_allclose(read_hdr(path), pixels @ matrix.T, atol=1e-4)


def test_rec709_under_its_d50_adapted_name_stays_as_it_is(tmp_path):
    # As a Poly Haven panorama in Blender's studio lights declares it: Rec.709 seen under D50.
    path = tmp_path / "light.exr"
    adapted = (0.648447, 0.330877, 0.321187, 0.597894, 0.155901, 0.066056, 0.345708, 0.358541)
    write_exr_by_openimageio(path, hdr_pixels(), chromaticities=adapted)
    peak = hdr_pixels().max(axis=-1, keepdims=True)
    assert (np.abs(read_hdr(path) - hdr_pixels()) / peak).max() < 1e-3


@pytest.mark.parametrize(("left", "top"), [(0, 0), (10, 6), (-5, -3), (60, 30), (100, 0)])
def test_a_data_window_is_put_into_the_display_window(tmp_path, left, top):
    path = tmp_path / "light.exr"
    data = hdr_pixels(12, 20)
    windows = {
        "dataWindow": (np.array([left, top], np.int32), np.array([left + 19, top + 11], np.int32)),
        "displayWindow": (np.array([0, 0], np.int32), np.array([63, 31], np.int32)),
    }
    write_channels(path, {"RGB": data}, **windows)
    expected = np.zeros((32, 64, 3), dtype=np.float32)
    for row in range(12):
        for column in range(20):
            if 0 <= top + row < 32 and 0 <= left + column < 64:
                expected[top + row, left + column] = data[row, column]
    np.testing.assert_array_equal(read_hdr(path), expected)


def test_radiance_as_openimageio_reads_it(tmp_path):
    path = tmp_path / "light.hdr"
    OpenImageIO.ImageBuf(hdr_pixels()).write(str(path))
    pixels = read_hdr(path)
    np.testing.assert_array_equal(pixels, OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT))
    # RGBE keeps eight bits of the largest channel.
    assert (np.abs(pixels - hdr_pixels()) <= hdr_pixels().max(axis=-1, keepdims=True) / 128).all()


def test_radiance_scan_lines_from_the_bottom_up(tmp_path):
    # Flat RGBE, as its format permits: (128, 64, 32) / 256 · 2^(129-128), the two rows unlike.
    rows = bytes([128, 64, 32, 129] * 4 + [32, 64, 128, 130] * 4)
    path = tmp_path / "light.hdr"
    top_down = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 4\n" + rows
    path.write_bytes(top_down)
    pixels = read_hdr(path)
    np.testing.assert_allclose(pixels[0, 0], [1.0, 0.5, 0.25], rtol=0.01)
    np.testing.assert_allclose(pixels[1, 0], [0.5, 1.0, 2.0], rtol=0.01)
    path.write_bytes(top_down.replace(b"-Y 2", b"+Y 2"))
    np.testing.assert_array_equal(read_hdr(path), pixels[::-1])


def test_tiny_negatives_become_zero(tmp_path):
    path = tmp_path / "light.exr"
    pixels = hdr_pixels()
    pixels[5, 6] = -1e-4
    write_exr_by_openimageio(path, pixels)
    np.testing.assert_array_equal(read_hdr(path), np.maximum(pixels, 0))


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e9])
def test_invalid_values(tmp_path, value):
    path = tmp_path / "light.exr"
    pixels = hdr_pixels()
    pixels[5, 6, 1] = value
    write_exr_by_openimageio(path, pixels)
    assert_refused(path, errors.InvalidPixelsError)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("suffix", ["exr", "hdr"])
def test_truncated_files(tmp_path, suffix, share):
    path = tmp_path / f"light.{suffix}"
    OpenImageIO.ImageBuf(hdr_pixels()).write(str(path))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert_refused(path, errors.DamagedImageError)


def test_files_that_are_no_hdr(tmp_path):
    image = tmp_path / "light.exr"
    Image.fromarray(random_rgb8()).save(image, format="png")
    assert_refused(image, errors.UnsupportedFormatError)
    assert_refused(tmp_path, errors.InputIsDirectoryError)
    assert_refused(tmp_path / "none.exr", errors.InputNotFoundError)
    (tmp_path / "light.hdr").write_text("no image")
    with pytest.raises(errors.UnsupportedFormatError, match="Use an OpenEXR or Radiance image"):
        read_hdr(tmp_path / "light.hdr")


def test_xyze(tmp_path):
    path = tmp_path / "light.hdr"
    OpenImageIO.ImageBuf(hdr_pixels()).write(str(path))
    path.write_bytes(path.read_bytes().replace(b"32-bit_rle_rgbe", b"32-bit_rle_xyze"))
    assert_refused(path, errors.UnsupportedColourModelError)


@pytest.mark.parametrize("names", ["YZ", "XYZ", "RG"])
def test_exr_without_rgb(tmp_path, names):
    path = tmp_path / "light.exr"
    write_channels(path, {name: np.ones((32, 64), np.float32) for name in names})
    assert_refused(path, errors.UnsupportedFormatError)


def test_integer_exr(tmp_path):
    path = tmp_path / "light.exr"
    write_channels(path, {name: np.ones((32, 64), np.uint32) for name in "RGB"})
    assert_refused(path, errors.UnsupportedFormatError)


@pytest.mark.parametrize("window", ["dataWindow", "displayWindow"])
def test_an_exr_of_absurd_size(tmp_path, window):
    path = tmp_path / "light.exr"
    write_exr_by_openimageio(path, hdr_pixels())
    data = path.read_bytes()
    box = data.index(window.encode() + b"\0box2i\0") + len(window) + 1 + 6 + 4 + 8
    path.write_bytes(data[:box] + (59999).to_bytes(4, "little") + (29999).to_bytes(4, "little") + data[box + 8 :])
    assert_refused(path, errors.ImageTooLargeError)
