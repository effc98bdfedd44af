"""Light that was measured up to a ceiling, completed above it with the energy that the network predicts.

The network predicts the energy of each over-exposed region, but hardly its distribution within. The measurement gives
the distribution up to its ceiling. So measured pixels stay as they are, and what a region lacks of its predicted energy
goes to its pixels at the ceiling, evenly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.geometry import sphere
from lanet_core.geometry.bands import BandDownsampler
from lanet_core.reconstruction.clipped_areas import label_areas

#: Gives some rows of an image, from one up to another: (n, W, 3) float32.
Rows = Callable[[int, int], np.ndarray]

#: Rows of the panorama on which regions are distinguished.
_REGION_ROWS = 512
#: The brightest that a pixel becomes, in LDR white.
_MAXIMUM_RADIANCE = 1e6


@dataclass(frozen=True)
class MeasuredLight:
    """Measured light over a panorama or an image.

    Attributes:
        rows: gives the light of some rows: linear Rec.709, ≥ 0; maybe a view.
        ceiling: the level at which the measurement ends, of the largest channel; infinite where it is complete.
        tolerance: from this relative distance below the ceiling on, a pixel begins to count as cut off.
        exposure: factor from the measured light's unit to that of the prediction, 1 = LDR white.
    """

    rows: Rows
    ceiling: float
    tolerance: float
    exposure: float = 1.0

    def cut_off(self, measured: np.ndarray) -> np.ndarray:
        """Return how far pixels were cut off, (n, W) float32: 1 from half the tolerance below the ceiling on."""
        level = measured.max(axis=-1)
        if self.ceiling == np.inf:
            return np.zeros_like(level)
        return np.clip((level / np.float32(self.ceiling) - 1.0) * np.float32(2.0 / self.tolerance) + 2.0, 0.0, 1.0)

    def completed(self, size: tuple[int, int], bands: Sequence[tuple[int, int]], predicted: Rows) -> CompletedLight:
        """Return what completes the measured light.

        Args:
            size: rows and columns; columns even.
            bands: where each of the bands begins and ends that make up the image.
            predicted: gives the prediction of some rows, linear Rec.709, 1 = LDR white.
        """
        if self.ceiling == np.inf:
            return CompletedLight(self, size, np.zeros((1, 1), dtype=np.intp), np.zeros((1, 3), dtype=np.float32))
        small_size = (min(size[0], _REGION_ROWS), min(size[1], 2 * _REGION_ROWS))
        small = BandDownsampler(size, small_size, channels=5)
        for first, end in bands:
            measured, light = self.rows(first, end), predicted(first, end) / np.float32(self.exposure)
            white = measured.mean(axis=-1) * np.float32(self.exposure) > OVEREXPOSURE_THRESHOLD
            lacking = np.where(white[..., None], light - measured, np.float32(0.0))
            cut_off = self.cut_off(measured)
            small.add(np.concatenate([lacking, cut_off[..., None], white[..., None]], axis=-1, dtype=np.float32), first)
        return CompletedLight(self, size, *self._regions(small.result))

    def _regions(self, small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of each pixel's region, and what is added to each region's cut-off pixels."""
        labels = label_areas(small[..., 4] > 0.0)
        count = int(labels.max()) + 1
        areas = sphere.pixel_solid_angles_sr(*labels.shape)[:, None]

        def sums(values: np.ndarray) -> np.ndarray:
            return np.bincount(labels.ravel(), (values * areas).ravel(), count)

        lacking = np.stack([sums(small[..., channel]) for channel in range(3)], axis=-1)
        cut_off = sums(small[..., 3])[:, None]
        added = np.divide(np.maximum(lacking, 0.0), cut_off, out=np.zeros_like(lacking), where=cut_off > 0.0)
        added[0] = 0.0  # no region
        # A region's pixels may are in the margin of a small pixel that counts as another's.
        labels = np.where(labels > 0, labels, sphere.neighbourhood(labels).max(axis=0))
        return labels, np.minimum(added, _MAXIMUM_RADIANCE / self.exposure).astype(np.float32)


@dataclass(frozen=True)
class CompletedLight:
    """Measured light with what is added above its ceiling.

    Attributes:
        measured: the light.
        size: rows and columns.
        regions: (h, w) int, the number of the region of each pixel of a smaller panorama.
        added: (n, 3) float32, what is added to a region's cut-off pixels, in the unit of the measured light.
    """

    measured: MeasuredLight
    size: tuple[int, int]
    regions: np.ndarray
    added: np.ndarray

    def rows(self, first: int, end: int) -> np.ndarray:
        """Return the light of some rows: (n, W, 3) float32, linear Rec.709, a new array."""
        measured = self.measured.rows(first, end)
        cut_off = self.measured.cut_off(measured)
        if not cut_off.any():
            return measured.copy()
        height, width = self.regions.shape
        rows = np.arange(first, end) * height // self.size[0]
        columns = np.arange(self.size[1]) * width // self.size[1]
        return measured + cut_off[..., None] * self.added[self.regions[rows[:, None], columns]]
