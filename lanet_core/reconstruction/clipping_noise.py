"""Noise that compression leaves at the edges of clipped areas, removed from what the network sees.

A JPEG codes the edge of a clipped area with errors on both sides of white. What is above white is cut off, so the mean
is too dark, and the network predicts less light. In a small image the errors are as large as the network's pixels. A
pixel a little below white amid pixels at white is clipped, unless it is noise: it becomes white.
"""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere

#: Means of the channels, linear and relative to white: of a pixel that may be noise, and of its neighbours at white.
_LEAST_LEVEL, _WHITE_LEVEL = 0.8, 0.92
#: Least number of the eight neighbours at white.
_LEAST_NEIGHBOURS = 3


def without_clipping_noise(panorama: np.ndarray) -> np.ndarray:
    """Return a panorama whose pixels a little below white are white where at least three of their eight neighbours are.

    Args:
        panorama: (H, W, 3) float32, linear Rec.709 relative to white, [0, 1].

    Returns:
        (H, W, 3) float32, nowhere darker; a new array.
    """
    level = panorama.mean(axis=-1)
    at_white = (level >= _WHITE_LEVEL).astype(np.float32)
    neighbours = sphere.neighbourhood(at_white).sum(axis=0) - at_white
    is_clipped = (level >= _LEAST_LEVEL) & (neighbours >= _LEAST_NEIGHBOURS)
    return np.where(is_clipped[..., None], np.float32(1.0), panorama)
