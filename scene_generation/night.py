"""Places at night: a street, a square or a yard with lamps and lit windows."""

from __future__ import annotations

import math

import numpy as np

from scene_generation.description import PanoramaDescription, Solid, SurfaceMaterial, Terrain, flat_lamp, sphere_lamp
from scene_generation.draws import Rgb, chance, grey, lamp_colour, log_uniform, scaled
from scene_generation.outdoor import EYE_M
from scene_generation.palette import GROUNDS, laid
from scene_generation.skies import draw_night_sky
from scene_generation.surroundings import around, clutter, plants, row_of_buildings


def draw_night(rng: np.random.Generator) -> PanoramaDescription:
    """Return a place at night."""
    yaw = rng.uniform(-math.pi, math.pi)
    solids: list[Solid] = []
    for side in range(rng.integers(0, 4)):
        distance = rng.uniform(4.0, 18.0)
        facing = yaw + side * math.pi * (1.0 if side < 2 else 0.5)
        solids += row_of_buildings(rng, distance, facing, 70.0)
        solids += _lit_windows(rng, distance, facing)
    solids += clutter(rng, int(rng.integers(0, 7))) + plants(rng, int(rng.integers(0, 8)), 4.0, 50.0)
    solids += _street_lamps(rng, int(rng.integers(1, 13)), yaw)
    ground = laid(rng, GROUNDS, str(rng.choice(["asphalt", "paving", "concrete", "wet", "grass", "snow"])))
    terrain = Terrain(ground, log_uniform(rng, 1.0, 60.0) if chance(rng, 0.4) else 0.0, int(rng.integers(1 << 30)))
    return PanoramaDescription((0.0, 0.0, EYE_M), draw_night_sky(rng), solids, terrain, unit_cd_m2=1.0)


def _street_lamps(rng: np.random.Generator, count: int, yaw_rad: float) -> list[Solid]:
    """Return equal lamps along the street, or scattered, each with 5 to 50 lx under it."""
    in_a_row, spacing, aside = chance(rng, 0.6), rng.uniform(8.0, 30.0), rng.uniform(1.5, 5.0)
    height, colour = rng.uniform(2.8, 9.0), lamp_colour(rng, 2000.0, 6500.0)
    illuminance_lx, kind = log_uniform(rng, 5.0, 50.0), str(rng.choice(["globe", "flat", "bulb", "strip"]))
    shift, size = rng.uniform(0.0, spacing), rng.random()
    solids: list[Solid] = []
    for index in range(count):
        x, y = around(rng, 2.5, 60.0)
        if in_a_row:
            along, across = (index - count // 2) * spacing + shift, aside * (1.0 if index % 2 else -1.0)
            x = across * math.cos(yaw_rad) - along * math.sin(yaw_rad)
            y = across * math.sin(yaw_rad) + along * math.cos(yaw_rad)
        solids += _street_lamp((x, y, height), illuminance_lx * log_uniform(rng, 0.7, 1.4), colour, kind, size)
    return solids


def _street_lamp(
    place: tuple[float, float, float], illuminance_lx: float, colour: Rgb, kind: str, size: float
) -> list[Solid]:
    """Return a pole with a lamp on it.

    Args:
        place: of the lamp.
        illuminance_lx: on the ground under it: the intensity is E h².
        colour: of luminance 1.
        kind: ``globe``, ``flat``, ``bulb`` or ``strip``.
        size: 0 to 1, small to large.
    """
    x, y, height = place
    intensity_cd = illuminance_lx * height**2
    pole = Solid("cylinder", (x, y, height / 2 - 0.15), (0.12, 0.12, height - 0.3), SurfaceMaterial(grey(0.08)))
    if kind in ("globe", "bulb"):
        diameter = 0.2 + 0.3 * size if kind == "globe" else 0.06 + 0.1 * size
        lamp = sphere_lamp(4.0 * math.pi * intensity_cd, diameter, colour)
        return [pole, Solid("sphere", place, (diameter,) * 3, lamp)]
    extents = (0.25 + 0.2 * size, 0.2) if kind == "flat" else (1.2, 0.1)
    lamp = flat_lamp(math.pi * intensity_cd, extents[0] * extents[1], colour)
    head = Solid("box", (x, y, height + 0.06), (extents[0] + 0.1, extents[1] + 0.1, 0.1), SurfaceMaterial(grey(0.1)))
    return [pole, head, Solid("box", place, (*extents, 0.015), lamp)]


def _lit_windows(rng: np.random.Generator, distance_m: float, yaw_rad: float) -> list[Solid]:
    """Return lit panes before a row of buildings."""
    solids: list[Solid] = []
    width, height = rng.uniform(0.7, 1.8), rng.uniform(1.0, 2.2)
    for _ in range(rng.integers(0, 14)):
        along, up = rng.uniform(-30.0, 30.0), 1.0 + height / 2 + 3.0 * int(rng.integers(0, 3))
        out = distance_m - 0.05
        centre = (
            out * math.cos(yaw_rad) - along * math.sin(yaw_rad),
            out * math.sin(yaw_rad) + along * math.cos(yaw_rad),
            up,
        )
        light = SurfaceMaterial(emission=scaled(lamp_colour(rng, 2400.0, 5500.0), log_uniform(rng, 2.0, 150.0)))
        solids.append(Solid("box", centre, (0.04, width, height), light, yaw_rad))
    return solids
