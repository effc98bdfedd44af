"""The level at which measured light was cut off: many pixels share the brightest value."""

from __future__ import annotations

import numpy as np

#: A plateau has at least so many pixels, and as many as the band below it; fewer where all channels end at one value.
_LEAST_PIXELS, _LEAST_WHITE_PIXELS = 4, 2
#: Width of the band below the plateau against the plateau's own tolerance.
_BAND = 4.0
#: Share of the pixels that may exceed a plateau.
_OUTLIERS = 1e-5


def find_plateau(rgb_linear: np.ndarray, tolerance: float) -> float | None:
    """Return the level at which the brightest light of an image was cut off.

    In an uncut image the values thin out towards the maximum. In a cut one they pile up there.

    Args:
        rgb_linear: (..., 3) float, ≥ 0, linear; any scale.
        tolerance: how much the values of a plateau may differ from one another, relative: rounding and compression.

    Returns:
        The plateau's level, of the largest channel; None where the light was not cut off.
    """
    level = rgb_linear.max(axis=-1).ravel()
    # A few pixels may be above a plateau, as ringing leaves them.
    outliers = int(_OUTLIERS * level.size)
    top = float(np.partition(level, level.size - 1 - outliers)[level.size - 1 - outliers])
    if top <= 0.0:
        return None
    on_top = np.count_nonzero(level >= (1.0 - tolerance) * top)
    below = np.count_nonzero(level >= (1.0 - _BAND * tolerance) * top) - on_top
    whites = np.count_nonzero((rgb_linear >= (1.0 - tolerance) * top).all(axis=-1))
    least = _LEAST_WHITE_PIXELS if whites == on_top else _LEAST_PIXELS
    return top if on_top >= max(least, below) else None
