"""An array of pixels that a program gives, checked as a file would be."""

from __future__ import annotations

import numpy as np

from lanet_core.errors import InvalidPixelsError, UnsupportedColourModelError, UnsupportedFormatError
from lanet_core.files.colour_encoding import LINEAR, SRGB
from lanet_core.files.float_range import classify
from lanet_core.files.ldr_image import LdrImage


def image_from_array(rgb: np.ndarray, *, extend: bool = False) -> LdrImage:
    """Return an array of LDR pixels as an image.

    Args:
        rgb: (H, W, 3), Rec.709 primaries: uint8 or uint16, sRGB-encoded, or float, linear, 1 = white. A little more
            than 1 is clipped, see :data:`lanet_core.files.float_range.LARGEST_OVERSHOOT`.
        extend: whether an HDR is taken whose light is cut off at a plateau.

    Raises:
        UnsupportedColourModelError: the array is not (H, W, 3).
        UnsupportedFormatError: its dtype is another.
        InvalidPixelsError: it is empty, or contains NaN, infinite or negative values.
        AlreadyHdrError: it holds values beyond white.
    """
    rgb = np.asarray(rgb)
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise UnsupportedColourModelError(f"The array is {rgb.shape}, not (H, W, 3).", remedy="Use RGB.")
    if rgb.size == 0:
        raise InvalidPixelsError("The array contains no pixels.", remedy="Use a panorama.")
    if rgb.dtype in (np.uint8, np.uint16):
        return LdrImage(rgb, bit_depth=8 * rgb.itemsize, encoding=SRGB)
    if rgb.dtype.kind != "f":
        raise UnsupportedFormatError(f"The array is of {rgb.dtype}.", remedy="Use uint8, uint16 or float32.")
    rgb_linear = rgb.astype(np.float32, copy=False)
    lowest, highest = rgb_linear.min(), rgb_linear.max()
    if not (np.isfinite(lowest) and np.isfinite(highest)) or lowest < 0.0:
        raise InvalidPixelsError(
            "The array contains negative, NaN or infinite values.", remedy="Use linear values in [0, 1]."
        )
    rgb_linear, measured = classify(rgb_linear, None, extend=extend)
    return LdrImage(rgb_linear, bit_depth=32, encoding=LINEAR, measured=measured)
