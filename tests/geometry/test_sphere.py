"""The sphere against closed forms, Blender's mapping, Pillow's resizing and its own symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lanet_core.geometry import sphere

ANGLES = st.floats(-np.pi, np.pi, allow_nan=False)


def _direction(zenith_rad: float, azimuth_rad: float) -> np.ndarray:
    """Return a unit vector in spherical coordinates (ISO 80000-2, item 17.3)."""
    return np.array(
        [np.sin(zenith_rad) * np.cos(azimuth_rad), np.sin(zenith_rad) * np.sin(azimuth_rad), np.cos(zenith_rad)]
    )


# Directions and pixels


def test_landmarks_of_the_image():
    """The middle looks along +x, +y is left of it, -x at both edges, +z at the top."""
    directions = sphere.pixel_directions(400, 800)
    half_pixel = np.pi / 400  # a bound on how far the nearest pixel's centre is
    for (row, column), axis in {
        (200, 400): [1, 0, 0],
        (200, 200): [0, 1, 0],
        (200, 600): [0, -1, 0],
        (200, 0): [-1, 0, 0],
        (200, 799): [-1, 0, 0],
        (0, 123): [0, 0, 1],
        (399, 7): [0, 0, -1],
    }.items():
        assert np.linalg.norm(directions[row, column] - axis) < half_pixel
    np.testing.assert_allclose(np.linalg.norm(directions, axis=-1), 1.0, rtol=1e-12)


@settings(deadline=None)
@given(zenith_rad=st.floats(0.0, np.pi), azimuth_rad=ANGLES, length=st.floats(1e-3, 1e3))
def test_blenders_environment_texture(zenith_rad, azimuth_rad, length):
    """Cycles' direction_to_equirectangular: u from the left edge, v from the bottom edge, both in [0, 1]."""
    x, y, z = _direction(zenith_rad, azimuth_rad) * length
    u = 0.5 - np.arctan2(y, x) / (2.0 * np.pi)
    v = 0.5 + np.arctan2(z, np.hypot(x, y)) / np.pi
    row, column = sphere.directions_to_pixels(np.array([x, y, z]), 96, 192)
    assert row == pytest.approx(96 * (1.0 - v) - 0.5, abs=1e-9)
    assert column == pytest.approx(192 * u - 0.5, abs=1e-9)


@pytest.mark.parametrize(("height", "width"), [(1, 2), (5, 10), (64, 128), (33, 50)])
def test_pixels_come_back_from_their_directions(height, width):
    rows, columns = sphere.directions_to_pixels(sphere.pixel_directions(height, width), height, width)
    expected_rows, expected_columns = np.mgrid[0:height, 0:width]
    np.testing.assert_allclose(rows, expected_rows, atol=1e-9)
    np.testing.assert_allclose(columns, expected_columns, atol=1e-9)


def test_angles_are_those_of_the_directions():
    directions = sphere.pixel_directions(20, 40)
    theta, phi = sphere.zenith_angles_rad(20), sphere.azimuths_rad(40)
    for row, column in [(0, 0), (3, 17), (19, 39)]:
        np.testing.assert_allclose(directions[row, column], _direction(theta[row], phi[column]), atol=1e-15)
    assert (np.diff(theta) > 0).all()
    assert (np.diff(phi) < 0).all()


# Solid angles


@pytest.mark.parametrize(("height", "width"), [(1, 2), (7, 14), (512, 1024), (100, 300)])
def test_all_pixels_make_a_sphere(height, width):
    solid_angles_sr = sphere.pixel_solid_angles_sr(height, width)
    assert solid_angles_sr.shape == (height,)
    assert solid_angles_sr.sum() * width == pytest.approx(4.0 * np.pi, rel=1e-12)


@pytest.mark.parametrize("rows", [1, 20, 50, 99])
def test_the_upper_rows_make_a_spherical_cap(rows):
    """Ω = 2π (1 − cos α)."""
    cap_sr = sphere.pixel_solid_angles_sr(100, 200)[:rows].sum() * 200
    assert cap_sr == pytest.approx(2.0 * np.pi * (1.0 - np.cos(np.pi * rows / 100)), rel=1e-12)


def test_means_over_the_sphere():
    """The mean of z² is 1/3, of z⁴ 1/5, of x and of xy 0, of 1 + z 1."""
    x, y, z = np.moveaxis(sphere.pixel_directions(400, 800), -1, 0)
    stack = np.stack([z**2, z**4, x, x * y, 1.0 + z], axis=-1)
    np.testing.assert_allclose(sphere.sphere_mean(stack), [1 / 3, 1 / 5, 0.0, 0.0, 1.0], atol=2e-5)
    assert sphere.sphere_mean(z**2) == pytest.approx(1 / 3, abs=2e-5)
    assert sphere.sphere_mean(np.full((3, 6), 2.5, dtype=np.float32)) == pytest.approx(2.5, rel=1e-12)


# Sampling


def test_samples_at_pixel_centres_are_the_pixels():
    panorama = np.random.default_rng(1).random((9, 18, 3), dtype=np.float32)
    rows, columns = np.mgrid[0:9, 0:18].astype(float)
    sampled = sphere.sample_bilinear(panorama, rows, columns)
    assert sampled.dtype == np.float32
    np.testing.assert_array_equal(sampled, panorama)


@settings(deadline=None)
@given(row=st.floats(-0.5, 8.5), column=st.floats(-40.0, 40.0), turns=st.integers(-2, 2))
def test_sampling_wraps_in_azimuth(row, column, turns):
    panorama = np.random.default_rng(2).random((9, 18, 1))
    here = sphere.sample_bilinear(panorama, np.array(row), np.array(column))
    there = sphere.sample_bilinear(panorama, np.array(row), np.array(column + 18 * turns))
    np.testing.assert_allclose(here, there, atol=1e-12)


@settings(deadline=None)
@given(zenith_rad=st.floats(0.0, np.pi), azimuth_rad=ANGLES)
def test_sampling_finds_a_smooth_function_anywhere(zenith_rad, azimuth_rad):
    """Everywhere on the sphere, across the poles and the seam: the error bound of linear interpolation holds."""
    gradient = np.array([[0.3, -1.0], [0.8, 0.2], [0.5, 0.9]])
    panorama = sphere.pixel_directions(90, 180) @ gradient
    direction = _direction(zenith_rad, azimuth_rad)
    row, column = sphere.directions_to_pixels(direction, 90, 180)
    step = np.pi / 90
    bound = 2 * step**2 / 8 * np.abs(gradient).sum()
    np.testing.assert_allclose(sphere.sample_bilinear(panorama, row, column), direction @ gradient, atol=bound)


@pytest.mark.parametrize(("row", "neighbour_row"), [(-0.5, 0), (8.5, 8)])
def test_at_a_pole_the_pixel_across_counts_half(row, neighbour_row):
    panorama = np.random.default_rng(3).random((9, 18, 2))
    for column in (0, 4, 13):
        expected = (panorama[neighbour_row, column] + panorama[neighbour_row, (column + 9) % 18]) / 2
        np.testing.assert_allclose(
            sphere.sample_bilinear(panorama, np.array(row), np.array(float(column))), expected, atol=1e-12
        )


# Shrinking


@settings(deadline=None)
@given(data=st.data(), seed=st.integers(0, 99))
def test_shrinking_keeps_the_integral(data, seed):
    """regardless of the two sizes, whole factors or not."""
    source_height, source_width = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    height, width = data.draw(st.integers(1, source_height)), data.draw(st.integers(1, source_width))
    panorama = np.random.default_rng(seed).lognormal(0, 2, (source_height, source_width, 2)).astype(np.float32)
    small = sphere.downsample(panorama, height, width)
    assert small.shape == (height, width, 2)
    np.testing.assert_allclose(sphere.sphere_mean(small), sphere.sphere_mean(panorama), rtol=2e-5)


@pytest.mark.parametrize("size", [(4, 8), (7, 12), (64, 128), (1, 1)])
def test_shrinking_gives_means_over_solid_angle(size):
    """Of z over a row: ∫ cos θ sin θ dθ / ∫ sin θ dθ = (cos θ₁ + cos θ₂)/2; of cos φ over a column: its sinc."""
    source = np.pi * (np.arange(513)) / 512
    z = np.broadcast_to(((np.cos(source[1:]) + np.cos(source[:-1])) / 2)[:, None], (512, 1024))
    edges = np.cos(np.pi * np.arange(size[0] + 1) / size[0])
    expected = np.broadcast_to(((edges[1:] + edges[:-1]) / 2)[:, None], size)
    # Rows of 512 that a new edge cuts count as constant, which is exact to the square of their height.
    np.testing.assert_allclose(sphere.downsample(z.astype(np.float32), *size), expected, atol=1e-5)

    phi = np.pi * (1.0 - 2.0 * np.arange(1025) / 1024)
    mean_cos = np.broadcast_to(-np.diff(np.sin(phi)) / (2 * np.pi / 1024), (512, 1024))
    new_phi = np.pi * (1.0 - 2.0 * np.arange(size[1] + 1) / size[1])
    expected = np.broadcast_to(-np.diff(np.sin(new_phi)) / (2 * np.pi / size[1]), size)
    np.testing.assert_allclose(sphere.downsample(mean_cos.astype(np.float32), *size), expected, atol=2e-5)


def test_shrinking_by_whole_factors_is_a_weighted_block_mean():
    panorama = np.random.default_rng(4).random((12, 24, 3), dtype=np.float32)
    weights = np.repeat(sphere.pixel_solid_angles_sr(12, 24)[:, None, None], 24, axis=1)
    blocks = (panorama * weights).reshape(4, 3, 6, 4, 3).sum(axis=(1, 3))
    expected = blocks / weights.reshape(4, 3, 6, 4, 1).sum(axis=(1, 3))
    np.testing.assert_allclose(sphere.downsample(panorama, 4, 6), expected, rtol=1e-5)


def test_shrinking_to_the_same_size_changes_nothing():
    panorama = np.random.default_rng(5).random((10, 20, 3), dtype=np.float32)
    np.testing.assert_allclose(sphere.downsample(panorama, 10, 20), panorama, rtol=1e-6)


@pytest.mark.parametrize("columns", [3, 12, -6])
def test_turning_commutes_with_shrinking(columns):
    panorama = np.random.default_rng(6).random((20, 48, 3), dtype=np.float32)
    turned = sphere.downsample(np.roll(panorama, 3 * columns, axis=1), 7, 16)
    np.testing.assert_allclose(turned, np.roll(sphere.downsample(panorama, 7, 16), columns, axis=1), rtol=1e-5)


def test_mirroring_and_turning_over_commute_with_shrinking():
    panorama = np.random.default_rng(7).random((20, 40, 3), dtype=np.float32)
    small = sphere.downsample(panorama, 7, 12)
    np.testing.assert_allclose(sphere.downsample(panorama[:, ::-1], 7, 12), small[:, ::-1], rtol=1e-5)
    np.testing.assert_allclose(sphere.downsample(panorama[::-1], 7, 12), small[::-1], rtol=1e-5)


@pytest.mark.parametrize("size", [(11, 20), (10, 21)])
def test_shrinking_does_not_enlarge(size):
    with pytest.raises(ValueError, match="downsample"):
        sphere.downsample(np.ones((10, 20, 3), dtype=np.float32), *size)


# Enlarging


@pytest.mark.parametrize("size", [(12, 24), (25, 50), (17, 40), (64, 128)])
def test_enlarging_is_sampling_at_the_new_centres(size):
    panorama = np.random.default_rng(8).random((12, 24, 3), dtype=np.float32)
    rows, columns = sphere.directions_to_pixels(sphere.pixel_directions(*size), 12, 24)
    expected = sphere.sample_bilinear(panorama, rows, columns)
    np.testing.assert_allclose(sphere.upsample_bilinear(panorama, *size), expected, atol=1e-5)


def test_enlarging_is_pillows_away_from_the_borders():
    grey = np.random.default_rng(9).random((16, 32), dtype=np.float32)
    expected = np.asarray(Image.fromarray(grey).resize((128, 64), Image.Resampling.BILINEAR))
    result = sphere.upsample_bilinear(grey, 64, 128)
    np.testing.assert_allclose(result[4:-4, 4:-4], expected[4:-4, 4:-4], atol=1e-5)


def test_enlarging_a_smooth_function():
    """Linear in the direction, so its exact value is known at the new centres, poles and seam included."""
    gradient = np.array([[0.3], [-0.7], [0.9]])
    small = (sphere.pixel_directions(64, 128) @ gradient).astype(np.float32)
    expected = sphere.pixel_directions(256, 512) @ gradient
    bound = 2 * (np.pi / 64) ** 2 / 8 * np.abs(gradient).sum()
    np.testing.assert_allclose(sphere.upsample_bilinear(small, 256, 512), expected, atol=bound)


@pytest.mark.parametrize("columns", [1, 5, 12])
def test_turning_commutes_with_enlarging(columns):
    panorama = np.random.default_rng(10).random((12, 24, 2), dtype=np.float32)
    turned = sphere.upsample_bilinear(np.roll(panorama, columns, axis=1), 36, 72)
    large = sphere.upsample_bilinear(panorama, 36, 72)
    np.testing.assert_allclose(turned, np.roll(large, 3 * columns, axis=1), atol=1e-6)
