"""The predicted uncertainty of each pixel of a panorama."""

from __future__ import annotations

import numpy as np

from lanet_core.reconstruction.overexposure import overexposure, relative_to_white
from lanet_core.reconstruction.white_level import WhiteLevel


class UncertaintyMap:
    """Expected absolute error of each pixel's log2 radiance, in stops; exactly 0 where the image is well exposed.

    The strength of the added light is the dominant error. So a pixel's uncertainty is half of the predicted range of
    that strength, times the pixel's over-exposure.

    Args:
        strength_range: (2,), tenth and ninetieth percentile of the factor that the added light may lack, in stops.
        white: the image's white level.
    """

    def __init__(self, strength_range: np.ndarray, white: WhiteLevel) -> None:
        self._stops = np.float32((strength_range[1] - strength_range[0]) / 2.0)
        self._white = white

    def __call__(self, ldr_linear_band: np.ndarray, first_row: int) -> np.ndarray:
        """Return the uncertainty of a band, (n, W) float32.

        Args:
            ldr_linear_band: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the image that the band begins with.
        """
        return overexposure(relative_to_white(ldr_linear_band, self._white)) * self._stops
