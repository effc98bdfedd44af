"""How much of a pixel is clipped, as a ramp below white; HDR-CNN and SingleHDR blend their prediction in by it."""

from __future__ import annotations

import numpy as np


def clipped_share(picture: np.ndarray, width: float) -> np.ndarray:
    """Return the ramp of each pixel's largest channel: 0 up to ``width`` below 1, and 1 at 1.

    Args:
        picture: (H, W, 3) float32, [0, 1].
        width: of the ramp.

    Returns:
        (H, W, 1) float32, [0, 1].

    Source: Eilertsen et al. 2017, Eq. 2; Liu et al. 2020, Eq. 5.
    """
    return np.clip((picture.max(axis=2, keepdims=True) - np.float32(1.0 - width)) / np.float32(width), 0.0, 1.0)
