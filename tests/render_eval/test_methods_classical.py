"""The classical operators against brute force, closed forms and rotation."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR
from render_eval.methods import Photograph, checked_prediction, parse_methods
from render_eval.methods.bilateral_grid import cross_bilateral_filter
from render_eval.methods.huo import BILATERAL_SIGMAS, EXPONENT, expansion
from render_eval.methods.koeo import brightness_enhancement


def brute_force(image: np.ndarray, guide: np.ndarray, spatial_sigma_px: float, range_sigma: float) -> np.ndarray:
    """The definition, pixel by pixel over all pairs, on a cylinder."""
    height, width = image.shape

    def gaussian(distance: np.ndarray, sigma: float) -> np.ndarray:
        return np.exp(-(distance**2) / (2.0 * sigma**2))

    rows, columns = np.arange(height), np.arange(width)
    result = np.empty((height, width))
    for row in range(height):
        for column in range(width):
            round_about = sum(gaussian(columns - column + turn * width, spatial_sigma_px) for turn in (-2, -1, 0, 1, 2))
            weights = gaussian(rows - row, spatial_sigma_px)[:, None] * round_about
            weights = weights * gaussian(guide - guide[row, column], range_sigma)
            result[row, column] = (weights * image).sum() / weights.sum()
    return result


def made_up_guide(rng: np.random.Generator) -> np.ndarray:
    """Two areas with an edge and a gradient, and noise, (24, 48) within [0, 1]; the edge crosses the seam."""
    rows, columns = np.mgrid[:24, :48]
    area = (np.hypot(rows - 10, (columns + 24) % 48 - 24) < 8) * 0.5
    return np.clip(area + columns / 200.0 + rng.normal(0.1, 0.03, (24, 48)), 0.0, 1.0)


def photograph_of(rgb_srgb8: np.ndarray) -> Photograph:
    ldr_linear = SRGB8_TO_LINEAR[rgb_srgb8]
    return Photograph("made up", rgb_srgb8, ldr_linear, ldr_linear)


@pytest.mark.parametrize(("spatial_sigma_px", "range_sigma"), [(3.0, 0.1), (6.0, 25 / 255), (12.0, 0.3), (4.0, 10.0)])
def test_the_grid_gives_the_cross_bilateral_filter(spatial_sigma_px, range_sigma):
    rng = np.random.default_rng(0)
    guide = made_up_guide(rng)
    image = (guide > 0.6) * 1.0 + rng.random(guide.shape)
    sigmas = {"spatial_sigma_px": spatial_sigma_px, "range_sigma": range_sigma}
    filtered = cross_bilateral_filter(image, guide, **sigmas)
    expected = brute_force(image, guide, **sigmas)
    assert expected.std() > 0.03  # something is left to get wrong
    np.testing.assert_allclose(filtered, expected, rtol=0, atol=0.006)


def test_the_grid_wraps_in_azimuth():
    rng = np.random.default_rng(1)
    guide = made_up_guide(rng)
    image = rng.random(guide.shape)
    sigmas = {"spatial_sigma_px": 4.0, "range_sigma": 0.1}
    filtered = cross_bilateral_filter(image, guide, **sigmas)
    turned = cross_bilateral_filter(np.roll(image, 17, axis=1), np.roll(guide, 17, axis=1), **sigmas)
    np.testing.assert_allclose(np.roll(turned, -17, axis=1), filtered, rtol=0, atol=1e-5)


def test_koeo_leaves_an_image_without_clipping_as_it_is():
    rgb_srgb8 = np.random.default_rng(2).integers(0, 255, (32, 64, 3), dtype=np.uint8)
    assert rgb_srgb8.max() == 254
    (method,) = parse_methods("koeo")
    np.testing.assert_array_equal(checked_prediction(method, photograph_of(rgb_srgb8)), SRGB8_TO_LINEAR[rgb_srgb8])


def test_koeo_multiplies_white_by_four_and_stops_at_the_edge():
    rgb_srgb8 = np.full((64, 128, 3), 90, np.uint8)
    rgb_srgb8[:, 40:90] = 255
    enhancement = brightness_enhancement(rgb_srgb8)
    np.testing.assert_allclose(enhancement[:, 40:90], 4.0, rtol=1e-4)
    np.testing.assert_allclose(enhancement[:, :40], 1.0, rtol=1e-4)
    np.testing.assert_allclose(enhancement[:, 90:], 1.0, rtol=1e-4)


def test_koeo_is_its_definition_on_a_small_image():
    rng = np.random.default_rng(3)
    rgb_srgb8 = np.clip(made_up_guide(rng)[..., None] * [330.0, 320.0, 300.0] + 60.0, 0.0, 255.0).astype(np.uint8)
    clipped = (rgb_srgb8 > 254).any(axis=2)
    assert 0.05 < clipped.mean() < 0.5
    luma = rgb_srgb8 @ np.array([0.2126, 0.7152, 0.0722]) / 255.0
    expected = 1.0 + 3.0 * brute_force(clipped * 1.0, luma, 150.0 * 48 / 1920, 25.0 / 255.0)
    np.testing.assert_allclose(brightness_enhancement(rgb_srgb8), expected, rtol=0, atol=0.01)


def test_koeo_turns_with_the_panorama(street):
    # 32 of 128 columns are a whole number of the grid's cells.
    turned = brightness_enhancement(np.roll(street, 32, axis=1))
    np.testing.assert_allclose(np.roll(turned, -32, axis=1), brightness_enhancement(street), rtol=0, atol=1e-4)


@pytest.mark.parametrize("level", [0.02, 0.5, 1.0])
def test_huo_of_an_even_image_has_a_closed_form(level):
    # Both adaptations are the level itself: L (2 Lⁿ)^(1/n) = 2^(1/n) L².
    ldr_linear = np.full((32, 64), level, np.float32)
    np.testing.assert_allclose(ldr_linear * expansion(ldr_linear), 2.0 ** (1 / 0.86) * level**2, rtol=1e-3)


def test_huo_is_its_definition_on_a_small_image():
    ldr_luminance = made_up_guide(np.random.default_rng(4)).astype(np.float32)
    local = ldr_luminance
    for spatial_sigma_px, range_sigma in ((16.0, 0.3), (10.0, 0.1)):
        local = brute_force(local, local, spatial_sigma_px, range_sigma)
    edges = np.cos(np.pi * np.arange(25) / 24)
    mean_log = np.average(np.log(ldr_luminance + 1e-6).mean(axis=1), weights=edges[:-1] - edges[1:])
    expected = (local**0.86 + np.exp(mean_log) ** 0.86) ** (1 / 0.86)
    np.testing.assert_allclose(expansion(ldr_luminance), expected, rtol=0.01)
    assert (BILATERAL_SIGMAS, EXPONENT) == (((16.0, 0.3), (10.0, 0.1)), 0.86)


def test_huo_gives_light_for_any_photograph(street):
    (method,) = parse_methods("huo")
    predicted = checked_prediction(method, photograph_of(street))
    black = checked_prediction(method, photograph_of(np.where(street > 120, street, 0).astype(np.uint8)))
    assert (black[street <= 120] == 0.0).all()
    assert predicted.max() > 1.5 * np.median(predicted)
