"""Results of a conversion, with remarks for the user."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from lanet_core.pipeline.main_light import MainLight
from lanet_core.reconstruction.white_level import WhiteLevel

#: From this expected error of diffuse irradiance on, in stops, a conversion warns: photographs that are not converted
#: at all are as wrong on the mean (0.79 on the validation scenes).
HIGH_EXPECTED_ERROR_STOPS = 0.75


@dataclass(frozen=True)
class Conversion:
    """What a conversion found and made.

    Attributes:
        height: rows of the result.
        width: its columns.
        clipped_fraction: the share of the sphere's solid angle, or of a single image's area, that is over-exposed in
            the LDR, [0, 1].
        peak_ev: the brightest pixel's luminance in stops above LDR white; -inf for a black image.
        provider: the execution provider that ran.
        network_seconds: wall-clock seconds that the network took.
        model_name: name and version of the model.
        model_sha256: SHA-256 of the model's file, hexadecimal.
        warnings: remarks for the user, one sentence each.
        expected_error_stops: by how much the model expects the diffuse irradiance of its result to be wrong: mean
            absolute error over all directions, in stops. None where the model does not predict it.
        strength_range_ev: likely range of the factor that the added light lacks, in stops, such as (-0.4, 0.9): the
            tenth and the ninetieth percentile. None for the same reason.
        calibration_factor: factor of the added radiance by which a surface has its albedo, see
            :mod:`lanet_core.reconstruction.surface_calibration`. None without a surface, and where there is none.
        white_level: the image's white level.
        seconds: wall-clock seconds of the whole conversion, writing included.
        light: the result's main light; None for a single image and for a black panorama.
        hdr: (H, W, 3) float32, linear Rec.709, 1 = LDR white; None where the result is a file, which never is in
            memory as a whole.
        uncertainty: (H, W) float32, the expected absolute error of each pixel's log2 radiance, in stops: 0 where the
            image is well exposed. None where the result is a file, or the model has no confidence.
        attention: (h, w, 2) float32, [0, 1], LANet's two attention maps of a single image, at the size at which the
            network saw it; None for a panorama, and where the model has none.
        segmentation: (h, w) uint8, the luminance class of each of those pixels: 0 dark, 1 between, 2 bright; None
            None for the same reason.
    """

    height: int
    width: int
    clipped_fraction: float
    peak_ev: float
    provider: str
    network_seconds: float
    model_name: str
    model_sha256: str
    warnings: tuple[str, ...] = ()
    expected_error_stops: float | None = None
    strength_range_ev: tuple[float, float] | None = None
    calibration_factor: float | None = None
    white_level: WhiteLevel = field(default_factory=WhiteLevel)
    seconds: float = 0.0
    light: MainLight | None = None
    hdr: np.ndarray | None = None
    uncertainty: np.ndarray | None = None
    attention: np.ndarray | None = None
    segmentation: np.ndarray | None = None

    def facts(self) -> dict[str, Any]:
        """Return everything but the arrays, fit for JSON: the peak of a black image is None."""
        arrays = ("hdr", "uncertainty", "attention", "segmentation")
        facts = {name: value for name, value in vars(self).items() if name not in arrays}
        peak_ev = None if self.peak_ev == -np.inf else self.peak_ev
        light = None if self.light is None else asdict(self.light)
        return facts | {"peak_ev": peak_ev, "white_level": str(self.white_level), "light": light}


def confidence_warnings(expected_error_stops: float | None) -> tuple[str, ...]:
    """Return the warnings for an expected error, one sentence each."""
    if expected_error_stops is None or expected_error_stops < HIGH_EXPECTED_ERROR_STOPS:
        return ()
    return (
        f"The predicted error of the light is {expected_error_stops:.1f} stops: "
        "the image shows little of its light sources.",
    )
