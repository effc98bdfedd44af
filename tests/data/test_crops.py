"""Perspective crops against geometry: analytic panoramas, great circles, known directions, dense supersampling."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lanet_core.data import crops, torch_crops
from lanet_core.geometry import sphere
from lanet_core.training.tasks import CropTask

VIEWS = [
    (0.0, 0.0, 1.2),
    (np.pi, 0.0, 1.5),  # across the seam
    (-2.4, 0.6, 0.9),
    (1.1, np.pi / 2.0, 1.7),  # straight up
    (0.3, -1.2, 1.0),
]


def _rotate(azimuth_rad: float, elevation_rad: float) -> np.ndarray:
    """Return the camera's axes as columns: +x turned up about the y axis, then round about the z axis."""
    about_y = np.array(
        [
            [np.cos(elevation_rad), 0.0, -np.sin(elevation_rad)],
            [0.0, 1.0, 0.0],
            [np.sin(elevation_rad), 0.0, np.cos(elevation_rad)],
        ]
    )
    about_z = np.array(
        [
            [np.cos(azimuth_rad), -np.sin(azimuth_rad), 0.0],
            [np.sin(azimuth_rad), np.cos(azimuth_rad), 0.0],
            [0.0, 0.0, 1.0],
        ]
    )
    return about_z @ about_y


def _expected_directions(view: tuple[float, float, float], height: int, width: int) -> np.ndarray:
    """Return unit directions of a pinhole camera whose focal length, in pixels, is W / (2 tan(fov / 2))."""
    azimuth_rad, elevation_rad, fov_rad = view
    focal_px = width / (2.0 * np.tan(fov_rad / 2.0))
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    camera = np.stack([np.full_like(rows, focal_px), width / 2.0 - columns, height / 2.0 - rows], axis=-1)
    camera /= np.linalg.norm(camera, axis=-1, keepdims=True)
    return camera @ _rotate(azimuth_rad, elevation_rad).T


@pytest.mark.parametrize("view", VIEWS)
def test_directions_are_those_of_a_pinhole_camera(view):
    view = crops.View(*view)
    directions = crops.view_directions(view, *crops.pixel_centres(view, 30, 40)[:2])
    directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    np.testing.assert_allclose(directions, _expected_directions(view, 30, 40), atol=1e-12)


@pytest.mark.parametrize("view", VIEWS)
def test_a_panorama_linear_in_the_direction(view):
    """L = c + a·ω has a closed form at every pixel; what remains is the error of bilinear interpolation."""
    gradient = np.array([[0.5, -0.3, 0.2], [0.1, 0.8, -0.4], [-0.6, 0.2, 0.9]])
    panorama = (2.0 + sphere.pixel_directions(256, 512) @ gradient).astype(np.float32)
    crop = crops.perspective_crop(panorama, *view, 96, 128)
    assert crop.dtype == np.float32
    expected = 2.0 + _expected_directions(view, 96, 128) @ gradient
    np.testing.assert_allclose(crop, expected, rtol=0, atol=2e-4)


@settings(deadline=None, max_examples=15)
@given(
    azimuth_rad=st.floats(-np.pi, np.pi),
    elevation_rad=st.floats(-1.5, 1.5),
    fov_rad=st.floats(0.5, 1.8),
    roll_rad=st.floats(-1.5, 1.5),
    offset=st.floats(-0.3, 0.3),
)
def test_great_circles_are_straight_lines(azimuth_rad, elevation_rad, fov_rad, roll_rad, offset):
    """Half a sphere of light, cut by a plane through the centre: its edge in the image is a straight line."""
    axes = _rotate(azimuth_rad, elevation_rad)
    normal = axes @ np.array([offset, np.sin(roll_rad), np.cos(roll_rad)])
    panorama = (sphere.pixel_directions(512, 1024) @ normal > 0).astype(np.float32)[..., None]
    height, width = 60, 80
    crop = crops.perspective_crop(panorama, azimuth_rad, elevation_rad, fov_rad, height, width)[..., 0]
    focal_px = width / (2.0 * np.tan(fov_rad / 2.0))
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    left, up = width / 2.0 - columns, height / 2.0 - rows
    distance_px = left * np.sin(roll_rad) + up * np.cos(roll_rad) + offset * focal_px
    # A panorama's pixel is π/512 wide: seen obliquely, at the corners, it covers more of the plane.
    blur_px = 1.0 + 1.5 * np.pi / 512 * focal_px * (1.0 + (left**2 + up**2) / focal_px**2)
    np.testing.assert_allclose(crop[distance_px > blur_px], 1.0, atol=1e-6)
    np.testing.assert_allclose(crop[distance_px < -blur_px], 0.0, atol=1e-6)


@pytest.mark.parametrize("azimuth_rad", [0.0, 2.0, np.pi])
def test_left_is_towards_larger_azimuth_and_up_is_up(azimuth_rad):
    panorama = np.zeros((180, 360, 1), dtype=np.float32)
    lamp = np.array([np.cos(azimuth_rad + 0.2), np.sin(azimuth_rad + 0.2), np.tan(0.1)])
    row, column = sphere.directions_to_pixels(lamp, 180, 360)
    panorama[round(float(row)), round(float(column)) % 360] = 1.0
    crop = crops.perspective_crop(panorama, azimuth_rad, 0.0, 1.0, 120, 160)[..., 0]
    found = np.array(np.unravel_index(crop.argmax(), crop.shape)) + 0.5
    focal_px = 160 / (2.0 * np.tan(0.5))
    expected = (60.0 - focal_px * np.tan(0.1) / np.cos(0.2), 80.0 - focal_px * np.tan(0.2))
    np.testing.assert_allclose(found, expected, atol=2.0)


def test_the_field_of_view_ends_at_the_edges_of_the_outer_pixels():
    """With a panorama that is its own azimuth, the outer pixels are half a pixel inside ±fov/2."""
    view = crops.View(0.0, 0.0, 1.4)
    directions = crops.view_directions(view, *crops.pixel_centres(view, 3, 200)[:2])[1]
    azimuths = np.arctan2(directions[:, 1], directions[:, 0])
    assert azimuths[0] == pytest.approx(np.arctan(np.tan(0.7) * 199 / 200), abs=1e-12)
    assert azimuths[-1] == pytest.approx(-azimuths[0], abs=1e-12)


@pytest.mark.parametrize("view", [VIEWS[0], VIEWS[2]])
def test_minification_is_antialiased(view):
    """A small image of fine noise is the mean over each pixel, found here with 24×24 samples of a big image."""
    panorama = np.random.default_rng(1).random((512, 1024, 1), dtype=np.float32)
    small = crops.perspective_crop(panorama, *view, 18, 24)
    big = crops.perspective_crop(panorama, *view, 18 * 24, 24 * 24)
    expected = big.reshape(18, 24, 24, 24, 1).mean(axis=(1, 3))
    np.testing.assert_allclose(small, expected, rtol=0, atol=0.03)
    assert expected.std() < 0.1 < panorama.std()


def test_a_sun_of_one_pixel_keeps_its_light():
    """However small the image, a lone lamp's mean over it stays what it is in a large one."""
    panorama = np.zeros((256, 512, 1), dtype=np.float32)
    panorama[126, 250] = 1.0
    large = crops.perspective_crop(panorama, 0.0, 0.0, 1.0, 600, 800).mean()
    for width in (40, 100, 200):
        small = crops.perspective_crop(panorama, 0.0, 0.0, 1.0, width * 3 // 4, width).mean()
        assert small == pytest.approx(large, rel=0.1)


def test_the_papers_views():
    views = crops.paper_crops(is_outdoor=False)
    assert len(views) == 9
    level = [view for view in views if view.elevation_rad == 0.0]
    raised = [view for view in views if view.elevation_rad == pytest.approx(np.pi / 4)]
    assert (len(level), len(raised)) == (6, 3)
    np.testing.assert_allclose(np.diff(sorted(np.degrees(view.azimuth_rad) for view in level)), 60.0)
    np.testing.assert_allclose(np.diff(sorted(np.degrees(view.azimuth_rad) for view in raised)), 120.0)
    assert crops.paper_crops(is_outdoor=True) == level
    assert all(view.horizontal_fov_rad > np.pi / 3 for view in level)  # no gap between neighbours


def test_random_views_are_as_documented():
    rng = np.random.default_rng(5)
    azimuth, elevation, fov = np.degrees(np.array([crops.draw_view(rng) for _ in range(4000)])).T
    for values, low, high in ((azimuth, -180, 180), (elevation, -25, 50), (fov, 50, 100)):
        assert low <= values.min() < low + 0.01 * (high - low)
        assert high - 0.01 * (high - low) < values.max() <= high
        assert values.mean() == pytest.approx((low + high) / 2, abs=0.03 * (high - low))


def test_random_crops_follow_the_generator():
    panorama = torch.from_numpy(np.random.default_rng(2).random((3, 64, 128), dtype=np.float32))
    task = CropTask(32)
    (first, is_panorama), (again, _), (other, _) = (task.draw(panorama, np.random.default_rng(s)) for s in (1, 1, 2))
    assert first.shape == (3, 32, 32)
    assert not is_panorama
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert float((first - other).abs().max()) > 0.1


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("size", [(48, 64), (6, 8)])
def test_views_in_torch_are_those_of_numpy(view, size):
    panorama = np.random.default_rng(3).lognormal(size=(64, 128, 3)).astype(np.float32)
    expected = crops.perspective_crop(panorama, *view, *size)
    result = torch_crops.perspective_crop(torch.from_numpy(np.moveaxis(panorama, -1, 0)), crops.View(*view), *size)
    np.testing.assert_allclose(np.moveaxis(result.numpy(), 0, -1), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("fov_rad", [0.0, -1.0, np.pi, 4.0])
def test_impossible_fields_of_view(fov_rad):
    with pytest.raises(ValueError, match="field of view"):
        crops.perspective_crop(np.ones((8, 16, 3), dtype=np.float32), 0.0, 0.0, fov_rad, 4, 4)
