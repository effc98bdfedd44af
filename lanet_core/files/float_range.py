"""Float samples: LDR, HDR, or an HDR that was cut off, as their values show."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lanet_core.errors import AlreadyHdrError
from lanet_core.files.ldr_image import Measured
from lanet_core.files.plateau import find_plateau

#: Resampling leaves values a little above white; up to this they are clipped.
LARGEST_OVERSHOOT = 1.1
#: Relative rounding of the values of a plateau: that of Radiance's 8-bit mantissa and of half floats.
_PLATEAU_TOLERANCE = 0.01
#: An image's mean, clipped at white, at the exposure at which the network sees it: middle grey.
_METERED_MEAN = 0.18


def classify(samples: np.ndarray, path: Path | None, *, extend: bool = False) -> tuple[np.ndarray, Measured | None]:
    """Return float samples as an LDR image, or as an HDR to extend.

    Args:
        samples: (H, W, C) float, linear, finite, ≥ 0; 1 = white of an LDR image.
        path: the file they come from, for the message.
        extend: whether light is to be added above the plateau of an HDR.

    Returns:
        The samples, clipped at 1 where they overshoot; and None for an LDR image, else where the measurement ends.

    Raises:
        AlreadyHdrError: the values are those of an HDR and ``extend`` is not set, or the HDR has no plateau.
    """
    peak = float(samples.max())
    if peak <= LARGEST_OVERSHOOT:
        return (np.minimum(samples, samples.dtype.type(1.0)) if peak > 1.0 else samples), None
    plateau = find_plateau(samples, _PLATEAU_TOLERANCE)
    if extend:
        if plateau is None:
            raise AlreadyHdrError(
                f"The image is HDR, its values reach {peak:.4g} times white, and they end in no plateau: nothing is "
                "clipped.",
                path=path,
                remedy="Use it as it is.",
            )
        return samples, Measured(plateau, 2.0 * _PLATEAU_TOLERANCE, exposure=_exposure(samples, plateau))
    if plateau is not None:
        raise AlreadyHdrError(
            f"The image is HDR already, but its light looks clipped at {plateau:.4g} times white.",
            path=path,
            remedy="Pass --extend to add the light above that level, or use the image as it is.",
        )
    raise AlreadyHdrError(
        f"The image is HDR already: its values reach {peak:.4g} times white.",
        path=path,
        remedy="Use it as it is: it needs no conversion.",
    )


def _exposure(samples: np.ndarray, plateau: float) -> float:
    """Return the factor at which the image, clipped at white, has the mean of a well-exposed photograph."""
    step = max(1, samples.shape[0] // 256)
    level = samples[step // 2 :: step, step // 2 :: step].mean(axis=-1, dtype=np.float64)
    rows = np.sin((np.arange(len(level)) + 0.5) / len(level) * np.pi)  # solid angles of a panorama
    weights = np.broadcast_to(rows[:, None], level.shape)
    low, high = 1e-6 / plateau, 1e6 / plateau
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        mean = np.average(np.minimum(level * middle, 1.0), weights=weights)
        low, high = (middle, high) if mean < _METERED_MEAN else (low, middle)
    return max(high, 1.0 / plateau)  # the plateau is white, or beyond
