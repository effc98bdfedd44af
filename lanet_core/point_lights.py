"""Lights that the network sees as a point amid white: the sun, or a bare bulb in its own glare.

The picture shows nothing of such a light's shape, for all around it is white too, and the network has no pixels small
enough for it. Enlarged as it is, it would be a blob of network pixels of 0.7°. It becomes a disc around
the centre of its energy, as small as the sun where the network's pixels cannot tell it from one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lanet_core import sphere

#: Half the angle that the sun subtends.
SUN_RADIUS_RAD = np.radians(0.533 / 2.0)

#: A point has faded at this distance from its peak, in network pixels along the meridian.
_REACH_PIXELS = 3.0
#: A point stands out by this factor over all that is a pixel beyond its reach.
_CONTRAST = 8.0
#: Where the picture is at least this white on the mean, it shows no shape.
_WHITE = 0.99
#: A panorama has at most so many points.
_MAXIMUM_POINTS = 32
#: A point on the corner of four network pixels shines in all four.
_BLUR_PIXELS = 4.0


@dataclass(frozen=True)
class PointLight:
    """A disc of one radiance.

    Attributes:
        direction: (3,) float64 unit vector of its middle, see :mod:`lanet_core.sphere`.
        radius_rad: half the angle that it subtends.
        radiance: (3,) float32, linear Rec.709, 1 = LDR white.
    """

    direction: np.ndarray
    radius_rad: float
    radiance: np.ndarray

    def add_to(self, radiance: np.ndarray, size: tuple[int, int], rows: slice, columns: slice) -> None:
        """Add the disc to a block of a panorama.

        Args:
            radiance: (n, m, 3) float32, linear Rec.709: the block, changed in place.
            size: rows and columns of the panorama.
            rows: the block's rows.
            columns: the block's columns.
        """
        inside, coverage = _disc_coverage(self.direction, self.radius_rad, size, rows, columns)
        radiance[inside.start - rows.start : inside.stop - rows.start] += coverage[..., None] * self.radiance


def separate_point_lights(
    light: np.ndarray, weight: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, list[PointLight]]:
    """Take the point lights out of a panorama of light.

    Args:
        light: (h, w, 3) float32, linear Rec.709, ≥ 0: light to add, mean radiance over each network pixel.
        weight: (h, w) float32, [0, 1]: how white the picture is there.
        size: rows and columns of the picture.

    Returns:
        ``(rest, points)``: what is left, (h, w, 3) float32, and the points, with the energy that was taken.
    """
    rest = light.copy()
    level = light.mean(axis=-1)
    # No point is fainter than so many times white: elsewhere the search would only find the grain of the sky.
    level = np.where(weight > _WHITE, level, np.float32(0.0))
    pixel_rad = np.pi / len(light)
    reach_rad = _REACH_PIXELS * pixel_rad
    points = []
    for _ in range(_MAXIMUM_POINTS):
        peak = np.unravel_index(level.argmax(), level.shape)
        if level[peak] < _CONTRAST:
            break
        angle_rad = _angles_from(level.shape, peak)
        near, ring = angle_rad <= reach_rad, (angle_rad > reach_rad) & (angle_rad <= reach_rad + pixel_rad)
        if weight[near | ring].min() > _WHITE and level[peak] >= _CONTRAST * rest[ring].mean(axis=-1).max():
            # Glare falls off as the inverse of the angle, roughly, and goes on below the point.
            glare = rest[ring].max(axis=0) * (reach_rad / np.maximum(angle_rad[near], pixel_rad))[:, None]
            points.append(_take_point(rest, near, glare.astype(np.float32), size))
        level[near] = 0.0
    return rest, points


def _angles_from(shape: tuple[int, int], pixel: tuple[int, int]) -> np.ndarray:
    """Return each pixel's angle from one of them, (h, w) float64, radians."""
    height, width = shape
    theta, phi = sphere.zenith_angles_rad(height), sphere.azimuths_rad(width)
    sines = np.sin(theta[pixel[0]]) * np.sin(theta)
    cosines = np.outer(sines, np.cos(phi - phi[pixel[1]])) + (np.cos(theta[pixel[0]]) * np.cos(theta))[:, None]
    return np.arccos(np.clip(cosines, -1.0, 1.0))


def _take_point(rest: np.ndarray, near: np.ndarray, glare: np.ndarray, size: tuple[int, int]) -> PointLight:
    """Take what rises above the glare out of a part of a panorama, and return it as a disc."""
    height, width = rest.shape[:2]
    solid_angles_sr = np.broadcast_to(sphere.pixel_solid_angles_sr(height, width)[:, None], near.shape)[near]
    excess = np.maximum(rest[near] - glare, 0.0)
    rest[near] -= excess
    energy = solid_angles_sr @ excess.astype(np.float64)
    level = excess.mean(axis=-1)
    mean = (solid_angles_sr * level) @ sphere.pixel_directions(height, width)[near]
    direction = mean / np.linalg.norm(mean)
    # The area that would give the energy at the peak's radiance, less what the network's own pixels smear.
    area_sr = energy.mean() / level.max() - _BLUR_PIXELS * (np.pi / height) ** 2
    radius_rad = max(SUN_RADIUS_RAD, float(np.sqrt(max(area_sr, 0.0) / np.pi)))
    rows, coverage = _disc_coverage(direction, radius_rad, size, slice(0, size[0]), slice(0, size[1]))
    covered_sr = sphere.pixel_solid_angles_sr(*size)[rows] @ coverage.sum(axis=1, dtype=np.float64)
    return PointLight(direction, radius_rad, (energy / covered_sr).astype(np.float32))


def _disc_coverage(
    direction: np.ndarray, radius_rad: float, size: tuple[int, int], rows: slice, columns: slice
) -> tuple[slice, np.ndarray]:
    """Return the rows of a block that a disc reaches, and how much of each of their pixels it covers, float32."""
    pixel_rad = np.pi / size[0]
    theta = np.arccos(np.clip(direction[2], -1.0, 1.0))
    reach = radius_rad + pixel_rad
    first = np.clip(int((theta - reach) / pixel_rad), rows.start, rows.stop)
    last = np.clip(int((theta + reach) / pixel_rad) + 1, first, rows.stop)
    zenith = sphere.zenith_angles_rad(size[0])[first:last, None]
    azimuth = sphere.azimuths_rad(size[1])[columns] - np.arctan2(direction[1], direction[0])
    cosines = np.cos(zenith) * np.cos(theta) + np.sin(zenith) * np.sin(theta) * np.cos(azimuth)
    coverage = (radius_rad - np.arccos(np.clip(cosines, -1.0, 1.0))) / pixel_rad + 0.5
    return slice(first, last), np.clip(coverage, 0.0, 1.0).astype(np.float32)
