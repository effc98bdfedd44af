"""sRGB transfer function and changes of RGB primaries.

Everything in this package is linear light with Rec.709 primaries and a D65 white point, unless a name
specifies another space (``rgb_srgb8``, ``rgb_encoded``).
"""

from __future__ import annotations

import numpy as np

#: Relative luminance of linear Rec.709 (ITU-R BT.709-6, item 3.2).
REC709_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)

#: CIE xy chromaticities of red, green, blue and the D65 white point (ITU-R BT.709-6, item 1.4).
REC709_CHROMATICITIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)


def srgb_to_linear(rgb_encoded: np.ndarray) -> np.ndarray:
    """Decode sRGB to linear light.

    Args:
        rgb_encoded: any shape, float, sRGB-encoded, [0, 1].

    Returns:
        Same shape and dtype, linear light, [0, 1].

    Source: IEC 61966-2-1:1999, 5.2 (the exact two-part curve).
    """
    rgb_encoded = np.asarray(rgb_encoded)
    power = ((np.maximum(rgb_encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(rgb_encoded <= 0.04045, rgb_encoded / 12.92, power).astype(rgb_encoded.dtype, copy=False)


def linear_to_srgb(rgb_linear: np.ndarray) -> np.ndarray:
    """Encode linear light as sRGB; values outside [0, 1] are clipped first.

    Args:
        rgb_linear: any shape, float, linear light.

    Returns:
        Same shape and dtype, sRGB-encoded, [0, 1].

    Source: IEC 61966-2-1:1999, 5.2 (the exact two-part curve).
    """
    rgb_linear = np.clip(rgb_linear, 0.0, 1.0)
    power = 1.055 * np.maximum(rgb_linear, 0.0031308) ** (1.0 / 2.4) - 0.055
    return np.where(rgb_linear <= 0.0031308, rgb_linear * 12.92, power).astype(rgb_linear.dtype, copy=False)


def quantise_srgb8(rgb_linear: np.ndarray) -> np.ndarray:
    """Encode linear light as 8-bit sRGB code values.

    Args:
        rgb_linear: any shape, float, linear light; clipped to [0, 1].

    Returns:
        Same shape, uint8, sRGB-encoded.
    """
    return np.rint(linear_to_srgb(rgb_linear) * 255.0).astype(np.uint8)


def luminance(rgb_linear: np.ndarray) -> np.ndarray:
    """Return relative luminance Y.

    Args:
        rgb_linear: (..., 3) float, linear Rec.709.

    Returns:
        (...) float, linear, in the input's units.
    """
    return rgb_linear @ REC709_LUMINANCE.astype(rgb_linear.dtype, copy=False)
