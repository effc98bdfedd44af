"""Lights as a panorama of few pixels can show them: none smaller than a pixel, and as much light from each.

A pixel's samples find a light by chance. One that covers a hundredth of a pixel is found once or never, and its energy
in the image is a lottery; one that covers a whole pixel is found there always.
"""

from __future__ import annotations

import dataclasses
import math

from scene_generation.description import DaySky, NightSky, PanoramaDescription, Solid
from scene_generation.draws import scaled

#: The narrowest light, in pixels: wider than a pixel's diagonal, so that its rim crosses some pixel, which shows
#: Cycles to take more samples there.
_LEAST_PIXELS = 1.5
#: What is thinner than this against its next extent shines from its two faces.
_FLAT = 0.3


def widened(description: PanoramaDescription, height: int) -> PanoramaDescription:
    """Return a scene whose lamps and sun are at least 1.5 pixels wide as the camera sees them, and dimmer by as much.

    The flux of a lamp and the irradiance by the sun stay, so what they light stays, and so does the energy of the
    pixels that show them. A sun so low that it would reach below the horizon is widened less.

    Args:
        description: the scene.
        height: rows of the panorama.
    """
    least_rad = _LEAST_PIXELS * math.pi / height
    return dataclasses.replace(
        description,
        sky=_widened_sun(description.sky, least_rad),
        solids=[_widened_lamp(solid, description.camera, least_rad) for solid in description.solids],
    )


def _widened_sun(sky: DaySky | NightSky, least_rad: float) -> DaySky | NightSky:
    if isinstance(sky, NightSky):
        return sky
    # What of a disc is below the horizon would be lost.
    diameter_rad = max(sky.disc_diameter_rad, min(least_rad, 2.0 * sky.elevation_rad))
    return dataclasses.replace(sky, disc_diameter_rad=diameter_rad)


def _widened_lamp(solid: Solid, camera: tuple[float, float, float], least_rad: float) -> Solid:
    if not solid.surface.shines:
        return solid
    least_m = least_rad * math.dist(solid.centre, camera)
    thin = _thin_axis(solid.size)
    size = tuple(extent if axis == thin else max(extent, least_m) for axis, extent in enumerate(solid.size))
    dimming = _shining_area(solid.size, thin) / _shining_area(size, thin)
    surface = dataclasses.replace(solid.surface, emission=scaled(solid.surface.emission, dimming))
    return dataclasses.replace(solid, size=size, surface=surface)


def _thin_axis(size: tuple[float, float, float]) -> int | None:
    """Return the axis along which a lamp is flat, None if it is not."""
    thinnest, next_one, _ = sorted(size)
    return size.index(thinnest) if thinnest < _FLAT * next_one else None


def _shining_area(size: tuple[float, float, float], thin: int | None) -> float:
    """Return a number proportional to the area that shines."""
    if thin is not None:
        return math.prod(extent for axis, extent in enumerate(size) if axis != thin)
    x, y, z = size
    return x * y + y * z + z * x
