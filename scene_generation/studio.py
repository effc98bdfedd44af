"""Photographers' studios: one to four softboxes, strips or bulbs around the camera, a backdrop."""

from __future__ import annotations

import math

import numpy as np

from scene_generation.description import NightSky, PanoramaDescription, Solid, SurfaceMaterial, flat_lamp, sphere_lamp
from scene_generation.draws import Rgb, chance, grey, lamp_colour, log_uniform, paint, varied
from scene_generation.palette import FLOORS, laid
from scene_generation.rooms import Room, Windows, ceiling_lamps, furniture, shell


def draw_studio(rng: np.random.Generator) -> PanoramaDescription:
    """Return a studio without windows, light to black."""
    room = Room(rng.uniform(4.0, 12.0), rng.uniform(4.0, 10.0), rng.uniform(2.6, 5.0))
    value = log_uniform(rng, 0.04, 0.8)
    wall = SurfaceMaterial(varied(rng, grey(value), 0.1), varied(rng, grey(value), 0.1), "noise", 1.0, 0.8, 0.1)
    floor = laid(rng, FLOORS, str(rng.choice(list(FLOORS))))
    ceiling = SurfaceMaterial(grey(log_uniform(rng, 0.05, 0.8)))
    solids, _ = shell(room, [Windows()] * 4, [wall] * 4, floor, ceiling)
    camera = (rng.normal(0.0, 0.4), rng.normal(0.0, 0.4))
    solids += furniture(rng, room, int(rng.integers(0, 7)), camera)
    if chance(rng, 0.7):
        solids.append(_backdrop(rng, room))
    flux_lm, colour = log_uniform(rng, 500.0, 30000.0), lamp_colour(rng, 2900.0, 6500.0)
    for _ in range(rng.integers(1, 5)):
        solids += _light(rng, room, flux_lm * log_uniform(rng, 0.2, 1.0), colour)
    if chance(rng, 0.35):
        solids += ceiling_lamps(
            rng, room, int(rng.integers(1, 7)), log_uniform(rng, 100.0, 2000.0), lamp_colour(rng, 2700.0, 6500.0)
        )
    unit_cd_m2 = 0.05 * flux_lm / (room.length_m * room.width_m) + 5.0
    return PanoramaDescription((*camera, rng.uniform(1.0, 1.6)), NightSky(), solids, unit_cd_m2=unit_cd_m2)


def _backdrop(rng: np.random.Generator, room: Room) -> Solid:
    surface = SurfaceMaterial(paint(rng, vivid=0.3), gloss=0.0)
    size = (0.03, rng.uniform(2.0, 0.9 * room.width_m), rng.uniform(1.8, room.height_m - 0.2))
    x = (room.length_m / 2 - rng.uniform(0.1, 0.6)) * rng.choice([-1.0, 1.0])
    return Solid("box", (float(x), 0.0, size[2] / 2), size, surface)


def _light(rng: np.random.Generator, room: Room, flux_lm: float, colour: Rgb) -> list[Solid]:
    """Return a lamp on a stand that looks at the camera's place from a little above or below."""
    azimuth = rng.uniform(-math.pi, math.pi)
    reach = 0.42 * min(room.length_m, room.width_m)
    distance, height = rng.uniform(0.6, 1.0) * reach, rng.uniform(1.0, room.height_m - 0.5)
    place = (distance * math.cos(azimuth), distance * math.sin(azimuth), height)
    stand = Solid(
        "cylinder", (place[0] * 1.06, place[1] * 1.06, height / 2), (0.04, 0.04, height), SurfaceMaterial(grey(0.05))
    )
    return [*_LIGHTS[rng.choice(len(_LIGHTS), p=_SHARES)](rng, place, flux_lm, colour), stand]


def _softbox(rng: np.random.Generator, place: tuple[float, float, float], flux_lm: float, colour: Rgb) -> list[Solid]:
    return _facing(place, (rng.uniform(0.4, 1.8), rng.uniform(0.4, 1.4)), flux_lm, colour)


def _strip(rng: np.random.Generator, place: tuple[float, float, float], flux_lm: float, colour: Rgb) -> list[Solid]:
    return _facing(place, (rng.uniform(0.08, 0.3), rng.uniform(0.8, 1.6)), flux_lm, colour)


def _bulb(rng: np.random.Generator, place: tuple[float, float, float], flux_lm: float, colour: Rgb) -> list[Solid]:
    diameter = log_uniform(rng, 0.05, 0.25)
    return [Solid("sphere", place, (diameter,) * 3, sphere_lamp(flux_lm, diameter, colour))]


def _facing(place: tuple[float, float, float], size: tuple[float, float], flux_lm: float, colour: Rgb) -> list[Solid]:
    """Return a bright rectangle before a black case, turned towards a point above the origin."""
    towards = np.array([-place[0], -place[1], 1.2 - place[2]])
    towards /= np.linalg.norm(towards)
    yaw, tilt = math.atan2(towards[1], towards[0]), -math.asin(towards[2])
    case = tuple(float(c) for c in np.array(place) - 0.12 * towards)
    lamp = flat_lamp(flux_lm, size[0] * size[1], colour)
    return [
        Solid("box", place, (0.01, *size), lamp, yaw, tilt),
        Solid("box", case, (0.2, size[0] + 0.04, size[1] + 0.04), SurfaceMaterial(grey(0.03)), yaw, tilt),
    ]


_LIGHTS = (_softbox, _strip, _bulb)
_SHARES = (0.55, 0.2, 0.25)
