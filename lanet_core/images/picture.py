"""A picture as it came from its file: its samples, what they mean as light, and what the file says about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core.images.colour_encoding import LINEAR, ColourEncoding, linearise
from lanet_core.images.gpano import GPano


@dataclass(frozen=True)
class Picture:
    """An LDR picture, upright. Its light takes four times the room of 8-bit samples, so it is made strip by strip.

    Attributes:
        samples: (H, W, 1) or (H, W, 3), EXIF orientation applied: unsigned integers over their whole range, or float,
            1.0 = full scale.
        path: the file it was read from, None if it was made in memory.
        bit_depth: bits per channel in the file.
        gpano: the file's panorama metadata, None where it has none that is usable.
        warnings: what a person should know about how the file was read, one sentence each.
        encoding: what the samples mean.
    """

    samples: np.ndarray
    path: Path | None = None
    bit_depth: int = 8
    gpano: GPano | None = None
    warnings: tuple[str, ...] = ()
    encoding: ColourEncoding = LINEAR

    @property
    def height(self) -> int:
        """Rows."""
        return self.samples.shape[0]

    @property
    def width(self) -> int:
        """Columns."""
        return self.samples.shape[1]

    def linear_rows(self, first: int, end: int) -> np.ndarray:
        """Return the light of some rows: (end − first, W, 3) float32, linear Rec.709, [0, 1]; maybe a view."""
        return linearise(self.samples[first:end], self.encoding)

    def linear_pixels(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the light of single pixels, given by their rows and columns (...): (..., 3) float32, as above."""
        samples = self.samples[rows, columns]
        return linearise(samples.reshape(1, -1, samples.shape[-1]), self.encoding).reshape(*rows.shape, 3)

    @property
    def rgb_linear(self) -> np.ndarray:
        """The whole picture's light: (H, W, 3) float32, linear Rec.709, [0, 1]; made anew each time."""
        return self.linear_rows(0, self.height)
