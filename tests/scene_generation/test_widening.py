"""Lights too small to be seen are made larger, and give the same light."""

from __future__ import annotations

import dataclasses
import math

import pytest

from scene_generation.description import DaySky, NightSky, PanoramaDescription, Solid, SurfaceMaterial
from scene_generation.kinds import KINDS, scene_of
from scene_generation.widening import widened

HEIGHT = 64
LEAST_RAD = 1.5 * math.pi / HEIGHT
LAMP = SurfaceMaterial(emission=(100.0, 50.0, 25.0))


def alone(solid, camera=(0.0, 0.0, 0.0)):
    return PanoramaDescription(camera, NightSky(), [solid])


def widened_solid(solid):
    return widened(alone(solid), HEIGHT).solids[0]


def test_what_does_not_shine_or_is_large_enough_stays():
    stone = Solid("sphere", (50.0, 0.0, 0.0), (0.1, 0.1, 0.1), SurfaceMaterial())
    near = Solid("sphere", (1.0, 0.0, 0.0), (0.1, 0.1, 0.1), LAMP)
    assert widened_solid(stone) == stone
    assert widened_solid(near) == near


def test_a_far_globe_keeps_its_flux():
    """A sphere's flux is proportional to its radiance times its diameter squared."""
    globe = Solid("sphere", (30.0, 40.0, 0.0), (0.2, 0.2, 0.2), LAMP)
    large = widened_solid(globe)
    diameter = 50.0 * LEAST_RAD
    assert large.size == pytest.approx((diameter,) * 3)
    assert large.surface.emission == pytest.approx([each * (0.2 / diameter) ** 2 for each in LAMP.emission])
    assert large.centre == globe.centre


def test_a_far_strip_is_widened_across_and_keeps_its_flux():
    """A flat lamp's flux is proportional to its radiance times its area; its thickness does not matter."""
    strip = Solid("box", (0.0, 0.0, 20.0), (4.0, 0.1, 0.01), LAMP)
    large = widened_solid(strip)
    width = 20.0 * LEAST_RAD
    assert large.size == pytest.approx((4.0, width, 0.01))
    assert large.surface.emission == pytest.approx([each * 0.1 / width for each in LAMP.emission])


@pytest.mark.parametrize(
    ("elevation_deg", "diameter_deg"),
    [(40.0, math.degrees(LEAST_RAD)), (1.5, 3.0), (0.2, 0.545)],
    ids=["high", "the horizon is near", "it sets"],
)
def test_the_sun_is_widened_as_far_as_the_horizon_lets_it(elevation_deg, diameter_deg):
    sky = DaySky(math.radians(elevation_deg), 0.3)
    description = dataclasses.replace(alone(Solid("box", (1.0, 0.0, 0.0), (1.0, 1.0, 1.0), SurfaceMaterial())), sky=sky)
    assert math.degrees(widened(description, HEIGHT).sky.disc_diameter_rad) == pytest.approx(diameter_deg)
    assert math.degrees(widened(description, 4096).sky.disc_diameter_rad) == pytest.approx(0.545)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_in_every_kind_of_scene_all_lamps_are_seen_and_nothing_else_changes(kind):
    seed = next(seed for seed in range(100) if scene_of(seed).kind == kind)
    before = scene_of(seed).describe()
    after = widened(before, HEIGHT)
    for old, new in zip(before.solids, after.solids, strict=True):
        if not old.surface.shines:
            assert new == old
            continue
        assert sorted(new.size)[1] >= 0.999 * LEAST_RAD * math.dist(old.centre, before.camera)
        assert dataclasses.replace(new, size=old.size, surface=old.surface) == old
    assert dataclasses.replace(after, sky=before.sky, solids=before.solids) == before
