"""The virtual camera against its definition: metering, dynamic range, response."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.data.virtual_camera import (
    DYNAMIC_RANGE_EV,
    MIDDLE_GREY,
    RESPONSE_EXPONENT,
    RESPONSE_SIGMA,
    SRGB8_TO_LINEAR,
    Camera,
    draw_camera,
    expose,
    exposure_scale,
    photograph_panorama,
)
from lanet_core.geometry import sphere


def contrasty_scene(seed: int = 0, size: tuple[int, int] = (64, 128)) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(0.0, 3.0, (*size, 1)).astype(np.float32).repeat(3, axis=2)


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e4])
def test_metering_puts_the_mean_at_middle_grey(factor):
    scene = contrasty_scene(size=(200, 300)) * np.float32(factor)
    scale = exposure_scale(scene, Camera())
    exposed = np.clip(scene * scale, 0.0, 1.0)
    exposed[exposed < 2.0**-12] = 0.0
    assert exposed[:, ::4].mean() == pytest.approx(MIDDLE_GREY, rel=1e-3)
    assert exposed.mean() == pytest.approx(MIDDLE_GREY, rel=0.05)


def test_metering_of_a_panorama_goes_by_solid_angle():
    scene = np.full((64, 128, 3), 1.0, np.float32)
    scene[:16] = 100.0  # the cap of 45° about the zenith: (1 - cos 45°) / 2 of the sphere
    rgb_srgb8 = photograph_panorama(scene, Camera())
    cap = (1.0 - np.sqrt(0.5)) / 2.0
    # The cap is white, and the rest makes up the difference to middle grey.
    rest = (MIDDLE_GREY - cap) / (1.0 - cap)
    powered = rest**0.9
    assert rgb_srgb8[8, 8, 0] == 255
    assert rgb_srgb8[40, 8, 0] == pytest.approx(255 * 1.4 * powered / (powered + 0.4), abs=1)


@pytest.mark.parametrize(("sigma", "exponent"), [(0.3, 0.8), (0.5, 1.0)])
def test_response_curve(sigma, exponent):
    levels = np.linspace(0.01, 1.0, 50, dtype=np.float32)
    scene = levels[None, :, None].repeat(3, axis=2).repeat(2, axis=0)
    camera = Camera(response_sigma=sigma, response_exponent=exponent)
    exposed = np.clip(levels * exposure_scale(scene, camera), 0.0, 1.0).astype(np.float64)
    curve = (1 + sigma) * exposed**exponent / (exposed**exponent + sigma)
    np.testing.assert_allclose(expose(scene, camera)[0, :, 0], curve * 255, atol=0.51)


def test_exposure_compensation_is_in_stops():
    scene = np.full((4, 6, 3), 7.0, np.float32)
    levels = [expose(scene, Camera(exposure_bias_ev=ev, response_exponent=1.0))[0, 0, 0] for ev in (-1.0, 0.0)]
    for level, grey in zip(levels, (MIDDLE_GREY / 2, MIDDLE_GREY), strict=True):
        assert level == pytest.approx(255 * 1.4 * grey / (grey + 0.4), abs=0.51)


def test_levels_below_the_dynamic_range_are_black():
    scene = np.full((8, 9, 3), 1.0, np.float32)
    scene[0] = 2.0**-9.5 / MIDDLE_GREY  # exposed to about 2^-9.5 of white
    assert expose(scene, Camera(dynamic_range_ev=14.0))[0, 0, 0] > 0
    assert expose(scene, Camera(dynamic_range_ev=9.0))[0, 0, 0] == 0


def test_a_black_scene_stays_black():
    assert not expose(np.zeros((4, 6, 3), np.float32), Camera()).any()


def test_cameras_are_drawn_from_the_papers_ranges():
    cameras = [draw_camera(np.random.default_rng(seed), exposure_spread_ev=0.5) for seed in range(300)]
    for values, (low, high) in (
        ([each.dynamic_range_ev for each in cameras], DYNAMIC_RANGE_EV),
        ([each.response_sigma for each in cameras], RESPONSE_SIGMA),
        ([each.response_exponent for each in cameras], RESPONSE_EXPONENT),
    ):
        assert low <= min(values) < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < max(values) <= high
    biases = np.array([each.exposure_bias_ev for each in cameras])
    assert biases.std() == pytest.approx(0.5, rel=0.15)
    assert np.abs(biases).max() <= 1.5


def test_codes_are_decoded_as_srgb():
    # IEC 61966-2-1: code 128 is 0.2158605, code 10 is on the straight part.
    assert SRGB8_TO_LINEAR[[0, 10, 128, 255]] == pytest.approx([0.0, 10 / 255 / 12.92, 0.2158605, 1.0], rel=1e-5)


def test_metering_weighs_rows():
    # A sun at the horizon and one at the zenith have different solid angles, so different exposures.
    high, low = (np.full((64, 128, 3), 0.1, np.float32) for _ in range(2))
    high[0] = low[32] = 50.0
    weights = sphere.pixel_solid_angles_sr(64, 128)
    assert exposure_scale(high, Camera(), weights) > 1.05 * exposure_scale(low, Camera(), weights)
