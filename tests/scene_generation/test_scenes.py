"""What a seed stands for: the same scene always, in plain numbers, of plausible light."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from scene_generation.clouds import cloud_layer
from scene_generation.description import Clouds, DaySky, Solid, SurfaceMaterial, flat_lamp, sphere_lamp
from scene_generation.draws import blackbody
from scene_generation.kinds import KINDS, scene_of
from scene_generation.sunlight import stands_before

REC709_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def test_a_seed_gives_the_same_scene_and_another_seed_another():
    for seed in range(20):
        scene = scene_of(seed)
        assert scene == scene_of(seed)
        assert scene.describe() == scene.describe()
        assert scene.describe() != scene.kind.draw(np.random.default_rng([seed + 1, 1]))


def test_kinds_come_in_their_shares():
    count = 2000
    drawn = Counter(scene_of(seed).kind.name for seed in range(count))
    for kind in KINDS:
        spread = math.sqrt(count * kind.share * (1.0 - kind.share))
        assert abs(drawn[kind.name] - count * kind.share) < 4.0 * spread
    assert sum(kind.share for kind in KINDS) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_albedos_are_physical_and_every_solid_has_a_size(kind):
    for seed in range(25):
        for solid in kind.draw(np.random.default_rng(seed)).solids:
            colours = [solid.surface.albedo, solid.surface.albedo_2 or (0.0, 0.0, 0.0)]
            assert 0.0 <= min(map(min, colours)) <= max(map(max, colours)) <= 0.9
            assert min(solid.size) > 0.0


@pytest.mark.parametrize(
    ("temperature_k", "xy"),
    # CIE 15:2004, illuminant A, and Planckian chromaticities of Wyszecki & Stiles, table 1(3.11).
    [(2856.0, (0.4476, 0.4074)), (4000.0, (0.3805, 0.3768)), (6500.0, (0.3135, 0.3237)), (10000.0, (0.2807, 0.2884))],
)
def test_blackbodies_have_the_published_chromaticities(temperature_k, xy):
    xyz = REC709_TO_XYZ @ blackbody(temperature_k)
    assert xyz[1] == pytest.approx(1.0, abs=1e-3)
    assert xyz[:2] / xyz.sum() == pytest.approx(xy, abs=2e-3)


def test_lamps_emit_the_flux_asked_for():
    # A sphere's area is pi d^2; a Lambertian surface emits pi L per area.
    assert sphere_lamp(800.0, 0.1, (1.0, 1.0, 1.0)).emission[1] * math.pi * math.pi * 0.1**2 == pytest.approx(800.0)
    assert flat_lamp(800.0, 0.36, (1.0, 1.0, 1.0)).emission[1] * math.pi * 0.36 == pytest.approx(800.0)


def test_a_box_stands_before_what_is_behind_it():
    wall = Solid("box", (5.0, 0.0, 2.0), (1.0, 10.0, 4.0), SurfaceMaterial())
    turned = Solid("box", (0.0, 5.0, 2.0), (1.0, 10.0, 4.0), SurfaceMaterial(), yaw_rad=math.pi / 2)
    for solid, azimuth in ((wall, 0.0), (turned, math.pi / 2)):
        ahead = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
        assert stands_before(solid, (0.0, 0.0, 1.6), ahead)
        assert not stands_before(solid, (0.0, 0.0, 1.6), -ahead)
        # From 1.6 m its top edge, 4.5 m away and 2.4 m higher, is at 28.07 degrees.
        for elevation_deg, hidden in ((27.9, True), (28.2, False)):
            up = np.array([0.0, 0.0, math.tan(math.radians(elevation_deg))])
            assert stands_before(solid, (0.0, 0.0, 1.6), ahead + up) == hidden


def test_an_overcast_layer_hides_the_sun_and_leaves_the_ground_alone():
    sky = DaySky(math.radians(30.0), 0.5)
    layer = cloud_layer(sky, Clouds(1.0, 20.0, 2.0), 64)
    assert layer[:32, :, 1].max() <= math.exp(-20.0 * 0.6) * 1.001
    assert np.all(layer[32:] == [0.0, 1.0])
    thin = cloud_layer(sky, Clouds(0.5, 1.0, 2.0), 64)
    assert thin[:32, :, 1].min() == pytest.approx(math.exp(-1.0), rel=1e-3)
    assert thin[:32, :, 1].max() == 1.0
