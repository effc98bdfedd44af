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
        meets = (first < first_row + len(strip)) & (first + weights.shape[1] > first_row)
        targets = np.flatnonzero(meets)
        matrix = np.zeros((len(targets), len(strip)), dtype=np.float32)
        for offset in range(weights.shape[1]):
            source = first[targets] + offset - first_row
            inside = (source >= 0) & (source < len(strip))
            matrix[np.flatnonzero(inside), source[inside]] += weights[targets[inside], offset]
        by_row = (matrix @ strip.reshape(len(strip), -1)).reshape(len(targets), *strip.shape[1:])
        self.result[targets] += sphere.apply_windows(by_row, self._columns, axis=1)
