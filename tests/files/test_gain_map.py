"""Gain maps against libultrahdr, as OpenImageIO has it, and against the HDR that they were made of."""

from __future__ import annotations

import numpy as np
import OpenImageIO
import pytest
from gain_map_files import MapValues, gain_map_jpeg, jpeg_of, srgb_encode, with_segments
from image_files import DISPLAY_P3_COLORANTS, SRGB_CURVE, matrix_profile
from PIL import Image

from lanet_core.files import read_ldr
from lanet_core.files.gain_map import GainMap
from lanet_core.files.gain_map_metadata import GainMapMetadata, metadata_at

THREE = MapValues(minimum=(0.0, -0.25, -0.5), maximum=(4.0, 4.5, 3.5), gamma=(1.0, 1.2, 0.8))

LINEAR_MAP = GainMapMetadata((0.0,), (4.0,), (1.0,), (0.0,), (0.0,))


def scene(peak: float = 10.0, height: int = 64, width: int = 128) -> np.ndarray:
    """Return an HDR scene: a smooth gradient and two soft lights of a colour each."""
    y, x = np.mgrid[0:height, 0:width]
    ramp = 0.1 + 0.6 * x / width
    lights = [
        peak * np.exp(-((x - at) ** 2 + (y - 20.0) ** 2) / 160.0)[..., None] * np.array(colour)
        for at, colour in ((40, (1.0, 0.8, 0.6)), (90, (0.5, 0.7, 1.0)))
    ]
    return (ramp[..., None] + sum(lights)).astype(np.float32)


def read(tmp_path, data: bytes):
    path = tmp_path / "image.jpg"
    path.write_bytes(data)
    return read_ldr(path)


@pytest.mark.parametrize("values", [MapValues(), MapValues(minimum=(-0.5,), maximum=(3.5,), gamma=(1.4,)), THREE])
def test_the_light_is_that_of_libultrahdr(tmp_path, values):
    # It reads three channels from ISO's metadata alone, and interpolates smaller maps less exactly.
    image = read(tmp_path, gain_map_jpeg(scene(), values, kinds=("xmp", "iso"), factor=1))
    opened = OpenImageIO.ImageInput.open(str(image.path))
    theirs = opened.read_image(0, 0, 0, 3, OpenImageIO.FLOAT)
    opened.close()
    assert theirs.max() > 2.0  # it did apply the map
    ours = image.measured_rows(0, 64)
    assert np.abs(np.log2((ours + 0.02) / (theirs + 0.02))).max() < 0.05
    assert np.abs(np.log2((ours + 0.02) / (theirs + 0.02))).mean() < 0.005


@pytest.mark.parametrize("kinds", [("xmp",), ("iso",), ("xmp", "iso")])
@pytest.mark.parametrize("values", [MapValues(), THREE])
def test_the_light_is_that_of_the_scene(tmp_path, kinds, values):
    image = read(tmp_path, gain_map_jpeg(scene(), values, kinds=kinds))
    light = image.measured_rows(0, 64)
    error = np.abs(np.log2((light + 0.02) / (scene() + 0.02)))
    assert error.mean() < (0.02 if values is THREE else 0.09)  # one channel cannot hold the lights' colours
    assert light.mean() == pytest.approx(scene().mean(), rel=0.03)
    assert "gain map was applied" in image.warnings[0]
    # The image itself stays the LDR image.
    sdr = np.minimum(scene(), 1.0)
    assert np.abs(srgb_encode(image.rgb_linear) - srgb_encode(sdr)).max() < 0.04


def lamps() -> np.ndarray:
    """Return an HDR scene of lamps with sharp edges, at odd places of a map's cells, on dark and bright ground."""
    light = np.full((64, 128, 3), 0.08, np.float32)
    light[:20] = 0.7
    for top, left, size in ((9, 13, 3), (31, 40, 5), (42, 77, 2), (25, 101, 7)):
        light[top : top + size, left : left + size] = (9.0, 7.0, 5.0)
    return light


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("values", [MapValues(maximum=(3.5,)), MapValues(maximum=(3.5, 3.5, 3.5))])
def test_the_light_of_lamps_stays_within_their_edges(tmp_path, values, factor):
    image = read(tmp_path, gain_map_jpeg(lamps(), values, factor=factor))
    light = image.measured_rows(0, 64)
    is_lamp = lamps().max(axis=-1) > 1.0
    # Interpolation between the samples of the map leaves the lamps 0.5 to 0.8 of their light.
    assert light[is_lamp].mean() == pytest.approx(lamps()[is_lamp].mean(), rel=0.15)
    assert light.mean() == pytest.approx(lamps().mean(), rel=0.06)
    assert np.median(light[:20][~is_lamp[:20]]) == pytest.approx(0.7, rel=0.02)


def test_the_gain_stays_within_the_limits_of_the_map(tmp_path):
    gain_map = read(tmp_path, gain_map_jpeg(lamps(), MapValues(maximum=(3.0,)), factor=4)).measured_rows(0, 64)
    assert gain_map.max() <= 8.2


def test_a_map_larger_than_the_image_or_of_an_odd_size(tmp_path):
    samples = np.full((33, 71, 1), 128, np.uint8)
    for size in ((64, 128), (20, 40)):
        light = np.full((*size, 3), 0.5, np.float32)
        gain_map = GainMap(samples, LINEAR_MAP, lambda first, end, light=light: light[first:end], size)
        expected = 0.5 * 2.0 ** (4.0 * 128 / 255)
        np.testing.assert_allclose(gain_map.applied_to_rows(light, 0), expected, rtol=2e-3)


def test_both_layouts_of_iso_metadata_are_alike(tmp_path):
    apart, common = (
        read(tmp_path, gain_map_jpeg(scene(), THREE, kinds=("iso",), common_denominator=common))
        for common in (False, True)
    )
    assert common.measured.gain_map.metadata == apart.measured.gain_map.metadata


def test_single_pixels_and_rows_agree(tmp_path):
    image = read(tmp_path, gain_map_jpeg(scene(), THREE, factor=4))
    rows, columns = np.mgrid[0:64, 0:128]
    whole = image.measured_rows(0, 64)
    np.testing.assert_allclose(image.measured_pixels(rows, columns), whole, rtol=1e-5)
    np.testing.assert_allclose(image.measured_rows(21, 33), whole[21:33], rtol=1e-6)


def test_the_map_is_turned_with_the_image(tmp_path):
    exif = b"Exif\0\0MM\0*" + bytes([0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 3, 0, 0]) + bytes(4)
    upright = read(tmp_path, gain_map_jpeg(scene())).measured_rows(0, 64)
    turned = read(tmp_path, gain_map_jpeg(scene(), primary=((0xE1, exif),))).measured_rows(0, 64)
    np.testing.assert_allclose(turned, upright[::-1, ::-1], rtol=2e-3)  # the map is kept in half floats


def test_the_gain_applies_to_the_images_own_primaries(tmp_path):
    profile = matrix_profile(DISPLAY_P3_COLORANTS, SRGB_CURVE)
    icc = (0xE2, b"ICC_PROFILE\0\x01\x01" + profile)
    light = read(tmp_path, gain_map_jpeg(scene(), THREE, primary=(icc,))).measured_rows(0, 64)
    # CSS Color 4, section 17: Display P3 to Rec.709.
    matrix = np.array([[1.2249402, -0.2249402, 0.0], [-0.0420570, 1.0420570, 0.0], [-0.0196376, -0.0786361, 1.0982736]])
    expected = np.maximum(scene() @ matrix.T, 0.0)
    assert np.abs(np.log2((light + 0.05) / (expected + 0.05))).mean() < 0.03


def test_where_the_measurement_ends(tmp_path):
    cut = np.minimum(scene(40.0), 11.0)
    plateau = read(tmp_path, gain_map_jpeg(cut, MapValues(maximum=(5.0,))))
    assert plateau.measured.ceiling == pytest.approx(11.0, rel=0.1)
    at_maximum = read(tmp_path, gain_map_jpeg(scene(40.0), MapValues(maximum=(3.0,))))
    assert at_maximum.measured.ceiling == pytest.approx(8.0, rel=0.1)
    whole = read(tmp_path, gain_map_jpeg(scene(10.0), MapValues(maximum=(5.0,))))
    assert whole.measured.ceiling == np.inf
    assert "complete" in whole.warnings[0]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7])
@pytest.mark.parametrize("kinds", [("xmp",), ("iso",)])
def test_a_map_that_was_cut_off_is_left_out(tmp_path, kinds, share):
    data = gain_map_jpeg(scene(), kinds=kinds)
    sdr_size = len(gain_map_jpeg(scene(), kinds=kinds)) - len(data[data.rindex(b"\xff\xd8\xff") :])
    image = read(tmp_path, data[: sdr_size + int(share * (len(data) - sdr_size))])
    assert image.measured is None
    assert image.rgb_linear.shape == (64, 128, 3)
    assert len(image.warnings) == 1 and "gain map" in image.warnings[0]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("GainMapMax", "4.0", "99"),
        ("GainMapMax", "4.0", "nan"),
        ("GainMapMax", "4.0", "x"),
        ("GainMapMax", "4.0", "-1"),
        ("Gamma", "1.0", "0.0"),
    ],
)
def test_nonsensical_metadata_are_named(tmp_path, name, old, new):
    good = gain_map_jpeg(scene())
    bad = good.replace(f'{name}="{old}"'.encode(), f'{name}="{new.ljust(len(old))}"'.encode())
    assert bad != good
    image = read(tmp_path, bad)
    assert image.measured is None
    assert "gain map was ignored" in image.warnings[0]


def test_a_map_from_hdr_to_sdr_is_ignored(tmp_path):
    image = read(tmp_path, gain_map_jpeg(scene(), kinds=("iso",), base_is_hdr=True))
    assert image.measured is None
    assert "from HDR to SDR" in image.warnings[0]


def test_an_apple_map_is_named(tmp_path):
    note = (0xE1, b"http://ns.adobe.com/xap/1.0/\0urn:com:apple:photo:2020:aux:hdrgainmap")
    sdr = jpeg_of(np.rint(255 * srgb_encode(np.minimum(scene(), 1.0))).astype(np.uint8))
    second = with_segments(jpeg_of(np.zeros((32, 64), np.uint8)), note)
    image = read(tmp_path, sdr + second)
    assert image.measured is None
    assert "Apple" in image.warnings[0]


def test_another_image_behind_the_first_is_no_gain_map(tmp_path):
    sdr = jpeg_of(np.zeros((64, 128, 3), np.uint8))
    assert metadata_at(sdr + sdr, len(sdr)) is None
    assert read(tmp_path, sdr + sdr).warnings == ()


def test_a_plain_jpeg_is_not_decoded_twice(tmp_path, monkeypatch):
    Image.fromarray(np.zeros((64, 128, 3), np.uint8)).save(tmp_path / "plain.jpg")
    calls = []
    from lanet_core.files import ldr

    original = ldr.decode
    monkeypatch.setattr(ldr, "decode", lambda *arguments: calls.append(arguments) or original(*arguments))
    read_ldr(tmp_path / "plain.jpg")
    assert len(calls) == 1
