"""Whether an image can be an equirectangular panorama, by what it shows.

The left and the right edge of a sphere are neighbours, and its first and last rows are points. A photograph has neither
property, two images side by side are alike, and fisheye circles leave black corners.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from lanet_core.geometry.image_light import ImageLight

#: Size of the overview, and pixels of the image that are averaged along each side for one of the overview's.
_ROWS, _COLUMNS, _SAMPLES = 64, 128, 4
#: The step across the seam, against the largest steps between neighbours that are no outliers. Of 198 panoramas none
#: exceeds 1.2 times that; of 396 photographs made of them 96 % exceed it twice.
_SEAM_FACTOR, _SEAM_FLOOR, _SEAM_PERCENTILE = 2.0, 0.005, 95.0
#: Columns from either edge that may meet: stitchers leave a dark or doubled border.
_SEAM_SHIFTS = (0, 1, 2)
#: Variation along the first or last row, against that of the median row.
_POLE_SHARE, _POLE_FLOOR = 0.5, 0.04
#: Correlation of the halves of a stereo image; those of panoramas are below 0.5.
_ALIKE = 0.8
#: Square roots of the linear light outside of a fisheye circle, and inside.
_BLACK, _NOT_BLACK = 0.08, 0.1
#: Share of the rim of a fisheye circle that is not black; the rest may be the photographer's or the night's.
_LIT_RIM = 0.7


@dataclass(frozen=True)
class Overview:
    """A small copy of an image, and its columns at the seam.

    Attributes:
        grey: (64, 128) float32, square root of linear luminance, [0, 1].
        seam_step: mean absolute difference across the seam.
        neighbour_step: that between neighbouring columns, 95th percentile.
    """

    grey: np.ndarray
    seam_step: float
    neighbour_step: float

    def edges_meet(self) -> bool:
        """Return whether the left and the right edge look like neighbours."""
        return self.seam_step <= _SEAM_FACTOR * (self.neighbour_step + _SEAM_FLOOR)

    def ends_in_poles(self) -> bool:
        """Return whether the first and the last row look like points."""
        variation = self.grey.std(axis=1)
        limit = max(_POLE_SHARE * float(np.median(variation)), _POLE_FLOOR)
        return bool(max(variation[0], variation[-1]) <= limit)

    def is_side_by_side(self) -> bool:
        """Return whether the left and the right half show the same."""
        return _alike(*np.split(self.grey, 2, axis=1))

    def is_over_under(self) -> bool:
        """Return whether the upper and the lower half show the same."""
        return _alike(*np.split(self.grey, 2, axis=0))

    def is_dual_fisheye(self) -> bool:
        """Return whether two bright circles touch the edges of a black image."""
        side = self.grey.shape[0]
        y, x = np.mgrid[0:side, 0:side]
        radius = np.hypot(x + 0.5 - side / 2, y + 0.5 - side / 2) / (side / 2)
        outside, rim = radius > 1.08, (radius > 0.7) & (radius < 0.95)
        return all(
            np.quantile(half[outside], 0.95) < _BLACK and (half[rim] > _NOT_BLACK).mean() > _LIT_RIM
            for half in np.split(self.grey, 2, axis=1)
        )


def overview(light: ImageLight) -> Overview:
    """Look at an image.

    Args:
        light: of any size.

    Returns:
        What the checks need; half a million pixels are looked at.
    """
    rows = _spread(light.height, _ROWS * _SAMPLES)
    columns = _spread(light.width, _COLUMNS * _SAMPLES)
    fine = _grey(light, rows[:, None], columns[None, :])
    grey = fine.reshape(_ROWS, _SAMPLES, _COLUMNS, _SAMPLES).mean(axis=(1, 3))
    starts = _spread(light.width - 1, _COLUMNS)
    steps = np.abs(_grey(light, rows[:, None], starts + 1) - _grey(light, rows[:, None], starts)).mean(axis=0)
    first = [_grey(light, rows, np.full_like(rows, shift)) for shift in _SEAM_SHIFTS]
    last = [_grey(light, rows, np.full_like(rows, light.width - 1 - shift)) for shift in _SEAM_SHIFTS]
    seam = min(float(np.abs(one - other).mean()) for one, other in itertools.product(first, last))
    return Overview(grey, seam, float(np.percentile(steps, _SEAM_PERCENTILE)))


def is_blank(light: ImageLight, top: int, left: int, side: int) -> bool:
    """Return whether a square of an image is of one colour, but for the noise of compression."""
    at = side // 16 + np.arange(16) * (side - side // 8) // 16
    return bool(_grey(light, top + at[:, None], left + at[None, :]).std() < 0.02)


def _grey(light: ImageLight, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return np.sqrt(np.clip(light.pixels(*np.broadcast_arrays(rows, columns)), 0.0, 1.0)).mean(axis=-1)


def _spread(size: int, count: int) -> np.ndarray:
    return ((np.arange(count) + 0.5) * size / count).astype(np.intp)


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two images correlate, the mean brightness of each row left aside: sky above ground is in most."""
    mean = (one.mean(axis=1, keepdims=True) + other.mean(axis=1, keepdims=True)) / 2.0
    one, other = one - mean, other - mean
    scale = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return scale > 1e-3 * one.size and float((one * other).sum()) > _ALIKE * scale
