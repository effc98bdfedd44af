"""Colour against published values, OpenImageIO's conversion and the chromaticities of BT.709."""

from __future__ import annotations

import numpy as np
import OpenImageIO
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanet_core import colour

CODES = np.arange(256) / 255.0


@pytest.mark.parametrize(
    ("encoded", "linear"),
    [
        (0.0, 0.0),
        (1.0, 1.0),
        (0.5, 0.21404114),
        (0.2, 0.03310477),
        (0.46135613, 0.18),  # middle grey
        (0.735356983052449, 0.5),
        (0.04045, 0.0031308),  # where the two parts meet
        (0.02, 0.02 / 12.92),
        (10 / 255, 0.003035269835),
        (11 / 255, 0.003346535764),
    ],
)
def test_published_pairs(encoded, linear):
    assert colour.srgb_to_linear(np.float64(encoded)) == pytest.approx(linear, abs=5e-8)
    assert colour.linear_to_srgb(np.float64(linear)) == pytest.approx(encoded, abs=5e-7)


def test_the_two_parts_meet_where_the_standard_specifies():
    """IEC 61966-2-1: linear up to 0.04045 encoded and 0.0031308 linear, inclusive, a power above."""
    assert colour.srgb_to_linear(np.float64(0.04045)) == pytest.approx(0.04045 / 12.92, rel=1e-15)
    assert colour.srgb_to_linear(np.float64(0.0405)) == pytest.approx((0.0955 / 1.055) ** 2.4, rel=1e-14)
    assert colour.linear_to_srgb(np.float64(0.0031308)) == pytest.approx(0.0031308 * 12.92, rel=1e-15)
    assert colour.linear_to_srgb(np.float64(0.0031309)) == pytest.approx(
        1.055 * 0.0031309 ** (1 / 2.4) - 0.055, rel=1e-14
    )


@pytest.mark.parametrize(
    ("ours", "source", "target"),
    [(colour.srgb_to_linear, "sRGB", "linear"), (colour.linear_to_srgb, "linear", "sRGB")],
)
def test_openimageio_agrees(ours, source, target):
    """OpenColorIO joins the two parts of the curve without IEC's tiny step: 2.4e-5 apart at most."""
    ramp = np.repeat(np.linspace(0.0, 1.0, 1024, dtype=np.float32)[None, :, None], 3, axis=2)
    converted = OpenImageIO.ImageBufAlgo.colorconvert(OpenImageIO.ImageBuf(ramp.copy()), source, target)
    assert not converted.has_error, converted.geterror()
    np.testing.assert_allclose(ours(ramp)[0], converted.get_pixels(OpenImageIO.FLOAT)[0], rtol=0, atol=3e-5)


def test_every_code_survives_the_round_trip():
    codes = np.arange(256, dtype=np.uint8)
    for dtype in (np.float32, np.float64):
        linear = colour.srgb_to_linear((codes / 255.0).astype(dtype))
        result = colour.quantise_srgb8(linear)
        assert result.dtype == np.uint8
        np.testing.assert_array_equal(result, codes)


def test_codes_change_half_way_between_neighbours():
    """The encoded values just under and just over (k + ½)/255 are k and k + 1."""
    middle = (np.arange(255) + 0.5) / 255.0
    np.testing.assert_array_equal(colour.quantise_srgb8(colour.srgb_to_linear(middle - 1e-6)), np.arange(255))
    np.testing.assert_array_equal(colour.quantise_srgb8(colour.srgb_to_linear(middle + 1e-6)), np.arange(1, 256))


@settings(deadline=None)
@given(st.floats(0.0, 1.0))
def test_decoding_undoes_encoding(linear):
    encoded = colour.linear_to_srgb(np.float64(linear))
    assert 0.0 <= encoded <= 1.0
    assert colour.srgb_to_linear(encoded) == pytest.approx(linear, rel=1e-6, abs=1e-12)


def test_the_curve_rises_everywhere():
    encoded = colour.linear_to_srgb(np.linspace(0.0, 1.0, 100_001))
    assert (np.diff(encoded) > 0).all()


def test_values_outside_the_range_are_clipped():
    encoded = colour.linear_to_srgb(np.array([-5.0, 1.0, 7e4, np.inf]))
    np.testing.assert_allclose(encoded, [0.0, 1.0, 1.0, 1.0], rtol=0, atol=1e-15)
    np.testing.assert_array_equal(colour.quantise_srgb8(np.array([-5.0, 1.0, 7e4, np.inf])), [0, 255, 255, 255])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("convert", [colour.srgb_to_linear, colour.linear_to_srgb])
def test_dtype_and_shape_are_kept(convert, dtype):
    image = np.full((2, 5, 3), 0.5, dtype=dtype)
    result = convert(image)
    assert result.dtype == dtype
    assert result.shape == image.shape
    assert (image == 0.5).all()


def test_luminance_weights_follow_from_the_chromaticities():
    """Solve for the primaries' amounts that add up to the white point (SMPTE RP 177-1993)."""
    x, y = np.array(colour.REC709_CHROMATICITIES).reshape(4, 2).T
    xyz = np.stack([x / y, np.ones(4), (1.0 - x - y) / y])
    weights = np.linalg.solve(xyz[:, :3], xyz[:, 3])
    np.testing.assert_allclose(colour.REC709_LUMINANCE, weights, rtol=0, atol=1e-4)
    assert colour.REC709_LUMINANCE.sum(dtype=np.float64) == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_luminance(dtype):
    image = np.array([[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [1000, 1000, 1000]]], dtype=dtype)
    result = colour.luminance(image)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, [[0.2126, 0.7152], [0.0722, 1000.0]], rtol=1e-6)
