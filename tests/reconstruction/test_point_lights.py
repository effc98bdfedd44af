"""Suns and bare lamps become discs of the sun's size, with an aureole; windows and even lamps keep their shape."""

from __future__ import annotations

import numpy as np
import pytest
from light_scenes import Disc, Scene, angles_deg, energy_of

from lanet_core.geometry import sphere
from lanet_core.reconstruction.panorama import reconstruct
from lanet_core.reconstruction.point_lights import SUN_RADIUS_RAD, PointLight


def reconstructed(scene: Scene, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The image, the result, and the angles to the first light."""
    ldr = scene.image(height)
    angles = angles_deg(sphere.pixel_directions(height, 2 * height), scene.lights[0].axis)
    return ldr, reconstruct(ldr, *scene.grids()), angles


def energy_within(added: np.ndarray, inside: np.ndarray) -> np.ndarray:
    return energy_of(added * inside[..., None])


@pytest.mark.parametrize("place", [(40.0, 35.0), (179.9, 20.0), (10.0, 89.5), (-100.0, -60.0)], ids=str)
@pytest.mark.parametrize("height", [256, 1024])
def test_a_sun_in_its_glare_is_a_disc_near_its_place_with_its_energy(place, height):
    sun = Disc(*place, energy=(2.0, 1.6, 1.2), glare=20.0)
    ldr, hdr, angles = reconstructed(Scene((sun,), sky=0.3), height)
    assert (ldr == 1.0).all(axis=-1).sum() * np.pi / height > 4.0 * np.radians(4.0)  # the image shows no disc
    added = hdr - ldr
    bright = added.mean(axis=-1) > 0.3 * added.max()
    assert angles[bright].max() < 1.5 + 180.0 / height
    np.testing.assert_allclose(energy_within(added, angles < 2.0), sun.energy, rtol=0.15)
    area = (bright * sphere.pixel_solid_angles_sr(height, 2 * height)[:, None]).sum()
    if height == 1024:
        assert area == pytest.approx(sun.solid_angle_sr, rel=0.35)


@pytest.mark.parametrize("height", [256, 512, 1024])
def test_a_sun_without_glare_is_its_own_pixels(height):
    sun = Disc(40.0, 45.0, energy=(3.0, 2.7, 2.4))
    ldr, hdr, angles = reconstructed(Scene((sun,)), height)
    added = hdr - ldr
    lit = added.max(axis=-1) > 0.0
    np.testing.assert_array_equal(lit, (ldr > 0.97).any(axis=-1))
    assert angles[lit].max() < 0.3 + 180.0 / height
    np.testing.assert_allclose(energy_of(added), sun.energy, rtol=0.01)
    white = (ldr == 1.0).all(axis=-1)
    assert (added[white].max(axis=0) < 1.15 * added[white].min(axis=0)).all()  # uniform radiance


@pytest.mark.parametrize("elevation_deg", [3.0, 30.0])
def test_radiance_falls_off_from_the_disc_to_the_edge_of_the_glare(elevation_deg):
    height = 512
    scene = Scene((Disc(40.0, elevation_deg, energy=(2.0, 2.0, 2.0), glare=40.0),), sky=0.4)
    ldr, hdr, angles = reconstructed(scene, height)
    added = (hdr - ldr).mean(axis=-1)
    above = sphere.pixel_directions(height, 2 * height)[..., 2] > 0.0
    inside = (ldr == 1.0).all(axis=-1) & above
    edge = angles[inside].max()
    rings = np.arange(2.0, edge, 0.5)
    profile = np.array([added[(angles >= r) & (angles < r + 0.5) & above].mean() for r in rings])
    assert (np.diff(profile) < 0.0).all()
    # No rim and no dome: little is added at the edge, and most of the fall-off is near the disc.
    assert profile[-1] < 0.3
    assert profile[0] > 4.0 * profile[len(profile) // 2]
    smooth = inside & (angles > 3.0)
    steps = np.abs(np.diff(np.log2(hdr.mean(axis=-1)), axis=1))[smooth[:, 1:] & smooth[:, :-1]]
    assert steps.max() < 0.4
    boundary = ~inside & above & (added > 0.0)
    assert added[boundary].max() < 0.3


def test_diffuse_radiance_that_a_network_predicts_flat_falls_off_too():
    scene = Scene((Disc(40.0, 30.0, energy=(2.0, 2.0, 2.0), glare=40.0),), sky=0.4)
    ldr = scene.image(512)
    share = sphere.downsample((ldr == 1.0).all(axis=-1).astype(np.float32), 64, 128)[..., None]
    diffuse, concentrated = share * np.full(3, 3.0, dtype=np.float32), scene.grids()[1]
    hdr = reconstruct(ldr, diffuse, concentrated)
    angles = angles_deg(sphere.pixel_directions(512, 1024), scene.lights[0].axis)
    added = (hdr - ldr).mean(axis=-1)
    edge = angles[(ldr == 1.0).all(axis=-1)].max()
    profile = [added[(angles >= r) & (angles < r + 0.5)].mean() for r in np.arange(2.0, edge, 0.5)]
    assert (np.diff(profile) < 0.0).all()
    assert profile[-1] < 0.6
    np.testing.assert_allclose(energy_of(hdr - ldr), energy_of(diffuse + concentrated), rtol=0.01)


@pytest.mark.parametrize("diameter_deg", [1.5, 3.0, 6.0, 20.0])
def test_a_lamp_that_fills_its_blob_keeps_its_shape(diameter_deg):
    solid_angle = 2.0 * np.pi * (1.0 - np.cos(np.radians(diameter_deg / 2.0)))
    lamp = Disc(20.0, 11.0, diameter_deg, tuple(100.0 * solid_angle * np.ones(3)))
    ldr, hdr, angles = reconstructed(Scene((lamp,), sky=0.1), 512)
    lit = (ldr == 1.0).all(axis=-1)
    # Pixels that the lamp covers in part are white, too: its energy is that of the prediction.
    lit_sr = (lit * sphere.pixel_solid_angles_sr(512, 1024)[:, None]).sum()
    np.testing.assert_allclose((hdr - ldr)[lit], lamp.energy[0] / lit_sr, rtol=0.2)
    assert angles[(hdr > ldr).any(axis=-1)].max() < diameter_deg / 2.0 + 0.5


def test_a_cloud_next_to_the_sun_is_no_lamp():
    sun = Disc(40.0, 35.0, energy=(5.0, 5.0, 5.0), glare=15.0)
    cloud = Disc(62.0, 35.0, 10.0, (0.0239, 0.0239, 0.0239), False)  # white
    scene = Scene((sun, cloud), sky=0.5)
    ldr, hdr, _ = reconstructed(scene, 512)
    in_cloud = angles_deg(sphere.pixel_directions(512, 1024), cloud.axis) < 4.5
    assert (ldr[in_cloud] == 1.0).all()
    assert 0.8 < (hdr - ldr)[in_cloud].mean() < 1.2
    assert (hdr - ldr)[in_cloud].max() < 1.5


def test_several_lamps_in_one_glow_are_several_discs():
    one, other = (Disc(azimuth, 10.0, 0.4, (1.0, 0.8, 0.5), glare=12.0) for azimuth in (40.0, 56.0))
    scene = Scene((one, other), sky=0.7)
    ldr, hdr, angles = reconstructed(scene, 512)
    np.testing.assert_allclose(energy_within(hdr - ldr, angles < 2.0), one.energy, rtol=0.25)
    angles = angles_deg(sphere.pixel_directions(512, 1024), other.axis)
    np.testing.assert_allclose(energy_within(hdr - ldr, angles < 2.0), other.energy, rtol=0.25)


@pytest.mark.parametrize("direction", [(1.0, 0.3, 0.5), (-1.0, 1e-4, 0.1), (1e-4, 0.0, 1.0)], ids=str)
def test_blocks_of_a_disc_are_the_whole_disc(direction):
    axis = np.array(direction) / np.linalg.norm(direction)
    light = PointLight(axis, np.ones(3), 1)
    size = (512, 1024)
    whole = light.coverage(size, slice(0, 512), slice(0, 1024))
    parts = np.zeros(size, dtype=np.float32)
    for rows in (slice(0, 100), slice(100, 101), slice(101, 512)):
        for columns in (slice(0, 300), slice(300, 1024)):
            reached = light.rows(512, rows)
            parts[reached, columns] = light.coverage(size, reached, columns)
    np.testing.assert_array_equal(parts, whole)
    solid_angle = (whole * sphere.pixel_solid_angles_sr(*size)[:, None]).sum()
    assert solid_angle == pytest.approx(np.pi * SUN_RADIUS_RAD**2, rel=0.35)
