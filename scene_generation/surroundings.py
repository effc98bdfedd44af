"""What stands about outdoors: trees, buildings, vehicles; each a few solids on the ground at z = 0."""

from __future__ import annotations

import math

import numpy as np

from scene_generation.description import Solid, SurfaceMaterial
from scene_generation.draws import chance, grey, log_uniform, paint
from scene_generation.palette import bark, facade, foliage, thing

Place = tuple[float, float]


def around(rng: np.random.Generator, nearest_m: float, farthest_m: float) -> Place:
    """Return a place on the ground around the camera, log-uniform in distance."""
    distance, azimuth = log_uniform(rng, nearest_m, farthest_m), rng.uniform(-math.pi, math.pi)
    return distance * math.cos(azimuth), distance * math.sin(azimuth)


def tree(rng: np.random.Generator, place: Place) -> list[Solid]:
    """Return a trunk with a crown of one to five clumps."""
    x, y = place
    height = log_uniform(rng, 3.5, 14.0)
    trunk, radius = height * rng.uniform(0.25, 0.5), height * rng.uniform(0.18, 0.35)
    leaves = foliage(rng)
    thickness = height * 0.035
    solids = [Solid("cylinder", (x, y, height * 0.4), (thickness, thickness, height * 0.8), bark(rng))]
    for _ in range(rng.integers(1, 6)):
        spread = radius * 0.6
        size = radius * rng.uniform(1.0, 1.8)
        centre = (x + rng.normal(0, spread), y + rng.normal(0, spread), rng.uniform(trunk + size / 2, height))
        solids.append(
            Solid("clump", centre, (size, size, size * rng.uniform(0.7, 1.3)), leaves, variant=int(rng.integers(4)))
        )
    return solids


def conifer(rng: np.random.Generator, place: Place) -> list[Solid]:
    """Return a trunk with a cone."""
    x, y = place
    height, width = log_uniform(rng, 5.0, 18.0), rng.uniform(2.0, 4.5)
    leaves = foliage(rng)
    return [
        Solid("cylinder", (x, y, height * 0.25), (0.3, 0.3, height * 0.5), bark(rng)),
        Solid("cone", (x, y, height * 0.58), (width, width, height * 0.84), leaves),
    ]


def bush(rng: np.random.Generator, place: Place) -> Solid:
    """Return a clump on the ground."""
    size = log_uniform(rng, 0.5, 2.5)
    return Solid("clump", (*place, size * 0.3), (size, size, size * 0.8), foliage(rng), variant=int(rng.integers(4)))


def plants(rng: np.random.Generator, count: int, nearest_m: float, farthest_m: float) -> list[Solid]:
    """Return trees, conifers and bushes around the camera."""
    solids: list[Solid] = []
    for _ in range(count):
        kind = rng.choice(["tree", "conifer", "bush"], p=[0.55, 0.2, 0.25])
        if kind == "bush":
            solids.append(bush(rng, around(rng, nearest_m, farthest_m)))
        elif kind == "tree":
            solids += tree(rng, around(rng, nearest_m + 1.0, farthest_m))
        else:
            solids += conifer(rng, around(rng, nearest_m + 2.0, farthest_m))
    return solids


def canopy(rng: np.random.Generator) -> list[Solid]:
    """Return the crown of a tree that the camera stands under."""
    leaves = foliage(rng)
    x, y = around(rng, 1.0, 2.5)
    solids = [Solid("cylinder", (x, y, 3.0), (0.4, 0.4, 6.0), bark(rng))]
    for _ in range(rng.integers(3, 9)):
        size = rng.uniform(2.0, 5.0)
        centre = (rng.normal(0, 2.5), rng.normal(0, 2.5), rng.uniform(4.5, 8.0) + size / 4)
        solids.append(Solid("clump", centre, (size, size, size * 0.6), leaves, variant=int(rng.integers(4))))
    return solids


def building(rng: np.random.Generator, centre: Place, size: tuple[float, float, float], yaw_rad: float) -> list[Solid]:
    """Return a block with a roof, flat or pitched."""
    walls, roof = facade(rng), SurfaceMaterial(paint(rng, vivid=0.2), None, roughness=0.8, gloss=0.1)
    block = Solid("box", (*centre, size[2] / 2), size, walls, yaw_rad)
    if chance(rng, 0.5):
        slab = (size[0] + 0.6, size[1] + 0.6, 0.4)
        return [block, Solid("box", (*centre, size[2] + 0.2), slab, roof, yaw_rad)]
    height = rng.uniform(1.5, 4.0)
    return [
        block,
        Solid("roof", (*centre, size[2] + height / 2), (size[0] + 0.8, size[1] + 0.8, height), roof, yaw_rad),
    ]


def row_of_buildings(rng: np.random.Generator, distance_m: float, yaw_rad: float, length_m: float) -> list[Solid]:
    """Return buildings side by side, their fronts on a line at a distance from the camera; ``yaw`` points there."""
    solids: list[Solid] = []
    along = -length_m / 2
    while along < length_m / 2:
        width, depth = rng.uniform(6.0, 18.0), rng.uniform(6.0, 14.0)
        height = log_uniform(rng, 4.0, 22.0)
        out, middle = distance_m + depth / 2 + rng.uniform(0.0, 0.8), along + width / 2
        x = out * math.cos(yaw_rad) - middle * math.sin(yaw_rad)
        y = out * math.sin(yaw_rad) + middle * math.cos(yaw_rad)
        solids += building(rng, (x, y), (depth, width, height), yaw_rad)
        along += width + (rng.uniform(1.0, 8.0) if chance(rng, 0.3) else 0.0)
    return solids


def vehicle(rng: np.random.Generator, place: Place, yaw_rad: float) -> list[Solid]:
    """Return a car: a body, a cabin of glass, wheels."""
    x, y = place
    body = SurfaceMaterial(paint(rng, vivid=0.5), None, roughness=0.2, gloss=0.6)
    glass = SurfaceMaterial(grey(0.03), None, roughness=0.08, gloss=0.6)
    length, width = rng.uniform(3.6, 4.8), rng.uniform(1.6, 1.9)
    return [
        Solid("box", (x, y, 0.6), (length, width, 0.6), body, yaw_rad),
        Solid("box", (x, y, 1.15), (length * 0.55, width * 0.9, 0.5), glass, yaw_rad),
        Solid("box", (x, y, 0.2), (length * 0.8, width * 0.96, 0.4), SurfaceMaterial(grey(0.03)), yaw_rad),
    ]


def clutter(rng: np.random.Generator, count: int) -> list[Solid]:
    """Return boxes, cylinders, spheres and vehicles near the camera."""
    solids: list[Solid] = []
    for _ in range(count):
        place, yaw = around(rng, 2.5, 25.0), rng.uniform(-math.pi, math.pi)
        if chance(rng, 0.3) and math.hypot(*place) > 4.5:
            solids += vehicle(rng, place, yaw)
            continue
        shape = str(rng.choice(["box", "cylinder", "sphere"], p=[0.6, 0.25, 0.15]))
        size = tuple(log_uniform(rng, 0.3, 2.0) for _ in range(3)) if shape == "box" else (rng.uniform(0.3, 1.2),) * 3
        solids.append(Solid(shape, (*place, size[2] / 2), size, thing(rng), yaw))
    return solids


def near_wall(rng: np.random.Generator) -> Solid:
    """Return a wall next to the camera."""
    azimuth, distance = rng.uniform(-math.pi, math.pi), rng.uniform(1.3, 3.5)
    height = log_uniform(rng, 1.8, 9.0)
    centre = (distance * math.cos(azimuth), distance * math.sin(azimuth), height / 2)
    return Solid("box", centre, (0.4, rng.uniform(4.0, 20.0), height), facade(rng, windows=height > 4.0), azimuth)
