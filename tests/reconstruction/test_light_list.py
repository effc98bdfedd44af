"""Concentrated lights, against discs of known energy, and the diffuse irradiance of what they are taken from."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.colour import luminance
from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import diffuse_irradiance
from lanet_core.reconstruction.light_list import MAXIMUM_LIGHTS, cell_size, find_lights, without_lights

SKY = np.array([0.2, 0.3, 0.5], np.float32)


def unit(elevation_deg: float, azimuth_deg: float) -> np.ndarray:
    elevation, azimuth = np.radians([elevation_deg, azimuth_deg])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def with_disc(hdr: np.ndarray, direction: np.ndarray, radius_deg: float, radiance: np.ndarray) -> np.ndarray:
    """Return a panorama with a disc, its edge anti-aliased over a pixel."""
    height, width = hdr.shape[:2]
    angle = np.arccos(np.clip(sphere.pixel_directions(height, width) @ direction, -1.0, 1.0))
    share = np.clip((np.radians(radius_deg) - angle) / (np.pi / height) + 0.5, 0.0, 1.0)[..., None]
    return (hdr * (1.0 - share) + radiance * share).astype(np.float32)


def energy_of(hdr: np.ndarray) -> np.ndarray:
    return 4.0 * np.pi * sphere.sphere_mean(hdr)


def sky(height: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    return (SKY * rng.uniform(0.8, 1.2, (height, 2 * height, 1))).astype(np.float32)


@pytest.mark.parametrize("height", [128, 512, 1024, 750])
@pytest.mark.parametrize("elevation_deg", [5.0, 45.0, 88.0, -30.0])
def test_a_disc_is_found_where_and_as_large_as_it_is(height, elevation_deg):
    direction, colour = unit(elevation_deg, 179.9), np.array([400.0, 300.0, 200.0])
    plain = sky(height)
    hdr = with_disc(plain, direction, 2.0, colour)
    (light,) = find_lights(hdr)
    pixel_deg = 180.0 / height
    assert np.degrees(np.arccos(min(1.0, light.direction @ direction))) < 0.3 * pixel_deg
    assert np.degrees(light.radius_rad) == pytest.approx(2.0, abs=0.25 * pixel_deg)
    added = energy_of(hdr) - energy_of(plain)
    np.testing.assert_allclose(light.energy, added, rtol=0.01)
    assert light.share == pytest.approx(luminance(added) / luminance(energy_of(hdr)), rel=0.01)
    rest = without_lights(hdr, [light])
    assert rest.max() < 1.0 and (rest <= hdr).all()
    untouched = rest == hdr
    assert 1.0 - sphere.sphere_mean(untouched.all(axis=-1)) < 0.006, "little more than the disc changes"


@pytest.mark.parametrize("radius_deg", [0.27, 1.0, 5.0, 12.0])
def test_light_and_rest_add_up_to_the_panorama(radius_deg):
    hdr = with_disc(sky(512), unit(40.0, 20.0), radius_deg, np.array([3e4, 2e4, 1e4]) / radius_deg**2)
    lights = find_lights(hdr)
    rest = without_lights(hdr, lights)
    np.testing.assert_allclose(energy_of(rest) + sum(light.energy for light in lights), energy_of(hdr), rtol=1e-5)
    normals = sphere.pixel_directions(32, 64)
    # Irradiance divided by π, as diffuse_irradiance gives it for a panorama of 1.
    scale = diffuse_irradiance(np.ones((64, 128, 3), np.float32)).mean() / np.pi
    lamps = sum(np.maximum(normals @ light.direction, 0.0)[..., None] * light.energy * scale for light in lights)
    truth = diffuse_irradiance(sphere.downsample(hdr, 128, 256))
    together = diffuse_irradiance(sphere.downsample(rest, 128, 256)) + lamps
    assert np.abs(together - truth).max() < 0.02 * truth.max()


def test_several_lights_are_found_in_the_order_of_their_energy():
    hdr = sky(256)
    lights = [(unit(10.0 * n - 30.0, 45.0 * n), 100.0 * (n + 1)) for n in range(8)]
    for direction, radiance in lights:
        hdr = with_disc(hdr, direction, 1.5, np.full(3, radiance))
    found = find_lights(hdr)
    assert len(found) == 8
    for (direction, _), light in zip(reversed(lights), found, strict=True):
        assert np.degrees(np.arccos(min(1.0, light.direction @ direction))) < 0.3
    assert len(find_lights(hdr, most=3)) == 3
    few = without_lights(hdr, found[:2])
    assert [round(light.share, 3) for light in find_lights(few)] != []
    assert len(find_lights(few)) == 6


def test_no_more_than_eight_are_found():
    hdr = sky(256)
    for n in range(12):
        hdr = with_disc(hdr, unit(0.0, 30.0 * n), 1.0, np.full(3, 100.0))
    assert len(find_lights(hdr)) == MAXIMUM_LIGHTS


def test_the_aureole_of_a_sun_is_no_further_light():
    height = 512
    angle = np.arccos(np.clip(sphere.pixel_directions(height, 2 * height) @ unit(30.0, 0.0), -1.0, 1.0))
    aureole = 30.0 / (1.0 + (np.degrees(angle) / 1.5) ** 2)
    hdr = with_disc(sky(height) + aureole[..., None].astype(np.float32), unit(30.0, 0.0), 0.5, np.full(3, 2e4))
    (light,) = find_lights(hdr)
    assert np.degrees(light.radius_rad) < 0.8
    assert without_lights(hdr, [light]).max() > 10.0, "the aureole stays"


@pytest.mark.parametrize("kind", ["black", "even", "overcast", "bright half"])
def test_there_are_none_where_no_light_is_concentrated(kind):
    hdr = np.zeros((128, 256, 3), np.float32)
    if kind == "even":
        hdr += 1.0
    elif kind == "overcast":
        hdr += (1.0 + 2.0 * np.clip(sphere.pixel_directions(128, 256)[..., 2:], 0.0, 1.0)).astype(np.float32)
    elif kind == "bright half":
        hdr[:64] = 50.0
    assert find_lights(hdr) == []
    np.testing.assert_array_equal(without_lights(hdr, []), hdr)


def test_it_turns_with_the_panorama():
    hdr = with_disc(sky(256), unit(20.0, 10.0), 2.0, np.full(3, 500.0))
    (light,) = find_lights(hdr)
    (turned,) = find_lights(np.roll(hdr, 256, axis=1))
    np.testing.assert_allclose(turned.energy, light.energy, rtol=1e-6)
    np.testing.assert_allclose(turned.direction * [-1.0, -1.0, 1.0], light.direction, atol=1e-6)


@pytest.mark.parametrize("size", [(32, 64), (256, 512), (1024, 2048), (301, 602)])
def test_cells_cover_a_panorama(size):
    rows, columns = cell_size(*size)
    assert rows <= size[0] and columns <= size[1]
