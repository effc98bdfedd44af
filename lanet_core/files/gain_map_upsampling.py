"""Upsampling of gain maps to the size of their image.

A sample of a map is log2 of the ratio of HDR to SDR energy over its cell, a few of the image's pixels. Interpolation
between samples moves the gain of a light into its darker surroundings, and the energy of the light is lost. Here the
gain is a local linear function of the image (He and Sun, "Fast Guided Filter", 2015),

    log2 gain = a guide + b          guide = square root of the mean of the channels of SDR light,

with a and b of each cell from the 3×3 cells around it, interpolated between the cells' centres. b is then corrected
until every cell has the energy of its sample. The gain stays within the limits of the map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lanet_core.parallel import map_in_order

#: Gives some rows of an image or of a map, from one up to another: (n, W, C) float32.
Rows = Callable[[int, int], np.ndarray]

#: Variance of the guide below which a cell's surroundings count as even (He and Sun's ε).
_EVEN = 3e-4
_CORRECTIONS = 1
#: Pixels of the image that are worked on at a time.
_BAND_PIXELS = 1 << 19


class GuidedGain:
    """log2 of the gain at each pixel of an image.

    Args:
        log2_gain: gives rows of the map.
        shape: rows, columns and channels (1 or 3) of the map.
        light: gives rows of the image: linear, of its own primaries, ≥ 0, 1 = SDR white.
        size: rows and columns of the image.
        offset: (1,) or (3,) float32, added to the light before the gain is applied.
        limits: (1,) or (3,) float32 each, least and largest log2 gain of the map.
    """

    def __init__(
        self,
        log2_gain: Rows,
        shape: tuple[int, int, int],
        light: Rows,
        size: tuple[int, int],
        offset: np.ndarray,
        limits: tuple[np.ndarray, np.ndarray],
    ) -> None:
        self._log2_gain, self._light = log2_gain, light
        self._shape, self._size = shape, size
        self._offset, self._limits = offset, limits
        # b alone where every pixel has a sample of its own.
        self._is_guided = shape[0] <= size[0] and shape[1] <= size[1] and shape[:2] != size
        self._coefficients = np.empty((1 + self._is_guided, *shape), np.float16)
        self._fit()
        del self._light, self._log2_gain  # they refer to the file's samples

    def rows(self, rgb_linear: np.ndarray, first: int) -> np.ndarray:
        """Return log2 of the gain of some rows of the image.

        Args:
            rgb_linear: (n, W, 3) float32, the image's light in these rows.
            first: the row of the image that they begin with.

        Returns:
            (n, W, 1) or (n, W, 3) float32.
        """
        row_low, row_share = self._positions(np.arange(first, first + len(rgb_linear)), 0)
        column_low, column_share = self._positions(np.arange(self._size[1]), 1)
        column_high = np.minimum(column_low + 1, self._shape[1] - 1)
        part = self._coefficients[:, row_low[0] : row_low[-1] + 2].astype(np.float32)
        left = part.take(column_low, axis=2)
        part = left + (part.take(column_high, axis=2) - left) * column_share[:, None]
        row_low -= row_low[0]
        row_high = np.minimum(row_low + 1, part.shape[1] - 1)
        gain = np.empty((*rgb_linear.shape[:2], self._shape[2]), np.float32)
        for number, rgb in enumerate(rgb_linear):  # whole bands would leave the processor's cache
            low, high = part[:, row_low[number]], part[:, row_high[number]]
            gain[number] = self._gain(low + (high - low) * row_share[number], rgb)
        return gain

    def pixels(self, rgb_linear: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return log2 of the gain of single pixels: (..., C) of rows and columns (...), see :meth:`rows`."""
        row_low, row_share = self._positions(rows, 0)
        column_low, column_share = self._positions(columns, 1)
        row_high = np.minimum(row_low + 1, self._shape[0] - 1)
        column_high = np.minimum(column_low + 1, self._shape[1] - 1)
        share = column_share[..., None]
        values = self._coefficients
        upper = (1.0 - share) * values[:, row_low, column_low] + share * values[:, row_low, column_high]
        lower = (1.0 - share) * values[:, row_high, column_low] + share * values[:, row_high, column_high]
        return self._gain(upper + (lower - upper) * row_share[..., None], rgb_linear)

    def _gain(self, coefficients: np.ndarray, rgb_linear: np.ndarray) -> np.ndarray:
        """Return log2 of the gain of (..., 3) light, from the (k, ..., C) coefficients there."""
        gain = coefficients[0]
        if self._is_guided:
            gain = gain + coefficients[1] * _guide(rgb_linear)
        return np.clip(gain, *self._limits).astype(np.float32, copy=False)

    def _positions(self, pixels: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the map's sample at or before each of the image's pixels, and the share of the next one, float32."""
        scale = self._shape[axis] / self._size[axis]
        at = np.clip((pixels + 0.5) * scale - 0.5, 0.0, self._shape[axis] - 1)
        low = at.astype(np.intp)
        return low, (at - low).astype(np.float32)

    def _fit(self) -> None:
        if not self._is_guided:
            for first, end in self._bands():
                self._coefficients[0, first:end] = self._log2_gain(first, end)
            return
        guide = np.concatenate(list(map_in_order(self._guide_of_cells, self._bands())))
        for first, end in self._bands():
            self._coefficients[:, first:end] = self._linear_functions(guide, first, end)
        for _ in range(_CORRECTIONS):
            lacking = np.concatenate(list(map_in_order(self._lacking, self._bands())))
            self._coefficients[0] += lacking

    def _bands(self) -> Iterator[tuple[int, int]]:
        """Yield the rows of the map's bands."""
        height = self._shape[0]
        count = max(1, height * _BAND_PIXELS // (self._size[0] * self._size[1]))
        return ((first, min(first + count, height)) for first in range(0, height, count))

    def _guide_of_cells(self, band: tuple[int, int]) -> np.ndarray:
        return self._cell_means(_guide(self._light(*self._image_rows(band))), band)

    def _linear_functions(self, guide: np.ndarray, first: int, end: int) -> np.ndarray:
        """Return b and a of some rows of cells, (2, n, w, C) float32."""
        # A row on either side for the fit, and one more for the mean of the slopes.
        above, below = max(first - 2, 0), min(end + 2, self._shape[0])
        x, y = guide[above:below], self._log2_gain(above, below)
        mean = _neighbourhood_mean(x)
        covariance = _neighbourhood_mean(x * y) - mean * _neighbourhood_mean(y)
        slope = _neighbourhood_mean(covariance / (_neighbourhood_mean(x * x) - mean**2 + np.float32(_EVEN)))
        return np.stack([y - slope * x, slope])[:, first - above : end - above]

    def _lacking(self, band: tuple[int, int]) -> np.ndarray:
        """Return log2 of what the cells of a band lack of their energy, (n, w, C) float16."""
        rows = self._image_rows(band)
        rgb = self._light(*rows)
        light = np.maximum(rgb + self._offset, np.float32(1e-6))
        hdr = light * np.exp2(self.rows(rgb, rows[0]))
        if self._shape[2] == 1:
            light, hdr = light.mean(axis=-1, keepdims=True), hdr.mean(axis=-1, keepdims=True)
        ratio = self._cell_means(hdr, band) / self._cell_means(light, band)
        return (self._log2_gain(*band) - np.log2(ratio)).astype(np.float16)

    def _image_rows(self, band: tuple[int, int]) -> tuple[int, int]:
        starts = self._cell_starts(0)
        return int(starts[band[0]]), int(starts[band[1]])

    def _cell_starts(self, axis: int) -> np.ndarray:
        """Return the first pixel whose centre is in each cell along an axis, and the image's end."""
        cells, pixels = self._shape[axis], self._size[axis]
        return np.ceil(np.arange(cells + 1) * (pixels / cells) - 0.5).astype(np.intp)

    def _cell_means(self, image: np.ndarray, band: tuple[int, int]) -> np.ndarray:
        """Return the cells' means of some rows of the image, from (n, W, C) to (m, w, C)."""
        rows, columns = self._cell_starts(0)[band[0] : band[1] + 1], self._cell_starts(1)
        sums = np.add.reduceat(np.add.reduceat(image, rows[:-1] - rows[0], axis=0), columns[:-1], axis=1)
        return sums / np.multiply.outer(np.diff(rows), np.diff(columns)).astype(np.float32)[..., None]


def _guide(rgb_linear: np.ndarray) -> np.ndarray:
    """Return the guide of (..., 3) linear light: (..., 1)."""
    red, green, blue = np.moveaxis(rgb_linear, -1, 0)
    return np.sqrt(np.maximum((red + green + blue) / np.float32(3.0), np.float32(0.0)))[..., None]


def _neighbourhood_mean(cells: np.ndarray) -> np.ndarray:
    """Return each cell's mean with its eight neighbours, those outside replaced by the nearest: (n, w, C)."""
    padded = np.pad(cells, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9.0)
