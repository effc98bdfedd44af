"""How uncertain each pixel of a converted panorama is, made strip by strip at the picture's size."""

from __future__ import annotations

import numpy as np

from lanet_core import sphere
from lanet_core.calibration import overexposure_ramp


class UncertaintyMap:
    """The expected absolute error of log2 radiance, in stops, of a picture of any size.

    The network says what it expects where the picture is over-exposed; the over-exposure ramp m of Eq. 8 says how far a
    pixel is. Its share in the error is that of the network's light in the merged log radiance:

        u = m s / ln 2

    with s the expected error of natural logs, bilinear between network pixels. It is exactly 0 where the picture is
    well exposed.

    Args:
        log_scale: (h, 2 h) float32, natural log of s.
        size: rows and columns of the picture; the columns are even.
    """

    def __init__(self, log_scale: np.ndarray, size: tuple[int, int]) -> None:
        stops = np.exp(log_scale) / np.float32(np.log(2.0))
        height, width = np.minimum(stops.shape, size).tolist()
        self._stops = sphere.padded_sphere(sphere.downsample(stops, height, width))
        self._size = size

    def __call__(self, ldr_linear_strip: np.ndarray, first_row: int) -> np.ndarray:
        """Return the uncertainty of a strip of the picture, (n, W) float32.

        Args:
            ldr_linear_strip: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the picture that the strip begins with.
        """
        ramp = overexposure_ramp(ldr_linear_strip)
        if ramp.any():
            rows = slice(first_row, first_row + len(ramp))
            ramp *= sphere.upsampled_block(self._stops, self._size, rows, slice(0, self._size[1]))
        return ramp
