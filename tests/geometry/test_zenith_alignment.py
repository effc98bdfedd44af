"""Panoramas tilted for the network because their light is at the zenith."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry import sphere
from lanet_core.geometry.zenith_alignment import (
    ZENITH_TILT_RAD,
    gathered_at_zenith,
    has_light_at_zenith,
    tilted,
    tilted_back,
    tilted_inputs,
    tilted_maximum,
)


def spot(elevation_deg: float, height: int = 64, radius_deg: float = 6.0) -> np.ndarray:
    """A white disc, (H, 2H, 1), in the azimuth of the middle."""
    elevation = np.radians(elevation_deg)
    directions = sphere.pixel_directions(height, 2 * height)
    cosines = directions @ np.array([np.cos(elevation), 0.0, np.sin(elevation)])
    return (cosines > np.cos(np.radians(radius_deg)))[..., None].astype(np.float32)


def centre(panorama: np.ndarray) -> np.ndarray:
    height, width = panorama.shape[:2]
    weights = panorama[..., 0] * sphere.pixel_solid_angles_sr(height, width)[:, None]
    mean = np.einsum("hw,hwd->d", weights, sphere.pixel_directions(height, width))
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize(("elevation_deg", "expected"), [(90.0, True), (80.0, True), (60.0, False), (-90.0, False)])
def test_where_the_light_is(elevation_deg, expected):
    assert has_light_at_zenith(spot(elevation_deg)[..., 0]) is expected


def test_a_lamp_at_the_zenith_among_larger_windows_is_not_tilted():
    assert not has_light_at_zenith((spot(90.0) + spot(20.0, radius_deg=12.0))[..., 0])


def test_nothing_overexposed():
    assert not has_light_at_zenith(np.zeros((32, 64), dtype=np.float32))


def test_the_zenith_moves_to_the_middle_and_back():
    panorama = spot(90.0)
    moved = tilted(panorama, ZENITH_TILT_RAD)
    elevation = np.pi / 2.0 - ZENITH_TILT_RAD
    np.testing.assert_allclose(centre(moved), [np.cos(elevation), 0.0, np.sin(elevation)], atol=0.01)
    np.testing.assert_allclose(sphere.sphere_mean(moved), sphere.sphere_mean(panorama), rtol=0.05)
    back = tilted(moved, -ZENITH_TILT_RAD)
    np.testing.assert_allclose(centre(back), [0.0, 0.0, 1.0], atol=0.01)
    assert np.abs(back - panorama).mean() < 0.02


def test_the_maximum_of_a_small_light_is_kept():
    panorama = np.zeros((64, 128, 1), dtype=np.float32)
    panorama[0, 3:35] = 1.0
    assert tilted_maximum(panorama, ZENITH_TILT_RAD).max() == 1.0
    assert tilted(panorama, ZENITH_TILT_RAD).mean() < tilted_maximum(panorama, ZENITH_TILT_RAD).mean()


def test_the_network_sees_the_zenith_in_the_middle_and_its_light_returns():
    overexposure = np.repeat(spot(90.0, radius_deg=9.0), 2, axis=-1)
    image, seen = tilted_inputs(np.repeat(overexposure[..., :1], 3, axis=-1), overexposure)
    elevation = np.pi / 2.0 - ZENITH_TILT_RAD
    for each in (image, seen[..., :1], seen[..., 1:]):
        np.testing.assert_allclose(centre(each), [np.cos(elevation), 0.0, np.sin(elevation)], atol=0.01)
    assert set(np.unique(seen[..., 1])) == {0.0, 1.0}
    assert (seen[..., 0] <= seen[..., 1]).all()
    back = tilted_back(sphere.downsample(7.0 * image, 32, 64), overexposure[..., 0])
    np.testing.assert_allclose(centre(back), [0.0, 0.0, 1.0], atol=0.01)
    np.testing.assert_allclose(sphere.sphere_mean(back), 7.0 * sphere.sphere_mean(image), rtol=0.05)
    share = sphere.downsample(overexposure[..., 0], 32, 64)
    is_high = sphere.zenith_angles_rad(32) < np.radians(15.0)
    ratio = back[is_high][share[is_high] > 0.0] / share[is_high][share[is_high] > 0.0][:, None]
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-5)


def test_light_at_the_zenith_goes_to_what_is_overexposed_there():
    share = np.zeros((16, 32), dtype=np.float32)
    share[0, 4], share[9, 2] = 0.5, 1.0
    light = np.zeros((16, 32, 3), dtype=np.float32)
    light[0, 20], light[9, 2] = (40.0, 20.0, 10.0), 3.0
    gathered = gathered_at_zenith(light, share)
    np.testing.assert_allclose(gathered[0, 4], light[0, 20], rtol=1e-6)
    assert np.count_nonzero(gathered[0]) == 3
    np.testing.assert_array_equal(gathered[1:], light[1:])
