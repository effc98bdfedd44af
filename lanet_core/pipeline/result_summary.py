"""Figures of a result that are found while it is made, and the warnings for them."""

from __future__ import annotations

import numpy as np

from lanet_core import colour
from lanet_core.pipeline.main_light import MainLightFinder
from lanet_core.reconstruction.surface_calibration import SurfaceFactor


class ResultSummary:
    """What is found of a result while it is made band by band: its peak luminance and its main light."""

    def __init__(self, size: tuple[int, int], is_panorama: bool) -> None:
        self.peak = 0.0
        self.light = MainLightFinder(size) if is_panorama else None

    def add(self, hdr: np.ndarray, first_row: int) -> None:
        """Take note of a band."""
        if hdr.max() > self.peak:  # no pixel's luminance exceeds its largest channel
            self.peak = max(self.peak, float(colour.luminance(hdr).max()))
        if self.light is not None:
            self.light.add(hdr, first_row)


def exposure_warnings(overexposed_fraction: float, peak: float) -> tuple[str, ...]:
    """Return the warnings for images that are black, without clipped parts or clipped everywhere."""
    if overexposed_fraction >= 1.0 - 1e-6:
        return ("Every pixel is over-exposed: the result is a guess.",)
    if peak == 0.0:
        return ("The image is black: it contains no light.",)
    if overexposed_fraction == 0.0:
        return ("Nothing in the image is over-exposed: the result is the image itself.",)
    return ()


def calibration_warnings(calibration: SurfaceFactor | None) -> tuple[str, ...]:
    """Return the warning for a surface by which the light could not be calibrated."""
    if calibration is None or not calibration.problem:
        return ()
    return (f"{calibration.problem} The light was left as predicted.",)
