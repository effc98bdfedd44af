"""Concentrated lights of an HDR panorama: their directions, colours and sizes, and the panorama without them.

A light begins at the brightest cell of a small copy of the panorama, if it is :data:`LEAST_CONTRAST` times as bright as
the sphere's mean, and grows over adjoining cells down to :data:`_EDGE` of its peak. What exceeds the surroundings there
is the light's energy: per channel, every pixel is cut off at the median of the ring of cells around the light. So the
panorama without a light and the light's energy add up to the panorama, exactly.

Aureoles stay in the panorama, and so do lights wider than :data:`MAXIMUM_RADIUS_RAD`, such as skies and walls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lanet_core.colour import luminance
from lanet_core.geometry import sphere
from lanet_core.image_size import image_size

MAXIMUM_LIGHTS = 8
#: How much brighter than the sphere's mean the brightest cell of a light is.
LEAST_CONTRAST = 8.0
#: The widest light, half the angle that it subtends.
MAXIMUM_RADIUS_RAD = np.radians(15.0)
#: The smallest share of the sphere's energy.
_LEAST_SHARE = 0.005
#: Cells with at least this share of the peak belong to the light.
_EDGE = 1.0 / 32.0
#: Rows of the copy on which lights are searched for.
_CELL_ROWS = 256


@dataclass(frozen=True)
class ConcentratedLight:
    """One light.

    Attributes:
        direction: (3,) float64 unit vector of the centroid of its energy, see :mod:`lanet_core.geometry.sphere`.
        energy: (3,) float64, radiance above the surroundings times solid angle: the irradiance that it gives a surface
            which faces it. Linear Rec.709, the panorama's unit times steradians.
        share: its share of the luminance that the whole sphere emits, (0, 1].
        radius_rad: half the angle that a uniform disc of the same spread subtends.
        cells: (n, 2) int, rows and columns of the cells that it covers, of :func:`cell_size`.
        surroundings: (3,) float32, the radiance that remains there at most.
    """

    direction: np.ndarray
    energy: np.ndarray
    share: float
    radius_rad: float
    cells: np.ndarray
    surroundings: np.ndarray

    def facts(self) -> dict[str, object]:
        """Return the attributes for JSON: direction, energy, share, radius_rad and surroundings."""
        return {
            "direction": self.direction.tolist(),
            "energy": self.energy.tolist(),
            "share": self.share,
            "radius_rad": self.radius_rad,
            "surroundings": self.surroundings.tolist(),
        }


def cell_size(height: int, width: int) -> tuple[int, int]:
    """Return the rows and columns of the cells of a panorama: the panorama's own, or fewer."""
    rows = min(height, _CELL_ROWS)
    return rows, min(width, 2 * rows)


def find_lights(hdr: np.ndarray, most: int = MAXIMUM_LIGHTS) -> list[ConcentratedLight]:
    """Find the concentrated lights of a panorama.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0; W = 2 H to rounding.
        most: how many, at most.

    Returns:
        The lights, that of most energy first.
    """
    height, width = hdr.shape[:2]
    cells = sphere.downsample(hdr, *cell_size(height, width))
    bright = luminance(cells)
    mean = float(sphere.sphere_mean(bright))
    directions = sphere.pixel_directions(*bright.shape)
    open_cells = bright >= LEAST_CONTRAST * mean if mean > 0.0 else np.zeros(bright.shape, bool)
    lights: list[ConcentratedLight] = []
    for _ in range(4 * most):  # some candidates are no lights
        if len(lights) == most or not open_cells.any():
            break
        peak = np.unravel_index(np.argmax(np.where(open_cells, bright, -1.0)), bright.shape)
        edge = max(float(bright[peak]) * _EDGE, 0.5 * LEAST_CONTRAST * mean)
        region = _grown(peak, (bright >= edge) & (open_cells | (bright < LEAST_CONTRAST * mean)))
        near = directions @ directions[peak] > np.cos(MAXIMUM_RADIUS_RAD)
        open_cells &= ~(region | (near & _grown(peak, bright >= 0.5 * LEAST_CONTRAST * mean)))
        if (region & ~near).any():
            continue
        light = _measured(hdr, cells, region, mean)
        if light is not None and light.share >= _LEAST_SHARE:
            lights.append(light)
    return sorted(lights, key=lambda light: -light.share)


def without_lights(hdr: np.ndarray, lights: Sequence[ConcentratedLight]) -> np.ndarray:
    """Return a panorama without some of its lights, (H, W, 3) float32.

    Args:
        hdr: the panorama that they were found in.
        lights: some of :func:`find_lights`.
    """
    rest = hdr.copy()
    for light in lights:
        for rows, columns in _blocks(light.cells, image_size(hdr)):
            rest[rows, columns] = np.minimum(rest[rows, columns], light.surroundings)
    return rest


def _measured(hdr: np.ndarray, cells: np.ndarray, region: np.ndarray, mean: float) -> ConcentratedLight | None:
    """Return the light of a region of cells, None if it does not exceed its surroundings."""
    height, width = hdr.shape[:2]
    core = _dilated(region)  # the light's edge falls within cells
    ring = _dilated(_dilated(core)) & ~core
    surroundings = np.median(cells[ring], axis=0).astype(np.float32) if ring.any() else np.zeros(3, np.float32)
    covered = np.argwhere(core)
    solid_angles = sphere.pixel_solid_angles_sr(height, width)
    azimuths, zeniths = sphere.azimuths_rad(width), sphere.zenith_angles_rad(height)
    energy, vector, moments = np.zeros(3), np.zeros(3), np.zeros((3, 3))
    for rows, columns in _blocks(covered, (height, width)):
        excess = np.maximum(hdr[rows, columns] - surroundings, 0.0).astype(np.float64)
        excess *= solid_angles[rows][:, None, None]
        weights = luminance(excess)
        theta, phi = np.meshgrid(zeniths[rows], azimuths[columns], indexing="ij")
        directions = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
        energy += excess.sum(axis=(0, 1))
        vector += np.einsum("hw,hwc->c", weights, directions)
        moments += np.einsum("hw,hwc,hwd->cd", weights, directions, directions)
    total = float(luminance(energy))
    length = float(np.linalg.norm(vector))
    if total <= 0.0 or length <= 0.0:
        return None
    direction = vector / length
    # Of a uniform disc of radius r, the mean of sin² of the angle to its centre is r² / 2.
    sine_squared = max(0.0, 1.0 - float(direction @ moments @ direction) / total)
    pixel_rad = np.pi / height
    radius_rad = max(np.arcsin(min(1.0, np.sqrt(2.0 * sine_squared))), pixel_rad / np.sqrt(np.pi))
    share = total / (4.0 * np.pi * mean)
    return ConcentratedLight(direction, energy, share, float(radius_rad), covered, surroundings)


def _grown(start: tuple[np.intp, ...], allowed: np.ndarray) -> np.ndarray:
    """Return the cells that are connected to one by allowed cells; azimuth wraps."""
    region = np.zeros(allowed.shape, bool)
    region[start] = True
    while True:
        grown = _dilated(region) & allowed
        grown[start] = True
        if (grown == region).all():
            return region
        region = grown


def _dilated(region: np.ndarray) -> np.ndarray:
    """Return a region with the cells that adjoin it, also by a corner, across ±180° and over the poles."""
    wide = region | np.roll(region, 1, axis=1) | np.roll(region, -1, axis=1)
    tall = wide.copy()
    tall[1:] |= wide[:-1]
    tall[:-1] |= wide[1:]
    half_turn = region.shape[1] // 2
    tall[0] |= np.roll(wide[0], half_turn)
    tall[-1] |= np.roll(wide[-1], half_turn)
    return tall


def _blocks(cells: np.ndarray, size: tuple[int, int]):
    """Yield the pixels of runs of cells, as slices of rows and columns; each pixel once."""
    height, width = size
    rows, columns = cell_size(height, width)
    for row in np.unique(cells[:, 0]):
        across = np.sort(cells[cells[:, 0] == row, 1])
        runs = np.split(across, np.flatnonzero(np.diff(across) > 1) + 1)
        top, bottom = _edges(row, rows, height)
        for run in runs:
            yield slice(top, bottom), slice(_edges(run[0], columns, width)[0], _edges(run[-1], columns, width)[1])


def _edges(cell: int, cells: int, pixels: int) -> tuple[int, int]:
    """Return the pixels from and up to which a cell reaches, rounded so that cells neither overlap nor leave gaps."""
    return round(int(cell) * pixels / cells), round((int(cell) + 1) * pixels / cells)
