"""The brightest light against closed forms: lights whose energy and place are known."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.errors import ImageTooSmallError, InvalidPixelsError
from lanet_core.geometry import sphere
from lanet_core.metrics.brightest_light import brightest_light_errors, find_brightest_light
from lanet_core.metrics.comparison import SizeMismatchError

SIZE = (256, 512)
DIRECTIONS = sphere.pixel_directions(*SIZE)
CAP_SR = 2.0 * np.pi * (1.0 - np.cos(np.radians(10.0)))


def _direction(elevation_deg: float, azimuth_deg: float) -> np.ndarray:
    elevation, azimuth = np.radians([elevation_deg, azimuth_deg])
    return np.array(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)],
    )


def _grey(radiance: np.ndarray) -> np.ndarray:
    return np.repeat(radiance[..., None], 3, axis=-1)


def _light(towards: np.ndarray, peak: float, width_deg: float = 2.0) -> np.ndarray:
    """A light that falls off as exp((cos γ − 1) / σ²), so that its integral is known."""
    return _grey(peak * np.exp((DIRECTIONS @ towards - 1.0) / np.radians(width_deg) ** 2))


def _light_energy(peak: float, width_deg: float = 2.0) -> float:
    """∫ of it over the cap: 2π σ² peak (1 − exp((cos 10° − 1) / σ²))."""
    variance = np.radians(width_deg) ** 2
    return 2.0 * np.pi * variance * peak * (1.0 - np.exp((np.cos(np.radians(10.0)) - 1.0) / variance))


def _angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))


@pytest.mark.parametrize("azimuth_deg", [0.0, 73.0, 180.0, -179.6])
@pytest.mark.parametrize("elevation_deg", [-40.0, 3.0, 61.0, 88.0])
def test_place_and_energy_of_a_lone_light(elevation_deg, azimuth_deg):
    towards = _direction(elevation_deg, azimuth_deg)
    light = find_brightest_light(_light(towards, 50.0))
    assert _angle_deg(light.direction, towards) < 0.05
    assert np.linalg.norm(light.direction) == pytest.approx(1.0, abs=1e-12)
    assert light.energy == pytest.approx(_light_energy(50.0), rel=4e-3)
    assert light.stands_out


def test_energy_of_an_even_world_is_the_caps_solid_angle():
    light = find_brightest_light(np.full((*SIZE, 3), 2.0))
    assert light.energy == pytest.approx(2.0 * CAP_SR, rel=0.01)
    assert light.prominence_stops == pytest.approx(0.0, abs=1e-5)
    assert not light.stands_out


def test_energy_is_luminance():
    towards = _direction(30.0, 40.0)
    green = _light(towards, 50.0) * np.array([0.0, 1.0, 0.0])
    assert find_brightest_light(green).energy == pytest.approx(0.7152 * _light_energy(50.0), rel=3e-3)


def test_prominence_by_brute_force():
    """Smoothed by a sum over all pixels, without spectra."""
    panorama = np.random.default_rng(1).lognormal(0.0, 1.5, (16, 32, 3))
    directions = sphere.pixel_directions(16, 32).reshape(-1, 3)
    weights = np.exp((directions @ directions.T - 1.0) / np.radians(5.0) ** 2)
    weights *= np.repeat(sphere.pixel_solid_angles_sr(16, 32), 32)
    radiance = (panorama @ np.array([0.2126, 0.7152, 0.0722])).ravel()
    smooth = weights @ radiance / weights.sum(axis=1)
    far = directions @ directions[smooth.argmax()] < np.cos(np.radians(30.0))
    expected = np.log2(smooth.max() / smooth[far].max())
    assert find_brightest_light(panorama).prominence_stops == pytest.approx(expected, abs=1e-5)


def test_the_light_that_gives_most_wins_not_the_brightest_pixel():
    lamp = _direction(35.0, -60.0)
    panorama = 0.1 + _light(lamp, 20.0, width_deg=4.0)
    panorama[60, 400] = 200.0  # ten times the lamp's peak, a fiftieth of its energy
    light = find_brightest_light(panorama)
    assert _angle_deg(light.direction, lamp) < 0.1


def test_noise_moves_it_little():
    towards = _direction(50.0, 120.0)
    clean = 0.3 + _light(towards, 30.0)
    noisy = clean * np.random.default_rng(2).lognormal(0.0, 0.5, (*SIZE, 1)) / np.exp(0.125)
    errors = brightest_light_errors(noisy, clean)
    assert 0.0 < errors.direction_deg < 0.3
    assert 0.0 < errors.energy_stops < 0.1


@pytest.mark.parametrize("columns", [1, 100, 256, 511])
def test_turning_the_panorama_turns_the_light(columns):
    panorama = _light(_direction(20.0, 170.0), 8.0) + 0.2
    still, turned = find_brightest_light(panorama), find_brightest_light(np.roll(panorama, columns, axis=1))
    angle = -2.0 * np.pi * columns / SIZE[1]  # columns run against azimuth
    rotation = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    np.testing.assert_allclose(turned.direction, rotation @ still.direction, atol=1e-3)
    assert turned.energy == pytest.approx(still.energy, rel=2e-3)


def test_errors_count_stops_and_degrees():
    truth = _light(_direction(45.0, 10.0), 40.0) + 1e-3
    weaker = brightest_light_errors(truth / 8.0, truth)
    assert weaker.energy_stops == pytest.approx(3.0, abs=1e-6)
    assert weaker.direction_deg == pytest.approx(0.0, abs=1e-6)
    stronger = brightest_light_errors(truth * 4.0, truth)
    assert stronger.energy_stops == pytest.approx(2.0, abs=1e-6)
    elsewhere = brightest_light_errors(_light(_direction(-15.0, 10.0), 40.0) + 1e-3, truth)
    assert elsewhere.direction_deg == pytest.approx(60.0, abs=0.1)
    assert elsewhere.energy_stops == pytest.approx(0.0, abs=5e-3)


def test_a_clipped_sun_is_where_it_was():
    """Clipped at 1 the light of 40 is a flat disc: darker by a lot, and nowhere else."""
    truth = _light(_direction(45.0, 10.0), 40.0) + 0.05
    errors = brightest_light_errors(np.minimum(truth, 1.0), truth)
    assert errors.direction_deg < 0.05
    flat = np.minimum(truth, 1.0)[..., 0] * sphere.pixel_solid_angles_sr(*SIZE)[:, None]
    cap = _direction(45.0, 10.0) @ np.moveaxis(DIRECTIONS, -1, 1) >= np.cos(np.radians(10.0))
    expected = np.log2((_light_energy(40.0) + 0.05 * CAP_SR) / flat[cap].sum())
    assert errors.energy_stops == pytest.approx(expected, abs=0.01)


def test_no_one_light_has_no_direction():
    overcast = 1.0 + 0.1 * _grey(DIRECTIONS[..., 2])
    lamps = _light(_direction(30.0, 50.0), 20.0) + _light(_direction(30.0, -90.0), 20.0) + 0.01
    for truth in (overcast, lamps):
        errors = brightest_light_errors(truth * 2.0, truth)
        assert np.isnan(errors.direction_deg)
        assert errors.energy_stops == pytest.approx(1.0, abs=1e-6)


def test_half_a_stop_makes_one_light():
    for stops, stands_out in ((0.4, False), (0.6, True)):
        first = _light(_direction(30.0, 50.0), 20.0 * 2**stops)
        light = find_brightest_light(first + _light(_direction(30.0, -90.0), 20.0))
        assert light.prominence_stops == pytest.approx(stops, abs=0.03)
        assert light.stands_out == stands_out


def test_black():
    truth, black = _light(_direction(45.0, 10.0), 40.0), np.zeros((*SIZE, 3))
    errors = brightest_light_errors(black, truth)
    assert errors.energy_stops == pytest.approx(np.log2(_light_energy(40.0) / (CAP_SR * 1e-8)), abs=0.01)
    assert np.isnan(errors.direction_deg)
    assert brightest_light_errors(black, black).energy_stops == 0.0


def test_bad_pairs_are_refused():
    good = np.ones((16, 32, 3))
    with pytest.raises(InvalidPixelsError):
        brightest_light_errors(good, np.where(np.arange(3) == 1, np.inf, good))
    with pytest.raises(SizeMismatchError):
        brightest_light_errors(good, np.ones((32, 64, 3)))
    with pytest.raises(ImageTooSmallError, match="30x15"):
        brightest_light_errors(np.ones((15, 30, 3)), np.ones((15, 30, 3)))
