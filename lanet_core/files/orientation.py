"""EXIF orientation: the stored rows and columns turned upright."""

from __future__ import annotations

import numpy as np


def orientation_of(value: object) -> int:
    """Return the EXIF orientation of a tag's value, 1 (upright) for anything but an integer or a digit from 1 to 8."""
    text = str(value).strip("\0 ")
    return int(text) if text in ("1", "2", "3", "4", "5", "6", "7", "8") else 1


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return stored pixels as they are meant to be seen.

    Args:
        pixels: (H, W, ...) any dtype, as stored.
        orientation: EXIF tag 0x0112, 1 to 8; any other value counts as 1.

    Returns:
        (H, W, ...) or, for 5 to 8, (W, H, ...): a view.

    Source: Exif 2.32 (CIPA DC-008), 4.6.4 A, Orientation.
    """
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
