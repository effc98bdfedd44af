"""The ceiling view against rays traced into the sphere, and against what a round trip and a turn must do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanet_core.geometry import ceiling_view, sphere

COORDINATES = st.floats(-1.0, 1.0)


def _ray_hits_sphere(x: float, y: float) -> np.ndarray:
    """Return where the ray from the camera through (x, y, 0) leaves the sphere of radius √2, as a unit vector.

    The camera stands on the z axis below the plane such that the plane's half-width 1 spans half of 120°.
    """
    camera = np.array([0.0, 0.0, -1.0 / np.tan(np.radians(60.0))])
    ray = np.array([x, y, 0.0]) - camera
    # |camera + t·ray|² = 2, the larger root
    a, b, c = ray @ ray, 2.0 * camera @ ray, camera @ camera - 2.0
    hit = camera + (-b + np.sqrt(b * b - 4.0 * a * c)) / (2.0 * a) * ray
    return hit / np.linalg.norm(hit)


def _unit(zenith_rad: np.ndarray, azimuth_rad: np.ndarray) -> np.ndarray:
    return np.stack(
        [np.sin(zenith_rad) * np.cos(azimuth_rad), np.sin(zenith_rad) * np.sin(azimuth_rad), np.cos(zenith_rad)], -1
    )


@settings(deadline=None)
@given(x=COORDINATES, y=COORDINATES)
def test_a_point_of_the_plane_is_where_its_ray_meets_the_sphere(x, y):
    theta, phi = ceiling_view.plane_to_angles(np.array(x), np.array(y))
    np.testing.assert_allclose(_unit(theta, phi), _ray_hits_sphere(x, y), atol=1e-12)


def test_landmarks_of_the_plane():
    """The centre is the zenith; the corners are the horizon, and the edges' middles well above it."""
    assert ceiling_view.plane_to_angles(np.array(0.0), np.array(0.0))[0] == pytest.approx(0.0, abs=1e-15)
    for x in (-1.0, 1.0):
        for y in (-1.0, 1.0):
            theta, phi = ceiling_view.plane_to_angles(np.array(x), np.array(y))
            assert theta == pytest.approx(np.pi / 2, abs=1e-7)
            assert phi == pytest.approx(np.arctan2(y, x))
    middle, _ = ceiling_view.plane_to_angles(np.array(1.0), np.array(0.0))
    assert np.degrees(middle) == pytest.approx(60.0 + np.degrees(np.arcsin(np.sqrt(0.5) / 2)), abs=1e-9)


@settings(deadline=None)
@given(x=st.floats(-0.999, 0.999), y=st.floats(-0.999, 0.999))
def test_angles_lead_back_to_the_point(x, y):
    back_x, back_y, valid = ceiling_view.angles_to_plane(*ceiling_view.plane_to_angles(np.array(x), np.array(y)))
    assert valid
    assert back_x == pytest.approx(x, abs=1e-9)
    assert back_y == pytest.approx(y, abs=1e-9)


@settings(deadline=None)
@given(zenith_rad=st.floats(0.0, np.pi), azimuth_rad=st.floats(-np.pi, np.pi))
def test_only_what_the_square_shows_is_valid(zenith_rad, azimuth_rad):
    """A direction above the horizon is valid exactly where the ray from the camera to it crosses the square."""
    x, y, valid = ceiling_view.angles_to_plane(np.array(zenith_rad), np.array(azimuth_rad))
    camera = np.array([0.0, 0.0, -1.0 / np.sqrt(3.0)])
    ray = np.sqrt(2.0) * _unit(np.array(zenith_rad), np.array(azimuth_rad)) - camera
    if zenith_rad >= np.pi / 2:
        assert not valid
        return
    crossing = camera[:2] - camera[2] / ray[2] * ray[:2]
    reach = np.abs(crossing).max()
    if reach < 1.0 - 1e-9:
        assert valid
        np.testing.assert_allclose([x, y], crossing, atol=1e-12)
    elif reach > 1.0 + 1e-9:
        assert not valid
        assert x == 0.0
        assert y == 0.0


def test_the_valid_part_covers_most_of_the_upper_hemisphere():
    """Counted by rays: directions drawn evenly over the hemisphere that cross the square, against the panorama's."""
    _, _, valid = ceiling_view.panorama_grid(256, 256, 512)
    assert not valid[128:].any()
    share = sphere.sphere_mean(valid.astype(np.float32)) * 2.0
    count = 200_000
    z = (np.arange(count) + 0.5) / count
    azimuth = np.pi * (1.0 + np.sqrt(5.0)) * np.arange(count)  # Fibonacci lattice
    radius = np.sqrt(2.0 - 2.0 * z**2) / (np.sqrt(2.0) * z + 1 / np.sqrt(3.0)) / np.sqrt(3.0)
    crosses = np.maximum(np.abs(radius * np.cos(azimuth)), np.abs(radius * np.sin(azimuth))) < 1.0
    assert share == pytest.approx(crosses.mean(), abs=2e-3)
    assert 0.7 < share < 0.95


def test_the_grids_use_pixel_centres():
    """Ceiling pixel (i, j) looks where the plane's point ((2j + 1)/h − 1, (2i + 1)/h − 1) does."""
    rows, columns = ceiling_view.ceiling_grid(8, 64, 128)
    for i, j in [(0, 0), (2, 7), (5, 3)]:
        direction = _ray_hits_sphere((2 * j + 1) / 8 - 1, (2 * i + 1) / 8 - 1)
        row, column = sphere.directions_to_pixels(direction, 64, 128)
        assert rows[i, j] == pytest.approx(row, abs=1e-9)
        assert columns[i, j] == pytest.approx(column, abs=1e-9)
    back_rows, back_columns, valid = ceiling_view.panorama_grid(8, 64, 128)
    for row, column in [(0, 5), (10, 64), (20, 127)]:
        theta, phi = sphere.zenith_angles_rad(64)[row], sphere.azimuths_rad(128)[column]
        x, y, inside = ceiling_view.angles_to_plane(theta, phi)
        assert valid[row, column] == inside
        assert back_columns[row, column] == pytest.approx((x + 1) * 4 - 0.5)
        assert back_rows[row, column] == pytest.approx((y + 1) * 4 - 0.5)


def test_a_panorama_of_directions_becomes_a_ceiling_of_directions():
    panorama = sphere.pixel_directions(128, 256)
    ceiling = ceiling_view.panorama_to_ceiling(panorama)
    assert ceiling.shape == (128, 128, 3)
    expected = [
        [_ray_hits_sphere((2 * j + 1) / 128 - 1, (2 * i + 1) / 128 - 1) for j in range(0, 128, 9)]
        for i in range(0, 128, 9)
    ]
    np.testing.assert_allclose(ceiling[::9, ::9], expected, atol=2 * (np.pi / 128) ** 2)


def test_there_and_back_keeps_the_ceiling_and_blanks_the_rest():
    directions = sphere.pixel_directions(128, 256)
    panorama = (2.0 + directions @ np.array([[0.5, 0.1], [-0.4, 0.3], [0.2, -0.9]])).astype(np.float32)
    back = ceiling_view.ceiling_to_panorama(ceiling_view.panorama_to_ceiling(panorama, 256), 128, 256)
    rows, columns, valid = ceiling_view.panorama_grid(256, 128, 256)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back[~valid], 0.0)
    np.testing.assert_allclose(back[valid], panorama[valid], atol=0.02)
    # Half a pixel inside the square nothing is extrapolated, so only interpolation's error remains.
    inner = valid & (rows > 0) & (rows < 255) & (columns > 0) & (columns < 255)
    np.testing.assert_allclose(back[inner], panorama[inner], atol=2e-3)


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_turning_the_panorama_turns_the_ceiling(quarter_turns):
    """Columns moved right by a quarter turn the view from below by a quarter."""
    panorama = np.random.default_rng(1).random((32, 64, 3), dtype=np.float32)
    ceiling = ceiling_view.panorama_to_ceiling(panorama)
    turned = ceiling_view.panorama_to_ceiling(np.roll(panorama, 16 * quarter_turns, axis=1))
    np.testing.assert_allclose(turned, np.rot90(ceiling, quarter_turns), atol=1e-5)
    back = ceiling_view.ceiling_to_panorama(ceiling, 32, 64)
    back_turned = ceiling_view.ceiling_to_panorama(turned, 32, 64)
    np.testing.assert_allclose(back_turned, np.roll(back, 16 * quarter_turns, axis=1), atol=1e-4)


def test_the_ceiling_does_not_see_the_ground():
    panorama = np.ones((64, 128, 1), dtype=np.float32)
    panorama[:33] = 0.0  # the row under the horizon too: bilinear samples at the horizon touch it
    np.testing.assert_array_equal(ceiling_view.panorama_to_ceiling(panorama), 0.0)
