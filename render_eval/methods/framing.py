"""Images framed for a network: sides of a multiple that it can halve, and surroundings at its edges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def run_framed(
    run: Callable[[np.ndarray], np.ndarray], image: np.ndarray, *, multiple: int, margin: int, wraps: bool
) -> np.ndarray:
    """Run a network on an image with a frame, and return the output without it.

    The frame continues a panorama in azimuth, and mirrors every other edge.

    Args:
        run: takes and returns (H′, W′, 3) float32; H′ and W′ are multiples of ``multiple``.
        image: (H, W, 3) float32.
        multiple: pixels.
        margin: the frame's least width on each side, pixels; of a panorama, on the left and the right.
        wraps: whether the image is a panorama.

    Returns:
        (H, W, 3), as the network gives it.
    """
    height, width = image.shape[:2]
    rows = _widths(height, multiple, 0 if wraps else margin)
    columns = _widths(width, multiple, margin)
    framed = np.pad(image, ((0, 0), columns, (0, 0)), mode="wrap" if wraps else "symmetric")
    framed = np.pad(framed, (rows, (0, 0), (0, 0)), mode="symmetric")
    output = run(np.ascontiguousarray(framed, dtype=np.float32))
    return np.ascontiguousarray(output[rows[0] : rows[0] + height, columns[0] : columns[0] + width])


def _widths(size: int, multiple: int, margin: int) -> tuple[int, int]:
    """Return the frame's width before and after a side."""
    total = -(-(size + 2 * margin) // multiple) * multiple - size
    return total // 2, total - total // 2
