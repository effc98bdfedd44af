"""Float pixels are checked once, where they enter: finite, and never negative."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lanet_core.errors import InvalidPixelsError

#: Resampling and lossy codecs leave a little negative light; up to this share of all light it is clipped to zero.
_NEGATIVE_SHARE = 1e-3


def without_negatives(pixels: np.ndarray, path: Path) -> np.ndarray:
    """Return pixels with tiny negatives clipped to zero.

    Args:
        pixels: any shape, float, linear.
        path: the file they come from, for the message.

    Returns:
        The same array if nothing is negative, else a clipped copy.

    Raises:
        InvalidPixelsError: a value is NaN or infinite, or negative values add up to more than 0.1 % of the rest.
    """
    invalid = pixels.size - np.count_nonzero(np.isfinite(pixels))
    if invalid:
        raise InvalidPixelsError(
            f"{invalid} values of the image are NaN or infinite.",
            path=path,
            remedy="Repair it in an image editor, or render it again.",
        )
    if pixels.min() >= 0:
        return pixels
    clipped = np.maximum(pixels, 0)
    positive = clipped.sum(dtype=np.float64)
    negative = positive - pixels.sum(dtype=np.float64)
    if negative > _NEGATIVE_SHARE * positive:
        raise InvalidPixelsError(
            f"The image contains negative values, down to {pixels.min():.3g}.",
            path=path,
            remedy="Clip it to zero in an image editor.",
        )
    return clipped
