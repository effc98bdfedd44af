"""Flat images: resizing without a sphere under them, so that nothing wraps and every pixel counts alike.

The windows and the bilinear weights are those of :mod:`lanet_core.geometry.sphere`, which are flat until
a panorama is padded.
"""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.image_size import image_size


def overlap_windows(size: tuple[int, int], new_size: tuple[int, int]) -> tuple[sphere.Windows, sphere.Windows]:
    """Return windows along rows and along columns: each old pixel counts by its share of a new one's area."""
    rows, columns = (
        sphere.overlap_weights(np.arange(old + 1) / old, np.arange(new + 1) / new)
        for old, new in zip(size, new_size, strict=True)
    )
    return rows, columns


def shrink(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return an image's means over larger pixels, (h, w, C) float32.

    Args:
        image: (H, W, C) float32.
        size: rows and columns, at most the image's.
    """
    rows, columns = overlap_windows(image_size(image), size)
    return sphere.apply_windows(sphere.apply_windows(image, rows, axis=0), columns, axis=1)


def enlarge(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return an image enlarged bilinearly, (H, W, C) float32; its edges continue beyond it.

    Args:
        image: (h, w, C) float32.
        size: rows and columns.
    """
    return enlarged_rows(padded(image), size, 0, size[0])


def padded(image: np.ndarray) -> np.ndarray:
    """Return an image with one pixel more on every side, like the one next to it: for :func:`enlarged_rows`."""
    return np.pad(image, ((1, 1), (1, 1), (0, 0)), mode="edge")


def neighbourhood(image: np.ndarray) -> np.ndarray:
    """Return each pixel of an (h, w, C) image and its eight neighbours, (9, h, w, C); beyond the edges there is 0."""
    height, width = image.shape[:2]
    surrounded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    return np.stack([surrounded[row : row + height, column : column + width] for row, column in np.ndindex(3, 3)])


def enlarged_rows(padded_image: np.ndarray, size: tuple[int, int], first_row: int, end_row: int) -> np.ndarray:
    """Return some rows of what :func:`enlarge` makes.

    Args:
        padded_image: (h + 2, w + 2, C) float32, what :func:`padded` returned.
        size: rows and columns of the whole.
        first_row: the first row to return.
        end_row: the one behind the last.
    """
    return sphere.upsampled_block(padded_image, size, slice(first_row, end_row), slice(0, size[1]))
