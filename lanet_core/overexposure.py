"""Over-exposure measured against an image's white level.

A pixel's over-exposure is the share of the radiance it lacks that it is given: the cube of the ramp of Eq. 8, which
keeps close to the image where it is barely over-exposed. A channel that is clipped by itself, as the red of a low sun,
counts from :data:`CHANNEL_THRESHOLD` on.

Source: Yu et al. 2021, Eq. 8.
"""

from __future__ import annotations

import numpy as np

from lanet_core.calibration import overexposure_ramp
from lanet_core.colour import linear_to_srgb, srgb_to_linear
from lanet_core.white_level import WhiteLevel

#: A single channel counts as over-exposed above this share of its white.
CHANNEL_THRESHOLD = 0.96


def overexposure(relative: np.ndarray) -> np.ndarray:
    """Return the over-exposure of pixels, (...) float32 in [0, 1]; exactly 0 where the image is well exposed.

    Args:
        relative: (..., 3) float32, linear Rec.709 divided by the white level, [0, 1].
    """
    ramp = overexposure_ramp(relative)
    channel = np.maximum(np.maximum(relative[..., 0], relative[..., 1]), relative[..., 2])
    channel = np.clip((channel - np.float32(CHANNEL_THRESHOLD)) / np.float32(1.0 - CHANNEL_THRESHOLD), 0.0, 1.0)
    ramp = np.maximum(ramp, channel)
    return ramp * ramp * ramp


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
    if white.rgb == (1.0, 1.0, 1.0):
        return rgb_linear
    return np.minimum(rgb_linear / white.linear, np.float32(1.0))
