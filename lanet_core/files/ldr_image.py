"""An image as it came from its file: its samples, what they mean as light, and what the file declares about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core.files.colour_encoding import LINEAR, ColourEncoding, decode, linearise, to_rec709
from lanet_core.files.gain_map import GainMap
from lanet_core.files.gpano import GPano


@dataclass(frozen=True)
class Measured:
    """Light above the image's white that was measured: by a camera's gain map, or in an HDR that was cut off.

    Attributes:
        ceiling: the level at which the measurement ends, in the units of the measured light, largest channel; infinite
            where it is complete.
        tolerance: relative deviation from the ceiling at which a pixel still counts as cut off.
        gain_map: leads from the image's samples to the measured light; None where the samples are that light.
        exposure: factor from the measured light to the image's: 1 with a gain map.
    """

    ceiling: float
    tolerance: float
    gain_map: GainMap | None = None
    exposure: float = 1.0


@dataclass(frozen=True)
class LdrImage:
    """An LDR image, upright. Its light takes four times the room of 8-bit samples, so it is made band by band.

    Attributes:
        samples: (H, W, 1) or (H, W, 3), EXIF orientation applied: unsigned integers over their whole range, or float,
            1.0 = full scale.
        path: the file it was read from, None if it was made in memory.
        bit_depth: bits per channel in the file.
        gpano: the file's panorama metadata, None where it has none that is usable.
        warnings: remarks for the user about how the file was read, one sentence each.
        encoding: what the samples mean.
        transparent: (H, W) bool, pixels that show nothing; None where all do.
        measured: light above white that was measured, None where white is the end.
    """

    samples: np.ndarray
    path: Path | None = None
    bit_depth: int = 8
    gpano: GPano | None = None
    warnings: tuple[str, ...] = ()
    encoding: ColourEncoding = LINEAR
    transparent: np.ndarray | None = None
    measured: Measured | None = None

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
        if self._is_exposed:
            return self._exposed(self.measured_rows(first, end))
        return linearise(self.samples[first:end], self.encoding)

    def linear_pixels(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the light of single pixels, given by their rows and columns (...): (..., 3) float32, as above."""
        if self._is_exposed:
            return self._exposed(self.measured_pixels(rows, columns))
        samples = self.samples[rows, columns]
        return linearise(samples.reshape(1, -1, samples.shape[-1]), self.encoding).reshape(*rows.shape, 3)

    def measured_rows(self, first: int, end: int) -> np.ndarray:
        """Return the measured light of some rows: (end − first, W, 3) float32, linear Rec.709, ≥ 0, unbounded."""
        rgb = self._own_light(self.samples[first:end])
        if self.measured is not None and self.measured.gain_map is not None:
            rgb = self.measured.gain_map.applied_to_rows(rgb, first)
        return to_rec709(rgb, self.encoding)

    def measured_pixels(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the measured light of single pixels: (..., 3) float32, see :meth:`measured_rows`."""
        samples = self.samples[rows, columns]
        rgb = self._own_light(samples.reshape(1, -1, samples.shape[-1])).reshape(*rows.shape, 3)
        if self.measured is not None and self.measured.gain_map is not None:
            rgb = self.measured.gain_map.applied_to_pixels(rgb, rows, columns)
        return to_rec709(rgb, self.encoding)

    @property
    def rgb_linear(self) -> np.ndarray:
        """The whole image's light: (H, W, 3) float32, linear Rec.709, [0, 1]; made anew each time."""
        return self.linear_rows(0, self.height)

    @property
    def _is_exposed(self) -> bool:
        """Whether the samples are HDR, of which the LDR image is an exposure."""
        return self.measured is not None and self.measured.gain_map is None

    def _exposed(self, hdr: np.ndarray) -> np.ndarray:
        assert self.measured is not None, "of HDR samples only"
        return np.minimum(hdr * np.float32(self.measured.exposure), np.float32(1.0))

    def _own_light(self, samples: np.ndarray) -> np.ndarray:
        """Return samples as light of their own primaries, unbounded where they are HDR."""
        if self._is_exposed:
            return np.repeat(samples, 3 // samples.shape[-1], axis=-1).astype(np.float32, copy=False)
        return decode(samples, self.encoding)
