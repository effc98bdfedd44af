"""Over-exposure measured against an image's white level.

A pixel's over-exposure is the share of the radiance it lacks that it is given: the cube of the ramp of Eq. 8, which
keeps close to the image where it is barely over-exposed. The ramp ends a little below white, so that the noise of
compression does not count. A channel that is clipped on its own, as the red of a low sun, counts from
:data:`CHANNEL_THRESHOLD` on.

Source: Yu et al. 2021, Eq. 8.
"""

from __future__ import annotations

import numpy as np

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.colour import linear_to_srgb, srgb_to_linear
from lanet_core.reconstruction.white_level import WhiteLevel

#: A single channel counts as over-exposed above this share of its white.
CHANNEL_THRESHOLD = 0.95
#: Both ramps reach 1 at this share of white.
SATURATION = 0.98
#: Greatest radiance relative to white that is added; the sun is near 1e5 times a sunlit white.
MAXIMUM_RADIANCE = 1e8


def overexposure(relative: np.ndarray) -> np.ndarray:
    """Return the over-exposure of pixels, (...) float32 in [0, 1]; exactly 0 where the image is well exposed.

    Args:
        relative: (..., 3) float32, linear Rec.709 divided by the white level, [0, 1].
    """
    red, green, blue = relative[..., 0], relative[..., 1], relative[..., 2]
    mean = ((red + green) + blue) / relative.dtype.type(3.0)
    channel = np.maximum(np.maximum(red, green), blue)
    ramp = np.maximum(_ramp(mean, OVEREXPOSURE_THRESHOLD), _ramp(channel, CHANNEL_THRESHOLD))
    return ramp * ramp * ramp


def _ramp(level: np.ndarray, threshold: float) -> np.ndarray:
    scale = level.dtype.type(1.0 / (SATURATION - threshold))
    return np.clip((level - level.dtype.type(threshold)) * scale, 0.0, 1.0)


def relative_to_white(rgb_linear: np.ndarray, white: WhiteLevel) -> np.ndarray:
    """Return an image relative to its white level, [0, 1]; the image itself where white is 1 and black is 0.

    With lifted blacks, the display-encoded range from black to white is stretched to [0, 1].

    Args:
        rgb_linear: (..., 3) float32, linear Rec.709, [0, 1].
        white: the image's white level.
    """
    if white.black > 0.0:
        encoded = linear_to_srgb(rgb_linear) - np.float32(white.black)
        span = np.array(white.rgb, dtype=np.float32) - np.float32(white.black)
        return srgb_to_linear(np.clip(encoded / span, np.float32(0.0), np.float32(1.0)))
    if (white.linear == 1.0).all():
        return rgb_linear
    return np.minimum(rgb_linear / white.linear, np.float32(1.0))
