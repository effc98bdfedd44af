"""How much of a pixel is clipped, as a ramp below white, by which methods blend their prediction in."""

from __future__ import annotations

import numpy as np


def ramp(values: np.ndarray, width: float) -> np.ndarray:
    """Return 0 up to ``width`` below 1, and 1 at 1: any shape, float32, of values in [0, 1]."""
    return np.clip((values - np.float32(1.0 - width)) / np.float32(width), 0.0, 1.0)


def clipped_share(image: np.ndarray, width: float) -> np.ndarray:
    """Return the ramp of each pixel's largest channel.

    Args:
        image: (H, W, 3) float32, [0, 1].
        width: of the ramp.

    Returns:
        (H, W, 1) float32, [0, 1].

    Source: Eilertsen et al. 2017, Eq. 2; Liu et al. 2020, Eq. 5.
    """
    return ramp(image.max(axis=2, keepdims=True), width)
