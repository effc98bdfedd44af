"""The light of an image, band by band or pixel by pixel, cut, stretched or joined without holding it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lanet_core.geometry import sphere

#: Pixels resampled at a time: the sampling positions take ten times the room of the pixels.
_BAND_PIXELS = 1 << 18


@dataclass(frozen=True)
class ImageLight:
    """Gives an image's light.

    Attributes:
        height: rows.
        width: columns.
        rows: gives the light of the rows from one up to another: (n, W, 3) float32, linear Rec.709, ≥ 0; maybe a view.
            May be called from several threads.
        pixels: gives the light of single pixels by their integer rows and columns (...): (..., 3).
    """

    height: int
    width: int
    rows: Callable[[int, int], np.ndarray]
    pixels: sphere.Texels

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width


def window(light: ImageLight, top: int, left: int, height: int, width: int) -> ImageLight:
    """Return a rectangle of an image."""

    def rows(first: int, end: int) -> np.ndarray:
        return light.rows(top + first, top + end)[:, left : left + width]

    def pixels(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        return light.pixels(row + top, column + left)

    return ImageLight(height, width, rows, pixels)


def stretched(light: ImageLight, height: int, width: int) -> ImageLight:
    """Return a whole sphere resampled bilinearly to another size, which wraps in azimuth."""

    def pixels(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        at = ((row + 0.5) * light.height / height - 0.5, (column + 0.5) * light.width / width - 0.5)
        return sphere.sample_texels(light.pixels, light.size, np.clip(at[0], 0, light.height - 1), at[1])

    return ImageLight(height, width, _rows_of_pixels(pixels, width), pixels)


def with_seam_column(light: ImageLight) -> ImageLight:
    """Return a whole sphere with one column more, the mean of the last and the first.

    Going over a pole leads half a turn on, a whole number of columns.
    """

    def rows(first: int, end: int) -> np.ndarray:
        band = light.rows(first, end)
        return np.concatenate([band, (band[:, -1:] + band[:, :1]) / 2.0], axis=1)

    def pixels(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        last, first = np.minimum(column, light.width - 1), np.where(column == light.width, 0, column)
        return (light.pixels(row, last) + light.pixels(row, first)) / 2.0

    return ImageLight(light.height, light.width + 1, rows, pixels)


def _rows_of_pixels(pixels: sphere.Texels, width: int) -> Callable[[int, int], np.ndarray]:
    """Return what gives whole rows where single pixels are resampled."""
    band = max(1, _BAND_PIXELS // width)

    def rows(first: int, end: int) -> np.ndarray:
        starts = range(first, end, band)
        grids = (np.meshgrid(np.arange(s, min(s + band, end)), np.arange(width), indexing="ij") for s in starts)
        return np.concatenate([pixels(*grid) for grid in grids])

    return rows


def resampled(height: int, width: int, pixels: sphere.Texels) -> ImageLight:
    """Return an image of which every pixel is resampled by a function."""
    return ImageLight(height, width, _rows_of_pixels(pixels, width), pixels)
