"""Size of an image as a pair."""

from __future__ import annotations

import numpy as np


def image_size(image: np.ndarray) -> tuple[int, int]:
    """Return the rows and columns of an image, (H, W) or (H, W, C)."""
    height, width = image.shape[:2]
    return height, width
