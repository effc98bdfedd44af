"""How much brighter the midtones of an image with lifted blacks are than they are relative to its white level.

The added light keeps its ratio to the midtones, and so it is given this gain.
"""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.reconstruction.white_level import WhiteLevel

#: Radiance relative to white, mean of the channels, of the midtones.
_MIDTONES = (0.02, 0.6)


class MidtoneGain:
    """Geometric mean of the gain of the well-exposed midtones, by solid angle; 1 before anything is observed.

    Args:
        size: rows and columns of the panorama.
        white: the image's white level.
    """

    def __init__(self, size: tuple[int, int], white: WhiteLevel) -> None:
        self._size = size
        self._white = white
        self._midtones_sr, self._log_gain_sr = 0.0, 0.0

    def observe(self, ldr_linear: np.ndarray, relative: np.ndarray, is_exposed: np.ndarray, first_row: int) -> None:
        """Record a band of the image.

        Args:
            ldr_linear: (n, W, 3) float32, linear Rec.709, [0, 1].
            relative: the same relative to the white level.
            is_exposed: (n, W) bool: the pixels that are not over-exposed.
            first_row: the row of the image that the band begins with.
        """
        image, level = (each.mean(axis=-1) for each in (ldr_linear / self._white.linear, relative))
        low, high = _MIDTONES
        is_midtone = is_exposed & (level > low) & (level < high)
        areas_sr = sphere.pixel_solid_angles_sr(*self._size)[first_row : first_row + len(level), None]
        areas_sr = np.broadcast_to(areas_sr, level.shape)[is_midtone]
        self._log_gain_sr += float(areas_sr @ np.log(image[is_midtone] / level[is_midtone]))
        self._midtones_sr += float(areas_sr.sum())

    @property
    def value(self) -> float:
        """The gain, above 0."""
        return float(np.exp(self._log_gain_sr / self._midtones_sr)) if self._midtones_sr > 0.0 else 1.0
