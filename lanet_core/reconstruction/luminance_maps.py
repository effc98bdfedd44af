"""LANet's attention maps and luminance classes as images to look at, as in the paper's Fig. 9."""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import plane
from lanet_core.image_size import image_size

#: Longest side: the maps are no finer than the network's input.
_LONGEST_SIDE_PX = 1024

#: Dark, between and bright.
CLASS_COLOURS_SRGB8 = np.array([(42, 24, 92), (190, 62, 108), (252, 226, 140)], dtype=np.uint8)


def attention_image(attention: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the two attention maps as red and green, (h, w, 3) uint8.

    Args:
        attention: (h', w', 2) float32, [0, 1].
        size: rows and columns of the image that it belongs to; the result is as large, or else in proportion.
    """
    size = _shown_size(size)
    height, width = image_size(attention)
    smaller = (min(height, size[0]), min(width, size[1]))
    maps = np.clip(plane.enlarge(plane.shrink(attention, smaller), size), 0.0, 1.0)
    return np.dstack([np.round(255.0 * maps), np.zeros(size)]).astype(np.uint8)


def segmentation_image(segmentation: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the luminance classes in :data:`CLASS_COLOURS_SRGB8`, (h, w, 3) uint8.

    Args:
        segmentation: (h', w') uint8: 0 dark, 1 between, 2 bright.
        size: see :func:`attention_image`.
    """
    size = _shown_size(size)
    rows, columns = ((np.arange(new) + 0.5) * old / new for old, new in zip(segmentation.shape, size, strict=True))
    return CLASS_COLOURS_SRGB8[segmentation[rows.astype(np.intp)[:, None], columns.astype(np.intp)]]


def _shown_size(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, _LONGEST_SIDE_PX / max(size))
    height, width = (max(1, round(side * scale)) for side in size)
    return height, width
