"""The cross-bilateral filter of a panorama, by a bilateral grid that wraps in azimuth.

Pixels are sorted into a coarse three-dimensional grid by row, column and the guide's value; there the filter is a plain
Gaussian blur of sums and counts, and its cost does not depend on the filter's size. The grid's columns close to
a ring. Towards the poles the filter stays what it is in an image: beyond the first and last row is nothing.

Source: Paris and Durand 2006, "A Fast Approximation of the Bilateral Filter using a Signal Processing Approach"; Chen,
Paris and Durand 2007, "Real-time Edge-Aware Image Processing with the Bilateral Grid".
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add

import numpy as np

#: Cells per standard deviation along each axis. The papers take one; with four the result is the exact filter's to
#: half a hundredth of the image's range, where one is off by five.
_CELLS_PER_SIGMA = 4


def cross_bilateral_filter(
    image: np.ndarray, guide: np.ndarray, *, spatial_sigma_px: float, range_sigma: float
) -> np.ndarray:
    """Smooth a panorama where another, the guide, is smooth.

    Each pixel becomes the mean of all pixels, weighed by exp(−d² / 2σ_s²) exp(−(g − g′)² / 2σ_r²), where d is the
    distance in pixels, taken round the panorama, and g − g′ the difference of the guide.

    Args:
        image: (H, W) float: what is smoothed.
        guide: (H, W) float: the position along the axis.
        spatial_sigma_px: σ_s, pixels.
        range_sigma: σ_r, in the guide's units.

    Returns:
        (H, W) float32.
    """
    height, width = image.shape
    columns = math.ceil(width * _CELLS_PER_SIGMA / spatial_sigma_px)
    axes = (
        _Axis.of(np.arange(height)[:, None], spatial_sigma_px),
        _Axis(np.arange(width) * (columns / width), columns, columns * spatial_sigma_px / width, closed=True),
        _Axis.of(guide.astype(np.float64) - float(guide.min()), range_sigma),
    )
    corners = _corners(axes)
    counts = _blur(_splat(np.ones(1), corners, axes), axes)
    sums = _blur(_splat(image.astype(np.float64), corners, axes), axes)
    return (_slice(sums, corners) / _slice(counts, corners)).astype(np.float32)


@dataclass(frozen=True)
class _Axis:
    """One axis of the grid: where along it the pixels are, in cells, broadcastable to (H, W)."""

    positions: np.ndarray
    cells: int
    cells_per_sigma: float
    closed: bool = False

    @classmethod
    def of(cls, values: np.ndarray, sigma: float) -> _Axis:
        """Return an open axis for values ≥ 0."""
        positions = values * (_CELLS_PER_SIGMA / sigma)
        return cls(positions, int(positions.max()) + 2, _CELLS_PER_SIGMA)

    @cached_property
    def neighbours(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """Return the cells before and after each pixel, each with its weight by linear interpolation."""
        before = np.floor(self.positions).astype(np.intp)
        fraction = self.positions - before
        return (before, 1.0 - fraction), ((before + 1) % self.cells, fraction)

    @property
    def kernel(self) -> np.ndarray:
        """Return the Gaussian between all pairs of cells, (cells, cells)."""
        # Linear interpolation into the grid and out of it blurs, too: by 1/6 of a squared cell each.
        variance = self.cells_per_sigma**2 - 1.0 / 3.0
        index = np.arange(self.cells)
        distance = index[:, None] - index
        turns = (-self.cells, 0, self.cells) if self.closed else (0,)
        return reduce(add, (np.exp(-((distance + turn) ** 2) / (2.0 * variance)) for turn in turns)).astype(np.float32)


def _corners(axes: tuple[_Axis, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the eight cells around each pixel as flat indices and weights, each (H, W)."""
    corners = []
    for (row, row_weight), (column, column_weight), (level, level_weight) in itertools.product(
        *(axis.neighbours for axis in axes)
    ):
        index = (row * axes[1].cells + column) * axes[2].cells + level
        corners.append((index, row_weight * column_weight * level_weight))
    return corners


def _splat(values: np.ndarray, corners: list[tuple[np.ndarray, np.ndarray]], axes: tuple[_Axis, ...]) -> np.ndarray:
    shape = tuple(axis.cells for axis in axes)
    grid = np.zeros(math.prod(shape))
    for index, weight in corners:
        grid += np.bincount(index.ravel(), (weight * values).ravel(), grid.size)
    return grid.reshape(shape).astype(np.float32)


def _blur(grid: np.ndarray, axes: tuple[_Axis, ...]) -> np.ndarray:
    for dimension, axis in enumerate(axes):
        grid = np.moveaxis(np.tensordot(axis.kernel, grid, axes=(1, dimension)), 0, dimension)
    return grid


def _slice(grid: np.ndarray, corners: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    flat = grid.ravel()
    return reduce(add, (flat[index] * weight for index, weight in corners))
