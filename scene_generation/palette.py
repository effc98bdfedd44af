"""Surfaces that scenes are made of, by name; albedos as measured ones are usually given."""

from __future__ import annotations

import numpy as np

from scene_generation.description import SurfaceMaterial
from scene_generation.draws import Rgb, chance, grey, log_uniform, paint, varied

#: Ground: two colours, pattern, feature size in metres, roughness, gloss.
GROUNDS: dict[str, tuple[Rgb, Rgb, str, float, float, float]] = {
    "grass": ((0.06, 0.11, 0.03), (0.11, 0.16, 0.05), "noise", 0.6, 0.9, 0.1),
    "dry grass": ((0.24, 0.20, 0.10), (0.15, 0.14, 0.06), "noise", 0.8, 0.9, 0.1),
    "sand": ((0.42, 0.34, 0.22), (0.32, 0.25, 0.16), "noise", 2.0, 0.9, 0.1),
    "soil": ((0.14, 0.09, 0.06), (0.08, 0.06, 0.04), "noise", 0.5, 0.9, 0.1),
    "asphalt": ((0.08, 0.08, 0.085), (0.12, 0.12, 0.12), "noise", 0.2, 0.7, 0.3),
    "concrete": ((0.32, 0.31, 0.29), (0.25, 0.24, 0.22), "noise", 1.5, 0.7, 0.3),
    "paving": ((0.30, 0.27, 0.24), (0.20, 0.18, 0.16), "bricks", 0.3, 0.6, 0.4),
    "snow": ((0.82, 0.85, 0.88), (0.74, 0.77, 0.82), "noise", 2.0, 0.8, 0.3),
    "wet": ((0.04, 0.04, 0.045), (0.08, 0.08, 0.08), "noise", 1.0, 0.15, 0.5),
}

FLOORS: dict[str, tuple[Rgb, Rgb, str, float, float, float]] = {
    "wood": ((0.30, 0.18, 0.09), (0.20, 0.11, 0.05), "planks", 0.15, 0.35, 0.5),
    "pale wood": ((0.48, 0.36, 0.22), (0.40, 0.29, 0.17), "planks", 0.18, 0.4, 0.5),
    "tiles": ((0.60, 0.58, 0.54), (0.50, 0.48, 0.45), "tiles", 0.5, 0.2, 0.5),
    "dark tiles": ((0.10, 0.10, 0.11), (0.55, 0.53, 0.50), "tiles", 0.4, 0.25, 0.5),
    "carpet": ((0.18, 0.17, 0.18), (0.13, 0.12, 0.13), "noise", 0.05, 1.0, 0.0),
    "screed": ((0.34, 0.33, 0.31), (0.26, 0.25, 0.24), "noise", 1.0, 0.5, 0.4),
}

LEAVES: tuple[Rgb, ...] = ((0.06, 0.11, 0.03), (0.10, 0.13, 0.04), (0.04, 0.08, 0.03), (0.22, 0.13, 0.04))


def laid(rng: np.random.Generator, table: dict, name: str) -> SurfaceMaterial:
    """Return one of a table's grounds or floors, varied."""
    first, second, pattern, scale_m, roughness, gloss = table[name]
    return SurfaceMaterial(
        albedo=varied(rng, first),
        albedo_2=varied(rng, second),
        pattern=pattern,
        scale_m=scale_m * log_uniform(rng, 0.6, 1.8),
        roughness=float(np.clip(roughness * log_uniform(rng, 0.7, 1.4), 0.08, 1.0)),
        gloss=gloss,
    )


def foliage(rng: np.random.Generator) -> SurfaceMaterial:
    """Return leaves: two greens or browns with holes between them."""
    colour = varied(rng, LEAVES[rng.integers(len(LEAVES))])
    return SurfaceMaterial(
        albedo=colour,
        albedo_2=varied(rng, colour, 0.5),
        pattern="noise",
        scale_m=log_uniform(rng, 0.05, 0.2),
        roughness=0.7,
        gloss=0.2,
        holes=rng.uniform(0.35, 0.65),
    )


def bark(rng: np.random.Generator) -> SurfaceMaterial:
    """Return a tree's trunk."""
    return SurfaceMaterial(
        albedo=varied(rng, (0.12, 0.09, 0.06)), albedo_2=grey(0.04), pattern="noise", scale_m=0.1, gloss=0.1
    )


def facade(rng: np.random.Generator, *, windows: bool = True) -> SurfaceMaterial:
    """Return a building's outside: rows of dark windows in a wall, or bricks."""
    wall = varied(rng, paint(rng, vivid=0.15), 0.1)
    if windows and chance(rng, 0.75):
        glass = grey(rng.uniform(0.02, 0.08))
        return SurfaceMaterial(wall, glass, "windows", rng.uniform(2.4, 3.6), rng.uniform(0.15, 0.5), 0.5)
    return SurfaceMaterial(varied(rng, (0.30, 0.15, 0.10)), varied(rng, (0.2, 0.1, 0.07)), "bricks", 0.25, 0.8, 0.2)


def thing(rng: np.random.Generator) -> SurfaceMaterial:
    """Return the surface of any made thing: furniture, a vehicle, a crate."""
    first = paint(rng, vivid=0.35)
    pattern = str(rng.choice(["plain", "noise", "patches", "planks", "tiles"], p=[0.45, 0.25, 0.1, 0.15, 0.05]))
    if chance(rng, 0.08):
        return SurfaceMaterial(albedo=grey(rng.uniform(0.4, 0.85)), metallic=1.0, roughness=rng.uniform(0.15, 0.6))
    return SurfaceMaterial(
        albedo=first,
        albedo_2=varied(rng, first, 0.6),
        pattern=pattern,
        scale_m=log_uniform(rng, 0.05, 0.6),
        roughness=rng.uniform(0.2, 0.95),
        gloss=rng.uniform(0.0, 0.5),
    )


def wall_paint(rng: np.random.Generator) -> SurfaceMaterial:
    """Return an inner wall: mostly light paint, at times coloured, dark, bricks or wood."""
    kind = rng.choice(["light", "colour", "dark", "bricks", "wood"], p=[0.6, 0.17, 0.08, 0.09, 0.06])
    if kind == "bricks":
        return SurfaceMaterial(
            varied(rng, (0.35, 0.18, 0.12)), varied(rng, (0.25, 0.12, 0.08)), "bricks", 0.22, 0.9, 0.1
        )
    if kind == "wood":
        return laid(rng, FLOORS, "wood")
    value = {"light": rng.uniform(0.5, 0.85), "colour": rng.uniform(0.3, 0.6), "dark": rng.uniform(0.05, 0.2)}[kind]
    colour = varied(rng, grey(value), 0.05) if kind != "colour" else varied(rng, paint(rng, vivid=1.0), 0.1)
    return SurfaceMaterial(colour, varied(rng, colour, 0.12), "noise", log_uniform(rng, 0.3, 3.0), 0.8, 0.15)
