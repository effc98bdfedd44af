"""Suns and bare lamps inside a larger clipped area: discs in place of the area.

Where the clipped area (blob) around a light is itself small, its own pixels show the light's size, and nothing is done
here. Where glare or a white sky surrounds the light, the image does not show its size. Such a light becomes a disc as
large as the sun, at the centroid of its energy.

A blob larger than a disc of 1° contains a point light if its concentrated energy is dense enough. Its density is the
mean radiance of the solid angle that has most of the energy. Glare fades into its surroundings, whereas windows and
lamps that fill their blob end sharply. The least density, in multiples of white, is

* 16, where at least half of the blob's edge is soft (the surroundings are nearly white);
* else 30, if the energy is gathered in less than 30 % of a blob of more than three cells;
* else 300, for a blob of at most three cells, which do not resolve the light.

Otherwise the light keeps the shape of its blob. The figures separate suns and bare lamps from windows and soft boxes in
captured HDR panoramas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.image_size import image_size
from lanet_core.reconstruction.clipped_areas import ClippedAreas, pixel_directions_at

#: Half the angle that the sun subtends.
SUN_RADIUS_RAD = np.radians(0.533 / 2.0)

_MAXIMUM_LIGHTS = 32
#: Smaller blobs show the light's own shape: a disc of 1°.
_SMALL_BLOB_SR = np.pi * np.radians(0.5) ** 2
#: Least densities of a point light's energy, see this module.
_SOFT_DENSITY, _GATHERED_DENSITY, _UNRESOLVED_DENSITY = 16.0, 30.0, 300.0
_LEAST_DENSITY = min(_SOFT_DENSITY, _GATHERED_DENSITY, _UNRESOLVED_DENSITY)
_SOFT_EDGE = 0.5
_GATHERED_SHARE = 0.3
_UNRESOLVED_CELLS = 3.0
#: Energy within this many cells of a peak belongs to it.
_REACH_CELLS = 3.0
#: A further light of a blob has at least this share of the energy of the first.
_FURTHER_LIGHT_SHARE = 0.25
#: Least radius of a disc in an image: that of the sun in 1024x512. Of a known light: from this radius on its peak
#: hardly depends on its place between the pixels.
_LEAST_RADIUS_PIXELS, _PLACED_RADIUS_PIXELS = 0.75, 1.25
#: Over-exposure of the pixels that take a known light, and their largest distance from it.
_PLACED_WEIGHT, _PLACED_REACH_RAD = 0.5, np.radians(3.0)
#: Cells considered as peaks.
_CANDIDATES = 128


@dataclass(frozen=True)
class PlacedLight:
    """A light that is known beforehand, as from neighbouring frames.

    Attributes:
        direction: (3,) float64 unit vector of its centre, see :mod:`lanet_core.geometry.sphere`.
        energy: (3,) float64, radiance times solid angle, steradians; linear Rec.709 relative to white.
        area_sr: solid angle of a light that fills its clipped area, see :mod:`.steady_areas`; None for a disc.
    """

    direction: np.ndarray
    energy: np.ndarray
    area_sr: float | None = None


@dataclass(frozen=True)
class PointLight:
    """A disc of uniform radiance.

    Attributes:
        direction: (3,) float64 unit vector of its centre, see :mod:`lanet_core.geometry.sphere`.
        energy: (3,) float64, radiance times solid angle, steradians; linear Rec.709 relative to white.
        blob: label of the clipped area around it.
        radius_rad: half the angle that it subtends.
        least_radius_pixels: it is not drawn smaller, in pixels of the image.
    """

    direction: np.ndarray
    energy: np.ndarray
    blob: int
    radius_rad: float = SUN_RADIUS_RAD
    least_radius_pixels: float = _LEAST_RADIUS_PIXELS

    def rows(self, height: int, rows: slice) -> slice:
        """Return which of some rows of a panorama of ``height`` rows the disc may reach."""
        pixel_rad = np.pi / height
        theta = np.arccos(np.clip(self.direction[2], -1.0, 1.0))
        reach = self._drawn_radius_rad(pixel_rad) + pixel_rad
        first = np.clip(int((theta - reach) / pixel_rad), rows.start, rows.stop)
        last = np.clip(int((theta + reach) / pixel_rad) + 1, first, rows.stop)
        return slice(int(first), int(last))

    def coverage(self, size: tuple[int, int], rows: slice, columns: slice) -> np.ndarray:
        """Return the share of each pixel of a block that the disc covers.

        Args:
            size: rows and columns of the panorama.
            rows: the block's rows.
            columns: the block's columns.

        Returns:
            (n, m) float32, [0, 1].
        """
        pixel_rad = np.pi / size[0]
        theta = np.arccos(np.clip(self.direction[2], -1.0, 1.0))
        zenith = sphere.zenith_angles_rad(size[0])[rows, None]
        azimuth = sphere.azimuths_rad(size[1])[columns] - np.arctan2(self.direction[1], self.direction[0])
        # Haversines: cosines of small angles lose their digits.
        haversine = np.sin((zenith - theta) / 2.0) ** 2
        haversine = haversine + np.sin(zenith) * np.sin(theta) * np.sin(azimuth / 2.0) ** 2
        angle = 2.0 * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0)))
        return np.clip((self._drawn_radius_rad(pixel_rad) - angle) / pixel_rad + 0.5, 0.0, 1.0).astype(np.float32)

    def _drawn_radius_rad(self, pixel_rad: float) -> float:
        """Return the radius with pixels of a size: smaller discs would vanish between the pixels' centres."""
        return max(self.radius_rad, self.least_radius_pixels * pixel_rad)


def find_point_lights(
    concentrated: np.ndarray, areas: ClippedAreas, cell_rad: float, radius_rad: float | None = None
) -> list[PointLight]:
    """Find the lights that become discs, with all concentrated energy of their blobs.

    Args:
        concentrated: (H, W, 3) float32, ≥ 0: radiance of the over-exposed part of each pixel, smooth or constant over a
            cell.
        areas: the blobs, of the same size.
        cell_rad: height of a cell of the light grid.
        radius_rad: half the angle that the lights subtend, the sun's by default.
    """
    energies = areas.integrate(concentrated)
    solid_angles_sr = areas.solid_angles_sr()
    level = concentrated.mean(axis=-1)
    order = np.argsort(-energies.mean(axis=1), kind="stable")
    order = order[(order > 0) & (solid_angles_sr[order] > _SMALL_BLOB_SR) & (energies[order].mean(axis=1) > 0.0)]
    lights: list[PointLight] = []
    for blob in order.tolist():
        if len(lights) == _MAXIMUM_LIGHTS:
            break
        clusters = _clusters(level, areas, blob, solid_angles_sr[blob], cell_rad)[: _MAXIMUM_LIGHTS - len(lights)]
        total = sum(energy for _, energy in clusters)
        radius = SUN_RADIUS_RAD if radius_rad is None else radius_rad
        lights += [PointLight(centre, energies[blob] * (energy / total), blob, radius) for centre, energy in clusters]
    return lights


def place_point_lights(
    placed: Sequence[PlacedLight], areas: ClippedAreas, radius_rad: float | None = None
) -> list[PointLight]:
    """Return known discs in the blobs in which they are; those without a blob within reach are left out."""
    rows, columns = np.nonzero(areas.weight >= _PLACED_WEIGHT)
    if not rows.size:
        return []
    size = image_size(areas.weight)
    directions = pixel_directions_at(rows, columns, size)
    radius = SUN_RADIUS_RAD if radius_rad is None else radius_rad
    lights = []
    for light in (each for each in placed if each.area_sr is None):
        cosines = directions @ light.direction
        nearest = int(cosines.argmax())
        if cosines[nearest] < np.cos(_PLACED_REACH_RAD):
            continue
        # Beyond a pixel's distance it is no longer in the blob.
        inside = cosines[nearest] >= np.cos(np.pi / areas.weight.shape[0])
        centre = light.direction if inside else directions[nearest]
        blob = int(areas.labels[rows[nearest], columns[nearest]])
        lights.append(PointLight(centre, light.energy, blob, radius, _PLACED_RADIUS_PIXELS))
    return lights


def _clusters(
    level: np.ndarray, areas: ClippedAreas, blob: int, blob_sr: float, cell_rad: float
) -> list[tuple[np.ndarray, float]]:
    """Return the direction and the energy of each point light of a blob; none where the light fills the blob."""
    rows, columns = np.nonzero((areas.labels == blob) & (areas.weight > 0.0) & (level > 0.0))
    weights_sr = sphere.pixel_solid_angles_sr(*level.shape)[rows] * areas.weight[rows, columns]
    energies = level[rows, columns] * weights_sr
    gathered_sr = energies.sum() ** 2 / (energies * level[rows, columns]).sum()
    density = energies.sum() / gathered_sr
    if density < _LEAST_DENSITY:  # what follows is slow
        return []
    if not _is_point(density, gathered_sr / blob_sr, blob_sr / cell_rad**2, areas.edge_softness(blob)):
        return []
    directions = pixel_directions_at(rows, columns, image_size(level))
    # The sun is near the middle of its glare: depth in the blob counts next to the energy.
    depths = areas.depths_rad(blob)[rows, columns] + 1e-3
    clusters: list[tuple[np.ndarray, float]] = []
    left = energies.copy()
    while left.any():
        peak = _peak(left, directions, cell_rad)
        near = np.flatnonzero((directions @ peak >= np.cos(_REACH_CELLS * cell_rad)) & (left > 0.0))
        energy = float(left[near].sum())
        if clusters and energy < _FURTHER_LIGHT_SHARE * clusters[0][1]:
            break
        centre = (left[near] * depths[near]) @ directions[near]
        clusters.append((_nearest_inside(centre, near, directions, areas.weight[rows, columns]), energy))
        left[near] = 0.0
    return clusters


def _is_point(density: float, gathered_share: float, blob_cells: float, softness: float) -> bool:
    """Return whether concentrated energy is a point light; see this module."""
    if softness >= _SOFT_EDGE:
        return density >= _SOFT_DENSITY
    if blob_cells <= _UNRESOLVED_CELLS:
        return density >= _UNRESOLVED_DENSITY
    return gathered_share <= _GATHERED_SHARE and density >= _GATHERED_DENSITY


def _peak(energies: np.ndarray, directions: np.ndarray, cell_rad: float) -> np.ndarray:
    """Return the direction of the pixel with the most energy within a cell's distance."""
    candidates = np.argsort(-energies, kind="stable")[:_CANDIDATES]
    within = directions[candidates] @ directions.T >= np.cos(cell_rad)
    return directions[candidates[(within @ energies).argmax()]]


def _nearest_inside(centre: np.ndarray, near: np.ndarray, directions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return a centre, or the pixel nearest to it that is over-exposed enough where the centre is not."""
    centre = centre / np.linalg.norm(centre)
    cosines = directions[near] @ centre
    enough = weights[near] >= 0.9 * weights[near].max()
    nearest = near[np.where(enough, cosines, -1.0).argmax()]
    return centre if weights[near[cosines.argmax()]] >= 0.9 * weights[near].max() else directions[nearest]
