"""How well the eye sees contrast: its sensitivity at threshold, and its response above it."""

from __future__ import annotations

import numpy as np


def transducer(contrast_decades: np.ndarray, sensitivity: np.ndarray) -> np.ndarray:
    """Return how strongly a contrast is seen; 1 is the threshold of detection.

    Args:
        contrast_decades: log10 of the ratio of two luminances, ≥ 0.
        sensitivity: 1 / Weber contrast at threshold.

    Returns:
        The arguments' common shape, float64, ≥ 0: multiples of the threshold's response.

    Source: Wilson, "A Transducer Function for Threshold and Suprathreshold Human Vision", Biological Cybernetics 38,
    1980, with the constants that Mantiuk et al. 2008 use.
    """
    seen = (10.0**contrast_decades - 1.0) * sensitivity
    return 3.291 * (np.cbrt(1.0 + seen**3) - 1.0) / (0.2599 * (3.433 + seen) ** 0.8)


def contrast_sensitivity(frequency_cpd: np.ndarray, adaptation_cd_m2: float | np.ndarray) -> np.ndarray:
    """Return the eye's contrast sensitivity at 0.5 m, for an image of one square degree, seen straight on.

    Args:
        frequency_cpd: spatial frequency, cycles per degree, > 0.
        adaptation_cd_m2: luminance to which the eye is adapted.

    Returns:
        The arguments' common shape, float64: 1 / Weber contrast at threshold.

    Source: Daly, "The Visible Differences Predictor", in Digital Images and Human Vision, 1993, the contrast
    sensitivity function.
    """
    peak_sensitivity, eccentricity_factor, viewing_distance_m = 250.0, 0.9, 0.5
    amplitude = 0.801 * (1.0 + 0.7 / adaptation_cd_m2) ** -0.2
    decay = 0.3 * (1.0 + 100.0 / adaptation_cd_m2) ** 0.15 * eccentricity_factor

    def curve(frequency: np.ndarray) -> np.ndarray:
        size_limit = ((3.23 * frequency**-0.6) ** 5 + 1.0) ** -0.2
        falling = np.exp(-decay * frequency) * np.sqrt(1.0 + 0.06 * np.exp(decay * frequency))
        return size_limit * amplitude * eccentricity_factor * frequency * falling

    accommodated = frequency_cpd / (0.856 * viewing_distance_m**0.14)
    return peak_sensitivity * np.minimum(curve(frequency_cpd), curve(accommodated))
