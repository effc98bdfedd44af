"""Scenes under a day's sky: a field, a street, a courtyard, a wood or a shore."""

from __future__ import annotations

import math

import numpy as np

from scene_generation.description import PanoramaDescription, Solid, SurfaceMaterial, Terrain
from scene_generation.draws import chance, grey, log_uniform
from scene_generation.palette import GROUNDS, laid
from scene_generation.skies import draw_sky
from scene_generation.sunlight import with_sun_in_view
from scene_generation.surroundings import around, building, canopy, clutter, near_wall, plants, row_of_buildings

_SETTINGS = {"field": 0.3, "street": 0.25, "courtyard": 0.15, "wood": 0.15, "shore": 0.15}
_GROUNDS = {
    "field": ("grass", "dry grass", "soil", "sand", "snow"),
    "street": ("asphalt", "paving", "concrete", "wet"),
    "courtyard": ("paving", "concrete", "grass", "asphalt"),
    "wood": ("grass", "soil", "dry grass", "snow"),
    "shore": ("sand", "grass", "paving"),
}

#: The camera's height above the ground.
EYE_M = 1.6


def draw_outdoor(rng: np.random.Generator, weather: str) -> PanoramaDescription:
    """Return a scene outdoors.

    Args:
        rng: source of randomness.
        weather: ``sun``, ``overcast`` or ``sunset``.
    """
    sky = draw_sky(rng, weather)
    setting = str(rng.choice(list(_SETTINGS), p=list(_SETTINGS.values())))
    ground = laid(rng, GROUNDS, str(rng.choice(_GROUNDS[setting])))
    solids = _SOLIDS[setting](rng)
    if chance(rng, 0.12):
        solids += canopy(rng)
    if chance(rng, 0.12):
        solids.append(near_wall(rng))
    hills = log_uniform(rng, 5.0, 150.0) if setting in ("field", "shore", "wood") and chance(rng, 0.6) else 0.0
    sky = with_sun_in_view(rng, sky, solids, (0.0, 0.0, EYE_M), 0.0 if weather == "overcast" else 0.75)
    terrain = Terrain(ground, hills, int(rng.integers(1 << 30)))
    # A pixel value of 1 is near the middle of what a day shows, at any height of the sun.
    unit_cd_m2 = 300.0 + 4000.0 * max(0.0, math.sin(sky.elevation_rad))
    return PanoramaDescription((0.0, 0.0, EYE_M), sky, solids, terrain, unit_cd_m2=unit_cd_m2)


def _field(rng: np.random.Generator) -> list[Solid]:
    solids = plants(rng, int(rng.integers(0, 14)), 5.0, 120.0) + clutter(rng, int(rng.integers(0, 5)))
    for _ in range(rng.integers(0, 4)):
        size = (rng.uniform(6.0, 14.0), rng.uniform(6.0, 18.0), rng.uniform(3.0, 8.0))
        solids += building(rng, around(rng, 18.0, 80.0), size, rng.uniform(-math.pi, math.pi))
    return solids


def _street(rng: np.random.Generator) -> list[Solid]:
    yaw = rng.uniform(-math.pi, math.pi)
    solids = row_of_buildings(rng, rng.uniform(4.0, 16.0), yaw, 120.0)
    if chance(rng, 0.8):
        solids += row_of_buildings(rng, rng.uniform(4.0, 16.0), yaw + math.pi, 120.0)
    return solids + clutter(rng, int(rng.integers(1, 8))) + plants(rng, int(rng.integers(0, 6)), 3.5, 40.0)


def _courtyard(rng: np.random.Generator) -> list[Solid]:
    yaw = rng.uniform(-math.pi, math.pi)
    solids: list[Solid] = []
    for side in range(rng.integers(2, 5)):
        distance = rng.uniform(5.0, 16.0)
        solids += row_of_buildings(rng, distance, yaw + side * math.pi / 2, 2.2 * distance)
    return solids + clutter(rng, int(rng.integers(0, 6))) + plants(rng, int(rng.integers(0, 4)), 3.0, 6.0)


def _wood(rng: np.random.Generator) -> list[Solid]:
    return plants(rng, int(rng.integers(15, 45)), 3.0, 60.0) + clutter(rng, int(rng.integers(0, 2)))


def _shore(rng: np.random.Generator) -> list[Solid]:
    yaw, distance = rng.uniform(-math.pi, math.pi), rng.uniform(3.0, 15.0)
    water = SurfaceMaterial(grey(0.02), (0.02, 0.04, 0.05), "noise", 5.0, rng.uniform(0.08, 0.3), 0.4)
    middle = distance + 400.0
    centre = (middle * math.cos(yaw), middle * math.sin(yaw), 0.02)
    solids = [Solid("box", centre, (800.0, 1600.0, 0.02), water, yaw)]
    return solids + plants(rng, int(rng.integers(0, 10)), 4.0, 50.0) + clutter(rng, int(rng.integers(0, 4)))


_SOLIDS = {"field": _field, "street": _street, "courtyard": _courtyard, "wood": _wood, "shore": _shore}
