"""A panorama that comes in strips, made smaller while it passes: no more of it is held than the result."""

from __future__ import annotations

import numpy as np

from lanet_core import sphere


class StripDownsampler:
    """What :func:`lanet_core.sphere.downsample` makes of a panorama, from strips of its rows.

    Args:
        size: rows and columns of the panorama.
        new_size: rows and columns of the result, at most those of the panorama.
        channels: of the panorama.

    Raises:
        ValueError: the new size is larger than the old one.
    """

    def __init__(self, size: tuple[int, int], new_size: tuple[int, int], channels: int) -> None:
        self._rows, self._columns = sphere.downsampling_windows(size, new_size)
        #: The (h, w, C) float32 panorama: complete once every row has been given.
        self.result = np.zeros((*new_size, channels), dtype=np.float32)

    def add(self, strip: np.ndarray, first_row: int) -> None:
        """Count a strip in.

        Args:
            strip: (n, W, C) float32, the next rows of the panorama or any others; each row is to be given once.
            first_row: the row of the panorama that the strip begins with.
        """
        first, weights = self._rows
        end_row = first_row + len(strip)
        targets = np.flatnonzero((first < end_row) & (first + weights.shape[1] > first_row))
        by_row = np.empty((len(targets), strip[0].size), dtype=np.float32)
        flat = strip.reshape(len(strip), -1)
        for number, target in enumerate(targets):
            start, end = max(first[target], first_row), min(first[target] + weights.shape[1], end_row)
            counted = weights[target, start - first[target] : end - first[target]]
            # Unlike a matrix product this rounds alike in every column: a turned panorama gives the turned result.
            np.einsum("r,rm->m", counted, flat[start - first_row : end - first_row], out=by_row[number])
        self.result[targets] += sphere.apply_windows(by_row.reshape(-1, *strip.shape[1:]), self._columns, axis=1)
