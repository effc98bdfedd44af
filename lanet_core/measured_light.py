"""Light that was measured, with the network's prediction only above the level where the measurement ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MeasuredLight:
    """Measured light over a panorama or an image.

    Attributes:
        rows: gives the light of some rows: (n, W, 3) float32, linear Rec.709, ≥ 0; maybe a view.
        ceiling: the level at which the measurement ends, of the largest channel; infinite where it is complete.
        tolerance: from this relative distance below the ceiling on, prediction comes in.
        exposure: factor from the measured light's unit to that of the prediction, 1 = LDR white.
    """

    rows: Callable[[int, int], np.ndarray]
    ceiling: float
    tolerance: float
    exposure: float = 1.0

    def merged(self, predicted: np.ndarray, first: int) -> np.ndarray:
        """Return the measured light, and where it was cut off, the prediction if that is brighter.

        Args:
            predicted: (n, W, 3) float32, linear Rec.709, 1 = LDR white: what the reconstruction gives of some rows.
            first: the row that they begin with.

        Returns:
            (n, W, 3) float32, linear Rec.709, in the unit of the measured light; a new array.
        """
        measured = self.rows(first, first + len(predicted))
        level = measured.max(axis=-1, keepdims=True)
        if self.ceiling == np.inf or level.max() <= self.ceiling * (1.0 - self.tolerance):
            return measured.copy()
        # 0 at the tolerance's distance below the ceiling, 1 from half of it on.
        weight = np.clip((level / np.float32(self.ceiling) - 1.0) * np.float32(2.0 / self.tolerance) + 2.0, 0.0, 1.0)
        return measured + weight * np.maximum(predicted / np.float32(self.exposure) - measured, 0.0)
