"""Whether the camera sees the sun, decided by the boxes that solids fill."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from scene_generation.description import DaySky, Solid
from scene_generation.draws import chance

_TRIES = 12


def with_sun_in_view(rng: np.random.Generator, sky: DaySky, solids: list[Solid], camera: tuple, share: float) -> DaySky:
    """Return a sky with its sun, of probability ``share``, turned to where nothing stands before it, if there is such.

    Args:
        rng: source of randomness.
        sky: with the sun anywhere.
        solids: what may stand before it.
        camera: where it is seen from.
        share: how often to look for a free place; else the sun stays, hidden or not.
    """
    if not chance(rng, share):
        return sky
    for azimuth_rad in [sky.azimuth_rad, *rng.uniform(-math.pi, math.pi, _TRIES)]:
        turned = dataclasses.replace(sky, azimuth_rad=float(azimuth_rad))
        if not any(stands_before(solid, camera, _direction(turned)) for solid in solids):
            return turned
    return sky


def stands_before(solid: Solid, origin: tuple[float, float, float], direction: np.ndarray) -> bool:
    """Return whether a ray meets the box that a solid fills (its tilt left out): the slab test of Kay & Kajiya 1986."""
    cos, sin = math.cos(solid.yaw_rad), math.sin(solid.yaw_rad)
    turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    start, along = turn @ np.subtract(origin, solid.centre), turn @ direction
    along = np.where(np.abs(along) < 1e-9, 1e-9, along)
    half = np.array(solid.size) / 2
    first, second = (-half - start) / along, (half - start) / along
    return float(np.minimum(first, second).max()) < float(np.maximum(first, second).min()) and bool(
        np.maximum(first, second).min() > 0.0
    )


def _direction(sky: DaySky) -> np.ndarray:
    level = math.cos(sky.elevation_rad)
    return np.array([level * math.cos(sky.azimuth_rad), level * math.sin(sky.azimuth_rad), math.sin(sky.elevation_rad)])
