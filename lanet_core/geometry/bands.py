"""An image that comes in bands, made smaller while it passes: no more of it is held than the result."""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere


class BandSums:
    """Weighted sums of an image's windows, from bands of its rows.

    Args:
        rows: windows along the image's rows.
        columns: windows along its columns, which wrap.
        channels: of the image.
    """

    def __init__(self, rows: sphere.Windows, columns: sphere.Windows, channels: int) -> None:
        self._rows, self._columns = rows, columns
        self._sums = np.zeros((len(rows[0]), len(columns[0]), channels), dtype=np.float32)

    @property
    def result(self) -> np.ndarray:
        """The (h, w, C) float32 sums: complete once every row has been given."""
        return self._sums

    def add(self, band: np.ndarray, first_row: int) -> None:
        """Count a band in.

        Args:
            band: (n, W, C) float32, the next rows of the image or any others; each row is to be given once.
            first_row: the row of the image that the band begins with.
        """
        first, weights = self._rows
        end_row = first_row + len(band)
        targets = np.flatnonzero((first < end_row) & (first + weights.shape[1] > first_row))
        by_row = np.empty((len(targets), band[0].size), dtype=np.float32)
        flat = band.reshape(len(band), -1)
        for number, target in enumerate(targets):
            start, end = max(first[target], first_row), min(first[target] + weights.shape[1], end_row)
            counted = weights[target, start - first[target] : end - first[target]]
            # Unlike a matrix product this rounds alike in every column: a turned panorama gives the turned result.
            np.einsum("r,rm->m", counted, flat[start - first_row : end - first_row], out=by_row[number])
        self._sums[targets] += sphere.apply_windows(by_row.reshape(-1, *band.shape[1:]), self._columns, axis=1)


class BandDownsampler(BandSums):
    """What :func:`lanet_core.geometry.sphere.downsample` makes of a panorama, from bands of its rows.

    Args:
        size: rows and columns of the panorama.
        new_size: rows and columns of the result, at most those of the panorama.
        channels: of the panorama.

    Raises:
        ValueError: the new size is larger than the old one.
    """

    def __init__(self, size: tuple[int, int], new_size: tuple[int, int], channels: int) -> None:
        super().__init__(*sphere.downsampling_windows(size, new_size), channels)


class BandGatherer(BandSums):
    """Σ_i ω_i f_i k_p(i) / ω_p, from bands of f: the transpose of :func:`.sphere.upsample_bilinear`.

    With it Σ_i ω_i f_i X_i is known for any X that is enlarged bilinearly from the smaller size to that of f.

    Args:
        size: rows and columns of the panorama f.
        new_size: rows and columns of the result, at most those of the panorama.
        channels: of the panorama.
    """

    def __init__(self, size: tuple[int, int], new_size: tuple[int, int], channels: int) -> None:
        (height, width), (new_height, new_width) = size, new_size
        # One row more beyond either pole, of what belongs half a turn away.
        first, weights = sphere.tent_windows((0, height), np.arange(-1, new_height + 1), new_height / height)
        source_sr = np.append(sphere.pixel_solid_angles_sr(height, width), np.zeros(weights.shape[1]))
        target_sr = np.pad(sphere.pixel_solid_angles_sr(new_height, new_width), 1, mode="edge")
        weights = weights * source_sr[first[:, None] + np.arange(weights.shape[1])] / target_sr[:, None]
        margin = int(np.ceil(1.5 * width / new_width))
        columns = sphere.tent_windows((-margin, width + margin), np.arange(new_width), new_width / width)
        super().__init__((first, weights.astype(np.float32)), (columns[0] - margin, columns[1]), channels)

    @property
    def result(self) -> np.ndarray:
        """The (h, w, C) float32 panorama: complete once every row has been given."""
        result = self._sums[1:-1].copy()
        half_turn = result.shape[1] // 2
        result[0] += np.roll(self._sums[0], half_turn, axis=0)
        result[-1] += np.roll(self._sums[-1], half_turn, axis=0)
        return result


class BandMaximum:
    """The maximum over each pixel of a smaller panorama, from bands of the rows of a larger one.

    A pixel counts for the smaller one that contains its centre. Where the panorama is not larger, the result repeats
    its pixels.

    Args:
        size: rows and columns of the panorama.
        new_size: rows and columns of the result.
    """

    def __init__(self, size: tuple[int, int], new_size: tuple[int, int]) -> None:
        self._known_size = (min(size[0], new_size[0]), min(size[1], new_size[1]))
        self._new_size = new_size
        self._rows, self._columns = (
            _centre_index(old, known) for old, known in zip(size, self._known_size, strict=True)
        )
        self._first_columns = np.searchsorted(self._columns, np.arange(self._known_size[1]))
        self._maxima = np.zeros(self._known_size, dtype=np.float32)

    @property
    def result(self) -> np.ndarray:
        """The (h, w) float32 maxima: complete once every row has been given."""
        rows, columns = (_centre_index(new, known) for new, known in zip(self._new_size, self._known_size, strict=True))
        return self._maxima[rows[:, None], columns]

    def add(self, band: np.ndarray, first_row: int) -> None:
        """Count a band in, (n, W) float32, ≥ 0, that begins with row ``first_row``."""
        targets = self._rows[first_row : first_row + len(band)]
        first_rows = np.flatnonzero(np.diff(targets, prepend=-1))
        by_row = np.maximum.reduceat(band, first_rows, axis=0)
        maxima = np.maximum.reduceat(by_row, self._first_columns, axis=1)
        self._maxima[targets[first_rows]] = np.maximum(self._maxima[targets[first_rows]], maxima)


def _centre_index(size: int, new_size: int) -> np.ndarray:
    """Return in which of ``new_size`` equal intervals the centre of each of ``size`` intervals is, (size,) int."""
    return ((2 * np.arange(size) + 1) * new_size) // (2 * size)
