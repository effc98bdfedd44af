"""Irradiance against closed forms: constants, harmonics, spherical caps and point lights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanet_core.errors import InvalidPixelsError
from lanet_core.geometry import sphere
from lanet_core.metrics import irradiance

NORMALS = sphere.pixel_directions(32, 64)


def _grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=-1).astype(np.float32)


@pytest.mark.parametrize("size", [(16, 32), (64, 128), (48, 100)])
def test_constant_radiance_gives_pi(size):
    matrix = irradiance.irradiance_matrix(*size)
    assert matrix.shape == (32 * 64, size[0] * size[1])
    assert matrix.dtype == np.float32
    assert matrix.min() == 0.0
    np.testing.assert_allclose(matrix.sum(axis=1, dtype=np.float64), np.pi, rtol=2e-7)


@pytest.mark.parametrize("size", [(512, 1024), (300, 600), (64, 128), (20, 40)])
def test_diffuse_irradiance_of_a_constant(size):
    panorama = np.full((*size, 3), (0.25, 1.0, 4.0), dtype=np.float32)
    expected = np.broadcast_to(np.pi * np.array([0.25, 1.0, 4.0]), (32, 64, 3))
    np.testing.assert_allclose(irradiance.diffuse_irradiance(panorama), expected, rtol=1e-5)


@pytest.mark.parametrize("axis", [(0, 0, 1), (1, 0, 0), (0, -1, 0), (0.6, 0, -0.8)])
def test_linear_radiance(axis):
    """L = 1 + a·ω gives E = π + (2π/3) a·n (Ramamoorthi and Hanrahan 2001: A0 = π, A1 = 2π/3)."""
    panorama = _grey(1.0 + sphere.pixel_directions(256, 512) @ np.array(axis, dtype=np.float64))
    expected = np.pi + 2.0 * np.pi / 3.0 * (NORMALS @ np.array(axis, dtype=np.float64))
    result = irradiance.diffuse_irradiance(panorama)
    np.testing.assert_allclose(result, _grey(expected), rtol=0, atol=2e-3)


def test_quadratic_radiance():
    """L = 1 + (3z² − 1)/2 gives E = π + (π/4)(3n_z² − 1)/2 (A2 = π/4); degree 3 gives nothing."""
    z = sphere.pixel_directions(256, 512)[..., 2]
    panorama = _grey(1.5 + (3 * z**2 - 1) / 2 + (5 * z**3 - 3 * z) / 2 * 0.4)
    n = NORMALS[..., 2]
    expected = 1.5 * np.pi + np.pi / 4 * (3 * n**2 - 1) / 2
    np.testing.assert_allclose(irradiance.diffuse_irradiance(panorama), _grey(expected), rtol=0, atol=2e-3)


@pytest.mark.parametrize("cap_rows", [20, 32])
def test_spherical_cap_overhead(cap_rows):
    """A cap of half-angle α wholly in front of a surface tilted by β gives π sin²α cos β, behind it 0."""
    panorama = np.zeros((128, 256, 3), dtype=np.float32)
    panorama[:cap_rows] = 1.0
    alpha = np.pi * cap_rows / 128
    matrix = irradiance.irradiance_matrix(128, 256, 2, 4)  # normals at 45° above and below the horizon
    result = (matrix @ panorama.reshape(-1, 3)).reshape(2, 4, 3)
    np.testing.assert_allclose(result[0], np.pi * np.sin(alpha) ** 2 * np.sqrt(0.5), rtol=2e-4)
    np.testing.assert_allclose(result[1], 0.0, atol=2e-5)


@pytest.mark.parametrize("cap_rows", [64, 100])
def test_spherical_cap_that_reaches_below_the_horizon(cap_rows):
    """Straight up, what is below the horizon adds nothing: E = π min(1, sin²α)."""
    panorama = np.zeros((128, 256, 3), dtype=np.float32)
    panorama[:cap_rows] = 1.0
    zenith = irradiance.irradiance_matrix(128, 256, 64, 4)[:4] @ panorama.reshape(-1, 3)
    np.testing.assert_allclose(zenith, np.pi, rtol=2e-3)


@settings(deadline=None, max_examples=15)
@given(row=st.integers(0, 511), column=st.integers(0, 1023))
def test_a_sun_of_one_pixel(row, column):
    """A point light of irradiance 1 gives max(0, n·ω), to the angle by which shrinking may move it."""
    panorama = np.zeros((512, 1024, 3), dtype=np.float32)
    panorama[row, column] = 1.0 / sphere.pixel_solid_angles_sr(512, 1024)[row]
    direction = sphere.pixel_directions(512, 1024)[row, column]
    expected = np.maximum(NORMALS @ direction, 0.0)
    half_diagonal_rad = np.hypot(np.pi / 128, np.pi / 128)
    result = irradiance.diffuse_irradiance(panorama)
    np.testing.assert_allclose(result, _grey(expected), rtol=0, atol=half_diagonal_rad)


def test_shrinking_first_agrees_with_the_integral_at_full_size():
    generator = np.random.default_rng(3)
    panorama = generator.lognormal(0.0, 1.5, (128, 256, 3)).astype(np.float32)
    panorama[20, 40] = 3000.0
    full = irradiance.irradiance_matrix(128, 256) @ panorama.reshape(-1, 3)
    shrunk = irradiance.diffuse_irradiance(panorama)
    stops = np.abs(np.log2(shrunk / full.reshape(32, 64, 3)))
    assert 0.0 < stops.max() < 0.02


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_turning_the_panorama_turns_its_irradiance(quarter_turns):
    panorama = np.random.default_rng(4).random((64, 128, 3), dtype=np.float32)
    turned = irradiance.diffuse_irradiance(np.roll(panorama, 32 * quarter_turns, axis=1))
    still = irradiance.diffuse_irradiance(panorama)
    np.testing.assert_allclose(turned, np.roll(still, 16 * quarter_turns, axis=1), rtol=2e-6)


def test_error_counts_stops():
    truth = np.random.default_rng(5).lognormal(0.0, 2.0, (64, 128, 3)).astype(np.float32)
    assert irradiance.irradiance_error_stops(truth, truth) == 0.0
    assert irradiance.irradiance_error_stops(truth * np.float32(4), truth) == pytest.approx(2.0, abs=1e-5)
    assert irradiance.irradiance_error_stops(truth / np.float32(2), truth) == pytest.approx(1.0, abs=1e-5)
    tinted = truth * np.array([2.0, 1.0, 0.25], dtype=np.float32)
    assert irradiance.irradiance_error_stops(tinted, truth) == pytest.approx(1.0, abs=1e-5)


def test_error_is_weighted_by_solid_angle():
    """For E = π + (2π/3) n_z against E = π the mean over z of |log2(1 + 2z/3)| is a plain integral."""
    z = sphere.pixel_directions(64, 128)[..., 2]
    error = irradiance.irradiance_error_stops(_grey(1.0 + z), np.ones((64, 128, 3), dtype=np.float32))
    samples = (np.arange(200_000) + 0.5) / 100_000 - 1.0
    assert error == pytest.approx(np.abs(np.log2(1.0 + 2.0 / 3.0 * samples)).mean(), rel=2e-3)


def test_error_of_a_black_world_is_finite():
    white = np.ones((64, 128, 3), dtype=np.float32)
    black = np.zeros_like(white)
    assert irradiance.irradiance_error_stops(black, white) == pytest.approx(np.log2(1e8), abs=1e-4)
    assert irradiance.irradiance_error_stops(black, black) == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_bad_pixels_are_refused(bad):
    panorama = np.ones((64, 128, 3), dtype=np.float32)
    panorama[3, 5, 1] = bad
    with pytest.raises(InvalidPixelsError):
        irradiance.irradiance_error_stops(np.ones_like(panorama), panorama)
