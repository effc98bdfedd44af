"""Embedded colour profiles against LittleCMS, and against matrices that others have published."""

from __future__ import annotations

import numpy as np
import pytest
from image_files import (
    ADOBE_RGB_COLORANTS,
    DISPLAY_P3_COLORANTS,
    SRGB_COLORANTS,
    SRGB_CURVE,
    colour_cube8,
    icc_profile,
    matrix_profile,
    parametric_curve,
    sampled_curve,
)
from littlecms import as_littlecms_sees_it
from PIL import Image, ImageCms

from lanet_core import colour
from lanet_core.files import read_ldr
from lanet_core.files.colour_encoding import SRGB
from lanet_core.files.icc import parse_profile
from lanet_core.files.primaries import to_rec709
from lanet_core.files.tone_curve import parse_tone_curve

GAMMA_2_2 = sampled_curve(563)  # u8Fixed8: 2.19921875, Adobe RGB's own
BT709_CURVE = parametric_curve(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
SAMPLED_GAMMA = sampled_curve(*(round(65535 * (i / 63) ** 1.8) for i in range(64)))

PROFILES = {
    "Display P3": matrix_profile(DISPLAY_P3_COLORANTS, SRGB_CURVE),
    "Adobe RGB": matrix_profile(ADOBE_RGB_COLORANTS, GAMMA_2_2, version=2),
    "identity curve": matrix_profile(DISPLAY_P3_COLORANTS, sampled_curve()),
    "sampled curve": matrix_profile(SRGB_COLORANTS, SAMPLED_GAMMA),
    "a curve for each channel": matrix_profile(SRGB_COLORANTS, SRGB_CURVE, GAMMA_2_2, SAMPLED_GAMMA),
    "parametric 0": matrix_profile(SRGB_COLORANTS, parametric_curve(0, 1.8)),
    "parametric 1": matrix_profile(SRGB_COLORANTS, parametric_curve(1, 2.0, 1.1, -0.1)),
    "parametric 2": matrix_profile(SRGB_COLORANTS, parametric_curve(2, 2.0, 0.95, -0.05, 0.1)),
    "parametric 3": matrix_profile(ADOBE_RGB_COLORANTS, BT709_CURVE),
    "parametric 4": matrix_profile(SRGB_COLORANTS, parametric_curve(4, 2.2, 0.9, 0.05, 0.3, 0.1, 0.02, 0.01)),
}


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_as_littlecms_applies_them(tmp_path, name):
    rgb8 = colour_cube8()
    path = tmp_path / "image.tif"
    Image.fromarray(rgb8).save(path, icc_profile=PROFILES[name])
    image = read_ldr(path)
    assert image.warnings == ()
    ours = colour.quantise_srgb8(image.rgb_linear).astype(int)
    theirs = as_littlecms_sees_it(rgb8, PROFILES[name]).astype(int)
    difference = np.abs(ours - theirs)
    assert difference.max() <= 1  # both round to 8 bits
    assert (difference > 0).mean() < 0.02
    assert np.abs(ours - rgb8.astype(int)).max() > 10  # the profile does matter here


@pytest.mark.parametrize("name", ["Display P3", "parametric 3"])
def test_sixteen_bits_are_as_exact_as_the_profile(name):
    # CSS Color 4, section 17 "Sample code for color conversions": lin_P3_to_XYZ then XYZ_to_lin_sRGB,
    # and lin_a98rgb_to_XYZ then XYZ_to_lin_sRGB; both under D65.
    published = {
        "Display P3": [[1.2249402, -0.2249402, 0.0], [-0.0420570, 1.0420570, 0.0], [-0.0196376, -0.0786361, 1.0982736]],
        "parametric 3": [[1.3982832, -0.3982832, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429418, 1.0429418]],
    }
    # Colorants are stored with five decimals, and the makers' D65 differ in the fourth.
    np.testing.assert_allclose(parse_profile(PROFILES[name]).to_rec709, published[name], rtol=0, atol=6e-4)


def test_chromaticities_give_the_published_matrix():
    display_p3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
    rec2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)
    np.testing.assert_allclose(
        to_rec709(display_p3),
        [[1.2249402, -0.2249402, 0.0], [-0.0420570, 1.0420570, 0.0], [-0.0196376, -0.0786361, 1.0982736]],
        atol=1e-6,
    )
    # ITU-R BT.2087-0, Annex 2 (Rec.2020 to Rec.709), four decimals.
    np.testing.assert_allclose(
        to_rec709(rec2020),
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
        atol=6e-5,
    )


def test_another_white_is_adapted_by_bradford():
    # ACEScg (AP1, white D60) to Rec.709, as OpenColorIO's ACES configuration has it (Bradford).
    acescg = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
    np.testing.assert_allclose(
        to_rec709(acescg),
        [
            [1.70505, -0.62179, -0.08326],
            [-0.13026, 1.14080, -0.01055],
            [-0.02400, -0.12897, 1.15297],
        ],
        atol=2e-5,
    )


@pytest.mark.parametrize("make", ["LittleCMS", "published colorants", "sampled curve", "version 2"])
def test_a_rounded_srgb_profile_takes_the_exact_path(make):
    codes = np.arange(1024) / 1023
    curve = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    profiles = {
        "LittleCMS": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        "published colorants": matrix_profile(SRGB_COLORANTS, SRGB_CURVE),
        "sampled curve": matrix_profile(SRGB_COLORANTS, sampled_curve(*np.rint(curve * 65535).astype(int))),
        "version 2": matrix_profile(SRGB_COLORANTS, SRGB_CURVE, version=2),
    }
    assert parse_profile(profiles[make]) is SRGB


@pytest.mark.parametrize("profile", [matrix_profile(SRGB_COLORANTS, GAMMA_2_2), PROFILES["Display P3"]])
def test_profiles_near_srgb_are_not_taken_for_it(profile):
    assert parse_profile(profile) is not SRGB


def test_colours_outside_rec709_are_clipped_after_the_change_of_primaries(tmp_path):
    path = tmp_path / "image.png"
    pure = np.zeros((32, 64, 3), dtype=np.uint8)
    pure[..., 1] = 255
    Image.fromarray(pure).save(path, icc_profile=PROFILES["Adobe RGB"])
    # Adobe RGB's green is outside: red would be negative, and green, 1.0, is within rounding.
    np.testing.assert_allclose(read_ldr(path).rgb_linear[0, 0], [0.0, 1.0, 0.0], atol=2e-3)


@pytest.mark.parametrize("curve", [GAMMA_2_2, SAMPLED_GAMMA, parametric_curve(0, 1.8)])
def test_grey_profiles(tmp_path, curve):
    codes = np.tile(np.arange(256, dtype=np.uint8), (32, 1))
    path = tmp_path / "image.tif"
    Image.fromarray(codes).save(path, icc_profile=icc_profile({b"kTRC": curve}, colour_space=b"GRAY"))
    # The same curve in an RGB profile with sRGB's primaries, by LittleCMS.
    rgb = np.repeat(codes[..., None], 3, axis=2)
    theirs = as_littlecms_sees_it(rgb, matrix_profile(SRGB_COLORANTS, curve)).astype(int)
    assert np.abs(colour.quantise_srgb8(read_ldr(path).rgb_linear).astype(int) - theirs).max() <= 1


def test_a_grey_image_with_an_rgb_profile_stays_grey(tmp_path):
    path = tmp_path / "image.tif"
    codes = np.tile(np.arange(256, dtype=np.uint8), (32, 1))
    Image.fromarray(codes).save(path, icc_profile=PROFILES["Adobe RGB"])
    rgb = read_ldr(path).rgb_linear
    np.testing.assert_allclose(rgb, np.repeat((codes[..., None] / 255.0) ** (563 / 256), 3, axis=2), atol=1e-3)


@pytest.mark.parametrize(
    "profile",
    [
        b"",
        bytes(128),
        PROFILES["Display P3"][:100],
        PROFILES["Display P3"][:135],
        PROFILES["Display P3"][:-200],
        icc_profile({b"A2B0": b"mft2" + bytes(60)}),
        matrix_profile(SRGB_COLORANTS, b"none" + bytes(20)),
        matrix_profile(SRGB_COLORANTS, b"curv" + bytes(4) + (5000).to_bytes(4, "big")),
        matrix_profile(SRGB_COLORANTS, parametric_curve(7, 1.0)),
        matrix_profile(SRGB_COLORANTS, parametric_curve(1, 2.0, 0.0, 0.0)),
    ],
)
def test_damaged_profiles_have_a_reason(profile):
    with pytest.raises(ValueError, match=r"^(its?|a) "):
        parse_profile(profile)


def test_a_curve_of_kind_one_is_black_below_its_threshold():
    curve = parse_tone_curve(parametric_curve(1, 2.0, 1.1, -0.1))
    np.testing.assert_allclose(curve(np.array([0.0, 0.05, 1.0])), [0.0, 0.0, 1.0], atol=1e-4)
