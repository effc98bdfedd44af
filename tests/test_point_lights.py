"""Point lights: a sun amid white becomes a disc of the sun's size with all its energy; windows and lamps stay."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core import sphere
from lanet_core.point_lights import SUN_RADIUS_RAD, separate_point_lights
from lanet_core.reconstruction import reconstruct

HEIGHT = 64


def angle_rad(directions: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return np.arctan2(np.linalg.norm(np.cross(directions, axis), axis=-1), directions @ axis)


def axis_of(azimuth_deg: float, elevation_deg: float) -> np.ndarray:
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def light_sum(panorama: np.ndarray) -> np.ndarray:
    return np.einsum("h,hwc->c", sphere.pixel_solid_angles_sr(*panorama.shape[:2]), panorama.astype(np.float64))


def seen_by_the_network(truth: np.ndarray) -> np.ndarray:
    return sphere.downsample(truth.astype(np.float32), HEIGHT, 2 * HEIGHT)


def sun_in_glare(height: int, axis: np.ndarray) -> np.ndarray:
    """A sky that is white all around a sun of 2.4°, with glare: (height, 2 height, 3) float32."""
    angle = np.degrees(angle_rad(sphere.pixel_directions(height, 2 * height), axis))[..., None]
    glare = 0.2 + 30.0 * np.exp(-angle / 8.0)
    return np.where(angle < 1.2, np.array([9000.0, 8000.0, 7000.0]), glare * np.ones(3)).astype(np.float32)


@pytest.mark.parametrize("place", [(40.0, 35.0), (179.9, 20.0), (10.0, 88.0), (-100.0, -60.0)], ids=str)
@pytest.mark.parametrize("height", [256, 512])
def test_a_sun_in_its_glare_is_a_disc_where_it_was_with_its_energy(place, height):
    axis = axis_of(*place)
    truth = sun_in_glare(height, axis)
    small = seen_by_the_network(truth)
    hdr = reconstruct(np.minimum(truth, 1.0), np.log(small))
    np.testing.assert_allclose(light_sum(hdr), light_sum(truth), rtol=0.005)
    bright = hdr.mean(axis=-1) > 0.5 * hdr.max()
    directions = sphere.pixel_directions(height, 2 * height)
    assert angle_rad(directions, axis)[bright].max() < np.pi / HEIGHT
    light = hdr.mean(axis=-1) * bright * sphere.pixel_solid_angles_sr(height, 2 * height)[:, None]
    assert angle_rad(np.einsum("hw,hwc->c", light, directions), axis) < 0.2 * np.pi / HEIGHT
    # The gain enlarged bilinearly spreads the same energy over several times the area.
    blob = sphere.upsample_bilinear(small, height, 2 * height).mean(axis=-1)
    assert 2.0 * bright.sum() < (blob > 0.5 * blob.max()).sum()


def test_the_disc_is_as_small_as_the_sun_and_no_smaller():
    light = np.full((HEIGHT, 2 * HEIGHT, 3), 2.0, dtype=np.float32)
    light[20, 30] = (5000.0, 4000.0, 3000.0)
    rest, points = separate_point_lights(light, np.ones(light.shape[:2], dtype=np.float32), (1024, 2048))
    (point,) = points
    assert point.radius_rad == SUN_RADIUS_RAD
    middle = sphere.pixel_directions(HEIGHT, 2 * HEIGHT)[20, 30]
    assert angle_rad(point.direction, middle) < 0.02 * np.pi / HEIGHT
    disc = np.zeros((1024, 2048, 3), dtype=np.float32)
    for rows in (slice(0, 300), slice(300, 340), slice(340, 1024)):
        point.add_to(disc[rows], (1024, 2048), rows, slice(0, 2048))
    np.testing.assert_allclose(light_sum(disc) + light_sum(rest), light_sum(light), rtol=1e-5)
    assert rest.max() < 10.0


@pytest.mark.parametrize("peak", [(20, 0), (0, 7), (63, 127)], ids=str)
def test_the_disc_is_whole_across_the_seam_and_at_the_poles(peak):
    light = np.full((HEIGHT, 2 * HEIGHT, 3), 2.0, dtype=np.float32)
    light[peak] = 5000.0
    rest, points = separate_point_lights(light, np.ones(light.shape[:2], dtype=np.float32), (128, 256))
    disc = np.zeros((128, 256, 3), dtype=np.float32)
    for point in points:
        point.add_to(disc, (128, 256), slice(0, 128), slice(0, 256))
    np.testing.assert_allclose(light_sum(disc) + light_sum(rest), light_sum(light), rtol=1e-5)


@pytest.mark.parametrize("radius_deg", [4.0, 12.0])
def test_a_lamp_that_fills_its_clipped_shape_is_left_to_it(radius_deg):
    truth = np.full((256, 512, 3), 0.2, dtype=np.float32)
    truth[angle_rad(sphere.pixel_directions(256, 512), axis_of(20.0, 10.0)) < np.radians(radius_deg)] = 300.0
    small = seen_by_the_network(truth)
    weight = seen_by_the_network((truth > 1.0).astype(np.float32))[..., 0]
    rest, points = separate_point_lights(small, weight, (256, 512))
    assert points == []
    np.testing.assert_array_equal(rest, small)
    lit = truth[..., 0] > 1.0
    hdr = reconstruct(np.minimum(truth, 1.0), np.log(small))
    np.testing.assert_allclose(hdr[lit], 300.0, rtol=0.01)


def test_a_sky_s_grain_is_no_point_light():
    rng = np.random.default_rng(0)
    light = np.exp(rng.normal(1.0, 0.4, (HEIGHT, 2 * HEIGHT, 3))).astype(np.float32)
    assert separate_point_lights(light, np.ones(light.shape[:2], dtype=np.float32), (256, 512))[1] == []
