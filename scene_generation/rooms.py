"""Rooms: walls with windows in them, lamps on the ceiling, furniture. The floor's middle is the origin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scene_generation.description import Opening, Solid, SurfaceMaterial, flat_lamp, sphere_lamp
from scene_generation.draws import Rgb, chance, grey, log_uniform, paint
from scene_generation.palette import thing

_WALL_M = 0.25


@dataclass(frozen=True)
class Room:
    """A box to live in.

    Attributes:
        length_m: along x.
        width_m: along y.
        height_m: from floor to ceiling.
    """

    length_m: float
    width_m: float
    height_m: float

    def inside(self, rng: np.random.Generator, margin_m: float) -> tuple[float, float]:
        """Return a place on the floor, so far from the walls."""
        x, y = max(0.1, self.length_m / 2 - margin_m), max(0.1, self.width_m / 2 - margin_m)
        return rng.uniform(-x, x), rng.uniform(-y, y)


@dataclass(frozen=True)
class Windows:
    """Equal windows side by side in one wall.

    Attributes:
        count: how many; 0 for none.
        width_m: of each.
        sill_m: height of the lower edge.
        head_m: height of the upper edge.
        bars: of the frame, each way.
    """

    count: int = 0
    width_m: float = 1.0
    sill_m: float = 0.9
    head_m: float = 2.2
    bars: int = 1


def draw_windows(rng: np.random.Generator, wall_m: float, room: Room) -> Windows:
    """Return windows that fit into a wall of this length."""
    width = min(log_uniform(rng, 0.6, 3.5), 0.8 * wall_m)
    count = int(rng.integers(1, max(2, min(6, int(wall_m / (width + 0.4)) + 1))))
    sill = 0.05 if chance(rng, 0.25) else rng.uniform(0.6, 1.2)
    head = min(room.height_m - 0.15, sill + rng.uniform(0.8, 2.4))
    return Windows(count, width, sill, head, int(rng.integers(0, 4)))


def shell(
    room: Room, walls: list[Windows], paints: list[SurfaceMaterial], floor: SurfaceMaterial, ceiling: SurfaceMaterial
) -> tuple[list[Solid], list[Opening]]:
    """Return floor, ceiling and four walls, and the openings of their windows.

    Args:
        room: its size.
        walls: windows of the walls towards +x, +y, -x, -y.
        paints: surfaces of those walls.
        floor: surface.
        ceiling: surface.
    """
    slab = (room.length_m + 2 * _WALL_M, room.width_m + 2 * _WALL_M, _WALL_M)
    solids = [
        Solid("box", (0.0, 0.0, -_WALL_M / 2), slab, floor),
        Solid("box", (0.0, 0.0, room.height_m + _WALL_M / 2), slab, ceiling),
    ]
    openings: list[Opening] = []
    for side, (windows, surface) in enumerate(zip(walls, paints, strict=True)):
        length, distance = (room.width_m, room.length_m / 2) if side % 2 == 0 else (room.length_m, room.width_m / 2)
        more_solids, more_openings = _wall(side * math.pi / 2, distance, length, room.height_m, windows, surface)
        solids += more_solids
        openings += more_openings
    return solids, openings


def _wall(
    yaw_rad: float, distance_m: float, length_m: float, height_m: float, windows: Windows, surface: SurfaceMaterial
) -> tuple[list[Solid], list[Opening]]:
    """Return a wall towards an azimuth, as boxes around its windows."""

    def at(out: float, along: float, up: float) -> tuple[float, float, float]:
        cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
        return (out * cos - along * sin, out * sin + along * cos, up)

    def block(first: float, last: float, low: float, high: float) -> Solid:
        centre = at(distance_m + _WALL_M / 2, (first + last) / 2, (low + high) / 2)
        return Solid("box", centre, (_WALL_M, last - first, high - low), surface, yaw_rad)

    # A wall reaches over the corner, so that no light comes in there.
    end = length_m / 2 + _WALL_M
    if windows.count == 0:
        return [block(-end, end, 0.0, height_m)], []
    middles = length_m * ((np.arange(windows.count) + 0.5) / windows.count - 0.5)
    edges = [-end, *(float(m + s * windows.width_m / 2) for m in middles for s in (-1, 1)), end]
    solids = [block(-end, end, 0.0, windows.sill_m), block(-end, end, windows.head_m, height_m)]
    solids += [block(*edges[i : i + 2], windows.sill_m, windows.head_m) for i in range(0, len(edges), 2)]
    openings: list[Opening] = []
    pane_m, middle_m = windows.head_m - windows.sill_m, (windows.head_m + windows.sill_m) / 2
    frame = SurfaceMaterial(grey(0.7), gloss=0.3)
    for middle in map(float, middles):
        centre = at(distance_m + 0.75 * _WALL_M, middle, middle_m)
        openings.append(Opening(centre, windows.width_m, pane_m, yaw_rad + math.pi))
        for bar in range(windows.bars):
            along = middle + windows.width_m * ((bar + 1) / (windows.bars + 1) - 0.5)
            place = at(distance_m + _WALL_M / 2, along, middle_m)
            solids.append(Solid("box", place, (0.05, 0.05, pane_m), frame, yaw_rad))
        if windows.bars > 1:
            place = at(distance_m + _WALL_M / 2, middle, middle_m)
            solids.append(Solid("box", place, (0.05, windows.width_m, 0.05), frame, yaw_rad))
    return solids, openings


def ceiling_lamps(rng: np.random.Generator, room: Room, count: int, flux_lm: float, colour: Rgb) -> list[Solid]:
    """Return equal lamps in a grid under the ceiling.

    Args:
        rng: source of randomness.
        room: its size.
        count: how many, roughly: the grid is filled.
        flux_lm: of each lamp.
        colour: of luminance 1.
    """
    columns = max(1, round(math.sqrt(count * room.length_m / room.width_m)))
    rows = max(1, round(count / columns))
    kind = str(rng.choice(list(_LAMPS)))
    size, drop, yaw = rng.random(), rng.random(), rng.choice([0.0, math.pi / 2])
    solids: list[Solid] = []
    for column in range(columns):
        for row in range(rows):
            x = room.length_m * ((column + 0.5) / columns - 0.5)
            y = room.width_m * ((row + 0.5) / rows - 0.5)
            solids += _LAMPS[kind]((x, y, room.height_m), flux_lm, colour, size, drop, float(yaw))
    return solids


Lamp = list[Solid]
Point = tuple[float, float, float]


def _spot(place: Point, flux_lm: float, colour: Rgb, size: float, drop: float, yaw_rad: float) -> Lamp:
    diameter = 0.05 + 0.2 * size
    lamp = flat_lamp(flux_lm, math.pi * diameter**2 / 4, colour)
    return [Solid("cylinder", (place[0], place[1], place[2] - 0.005), (diameter, diameter, 0.01), lamp)]


def _panel(place: Point, flux_lm: float, colour: Rgb, size: float, drop: float, yaw_rad: float) -> Lamp:
    side = 0.3 + 0.6 * size
    lamp = flat_lamp(flux_lm, side * side, colour)
    return [Solid("box", (place[0], place[1], place[2] - 0.01), (side, side, 0.02), lamp)]


def _strip(place: Point, flux_lm: float, colour: Rgb, size: float, drop: float, yaw_rad: float) -> Lamp:
    length, width = 0.9 + 0.9 * size, 0.04 + 0.08 * drop
    lamp = flat_lamp(flux_lm, length * width, colour)
    box = SurfaceMaterial(grey(0.7))
    return [
        Solid("box", (place[0], place[1], place[2] - 0.03), (length + 0.05, width + 0.08, 0.06), box, yaw_rad),
        Solid("box", (place[0], place[1], place[2] - 0.065), (length, width, 0.01), lamp, yaw_rad),
    ]


def _pendant(place: Point, flux_lm: float, colour: Rgb, size: float, drop: float, yaw_rad: float) -> Lamp:
    """A bulb under a shade that is open below."""
    bulb, z = 0.04 + 0.06 * size, place[2] - 0.3 - drop * max(0.0, place[2] - 2.7)
    shade = SurfaceMaterial(grey(0.15 + 0.6 * size))
    width = 0.2 + 0.3 * size
    return [
        Solid("sphere", (place[0], place[1], z), (bulb, bulb, bulb), sphere_lamp(flux_lm, bulb, colour)),
        Solid("cone", (place[0], place[1], z + 0.14), (width, width, 0.14), shade),
        Solid("cylinder", (place[0], place[1], (z + place[2]) / 2 + 0.1), (0.01, 0.01, place[2] - z - 0.2), shade),
    ]


def _globe(place: Point, flux_lm: float, colour: Rgb, size: float, drop: float, yaw_rad: float) -> Lamp:
    diameter, z = 0.12 + 0.4 * size, place[2] - 0.4 - drop * max(0.0, place[2] - 2.8)
    lamp = sphere_lamp(flux_lm, diameter, colour)
    return [Solid("sphere", (place[0], place[1], z), (diameter, diameter, diameter), lamp)]


_LAMPS = {"spot": _spot, "panel": _panel, "strip": _strip, "pendant": _pendant, "globe": _globe}


def standing_lamp(rng: np.random.Generator, place: tuple[float, float], flux_lm: float, colour: Rgb) -> Lamp:
    """Return a lamp on a foot, its shade glowing."""
    height, diameter = rng.uniform(0.5, 1.7), rng.uniform(0.15, 0.45)
    shade = sphere_lamp(flux_lm, diameter, colour)
    foot = SurfaceMaterial(paint(rng))
    return [
        Solid("cylinder", (*place, height), (diameter, diameter, diameter), shade),
        Solid("cylinder", (*place, height / 2 - diameter / 4), (0.03, 0.03, height - diameter / 2), foot),
    ]


def furniture(rng: np.random.Generator, room: Room, count: int, camera: tuple[float, float]) -> list[Solid]:
    """Return tables, cabinets, seats and columns, none where the camera stands."""
    solids: list[Solid] = []
    for _ in range(count):
        piece = _PIECES[rng.choice(len(_PIECES), p=_PIECE_SHARES)]
        x, y = room.inside(rng, 0.6)
        if math.hypot(x - camera[0], y - camera[1]) > 1.3:
            solids += piece(rng, room, x, y, float(rng.choice([0.0, math.pi / 2])))
    return solids


def _table(rng: np.random.Generator, room: Room, x: float, y: float, yaw_rad: float) -> list[Solid]:
    length, width, height = rng.uniform(0.6, 2.2), rng.uniform(0.5, 1.0), rng.uniform(0.4, 1.0)
    surface = thing(rng)
    solids = [Solid("box", (x, y, height), (length, width, 0.05), surface, yaw_rad)]
    for sx, sy in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        along, across = sx * length * 0.45, sy * width * 0.42
        leg_x = x + along * math.cos(yaw_rad) - across * math.sin(yaw_rad)
        leg_y = y + along * math.sin(yaw_rad) + across * math.cos(yaw_rad)
        solids.append(Solid("box", (leg_x, leg_y, height / 2), (0.06, 0.06, height), surface, yaw_rad))
    for _ in range(rng.integers(0, 4)):
        size = rng.uniform(0.08, 0.3)
        place = (x + rng.uniform(-0.3, 0.3), y + rng.uniform(-0.3, 0.3), height + 0.025 + size / 2)
        solids.append(Solid(str(rng.choice(["box", "cylinder", "sphere"])), place, (size, size, size), thing(rng)))
    return solids


def _seat(rng: np.random.Generator, room: Room, x: float, y: float, yaw_rad: float) -> list[Solid]:
    length, depth, surface = rng.uniform(0.5, 2.2), rng.uniform(0.5, 0.9), thing(rng)
    back_x, back_y = x - math.sin(yaw_rad) * depth / 2, y + math.cos(yaw_rad) * depth / 2
    return [
        Solid("box", (x, y, 0.22), (length, depth, 0.44), surface, yaw_rad),
        Solid("box", (back_x, back_y, 0.45), (length, 0.15, 0.9), surface, yaw_rad),
    ]


def _cabinet(rng: np.random.Generator, room: Room, x: float, y: float, yaw_rad: float) -> list[Solid]:
    """A box against the nearest wall, or what hangs there."""
    size = (rng.uniform(0.5, 2.2), rng.uniform(0.25, 0.6), rng.uniform(0.5, min(2.3, room.height_m - 0.3)))
    y = math.copysign(room.width_m / 2 - size[1] / 2 - 0.01, y)
    z = size[2] / 2
    if chance(rng, 0.4):  # an image or a shelf
        size = (rng.uniform(0.4, 1.6), rng.uniform(0.03, 0.3), rng.uniform(0.1, 1.0))
        y, z = math.copysign(room.width_m / 2 - size[1] / 2 - 0.01, y), rng.uniform(1.1, max(1.2, room.height_m - 0.9))
    return [Solid("box", (x, y, z), size, thing(rng))]


def _column(rng: np.random.Generator, room: Room, x: float, y: float, yaw_rad: float) -> list[Solid]:
    size, shape = rng.uniform(0.25, 0.6), str(rng.choice(["box", "cylinder"]))
    return [Solid(shape, (x, y, room.height_m / 2), (size, size, room.height_m), thing(rng))]


def _crate(rng: np.random.Generator, room: Room, x: float, y: float, yaw_rad: float) -> list[Solid]:
    size = tuple(log_uniform(rng, 0.2, 1.1) for _ in range(3))
    return [Solid("box", (x, y, size[2] / 2), size, thing(rng), rng.uniform(0.0, math.pi))]


def _ball(rng: np.random.Generator, room: Room, x: float, y: float, yaw_rad: float) -> list[Solid]:
    size = log_uniform(rng, 0.2, 0.8)
    return [Solid("sphere", (x, y, size / 2), (size, size, size), thing(rng))]


_PIECES = (_table, _seat, _cabinet, _column, _crate, _ball)
_PIECE_SHARES = (0.25, 0.2, 0.28, 0.05, 0.15, 0.07)
