"""Rooms lit through windows, by lamps, or both."""

from __future__ import annotations

import math

import numpy as np

from scene_generation.description import NightSky, PanoramaDescription, Solid, SurfaceMaterial, Terrain
from scene_generation.draws import chance, grey, lamp_colour, log_uniform, varied
from scene_generation.palette import FLOORS, GROUNDS, laid, wall_paint
from scene_generation.rooms import Room, Windows, ceiling_lamps, draw_windows, furniture, shell, standing_lamp
from scene_generation.skies import draw_night_sky, draw_sky
from scene_generation.surroundings import plants, row_of_buildings

#: How the light comes in.
_LIGHT = {"windows": 0.4, "both": 0.35, "lamps": 0.25}
_WEATHER = {"sun": 0.5, "overcast": 0.35, "sunset": 0.15}


def draw_indoor(rng: np.random.Generator) -> PanoramaDescription:
    """Return a room with furniture."""
    light = str(rng.choice(list(_LIGHT), p=list(_LIGHT.values())))
    room = draw_room(rng)
    walls = _walls_with_windows(rng, room) if light != "lamps" or chance(rng, 0.4) else [Windows()] * 4
    sky = draw_sky(rng, str(rng.choice(list(_WEATHER), p=list(_WEATHER.values()))))
    if light == "lamps" or (light == "both" and chance(rng, 0.2)):
        sky = draw_night_sky(rng)
    solids, openings = shell(room, walls, _paints(rng), _floor(rng), _ceiling(rng))
    camera = room.inside(rng, 1.2)
    solids += furniture(rng, room, int(rng.integers(2, 6 + room.length_m * room.width_m / 6)), camera)
    if light != "windows":
        solids += draw_lamps(rng, room)
    if any(wall.count for wall in walls):
        solids += _outside(rng, room)
    unit_cd_m2 = 20.0 if isinstance(sky, NightSky) else 150.0
    eye_m = min(1.6, room.height_m - 0.6)
    terrain = Terrain(laid(rng, GROUNDS, str(rng.choice(list(GROUNDS)))), level_m=-0.3)
    return PanoramaDescription((*camera, eye_m), sky, solids, terrain, openings, unit_cd_m2)


def draw_room(rng: np.random.Generator) -> Room:
    """Return a room's size, from a small bedroom to a hall."""
    length = log_uniform(rng, 3.0, 20.0)
    width = float(np.clip(length * log_uniform(rng, 0.35, 1.0), 2.6, 20.0))
    return Room(
        length, width, float(np.clip(2.3 * (length * width / 12.0) ** 0.2 * log_uniform(rng, 0.9, 1.5), 2.3, 9))
    )


def draw_lamps(rng: np.random.Generator, room: Room) -> list[Solid]:
    """Return a ceiling's lamps and some that stand, with the flux that 30 to 800 lx on the floor take."""
    colour = lamp_colour(rng, 2400.0, 6500.0)
    flux_lm = log_uniform(rng, 30.0, 800.0) * room.length_m * room.width_m * 2.0
    solids: list[Solid] = []
    if chance(rng, 0.8):
        count = int(np.clip(rng.poisson(room.length_m * room.width_m / 12.0), 1, 12))
        solids += ceiling_lamps(rng, room, count, min(flux_lm / count, 8000.0), colour)
    for _ in range(rng.integers(0, 4) if solids else rng.integers(1, 5)):
        solids += standing_lamp(rng, room.inside(rng, 0.5), log_uniform(rng, 150.0, 1500.0), colour)
    return solids


def _walls_with_windows(rng: np.random.Generator, room: Room) -> list[Windows]:
    order, count = rng.permutation(4), int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]))
    lengths = (room.width_m, room.length_m) * 2
    return [draw_windows(rng, lengths[side], room) if side in order[:count] else Windows() for side in range(4)]


def _paints(rng: np.random.Generator) -> list[SurfaceMaterial]:
    usual = wall_paint(rng)
    return [wall_paint(rng) if chance(rng, 0.2) else usual for _ in range(4)]


def _floor(rng: np.random.Generator) -> SurfaceMaterial:
    return laid(rng, FLOORS, str(rng.choice(list(FLOORS))))


def _ceiling(rng: np.random.Generator) -> SurfaceMaterial:
    if chance(rng, 0.15):
        return laid(rng, FLOORS, str(rng.choice(["wood", "pale wood", "screed"])))
    return SurfaceMaterial(varied(rng, grey(rng.uniform(0.55, 0.85)), 0.05), roughness=0.9, gloss=0.1)


def _outside(rng: np.random.Generator, room: Room) -> list[Solid]:
    radius = math.hypot(room.length_m, room.width_m) / 2
    solids = plants(rng, int(rng.integers(0, 6)), radius + 4.0, radius + 40.0)
    if chance(rng, 0.5):
        solids += row_of_buildings(rng, radius + rng.uniform(6.0, 30.0), rng.uniform(-math.pi, math.pi), 60.0)
    return solids
