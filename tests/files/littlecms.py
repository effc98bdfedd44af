"""LittleCMS as the reference of colour profiles."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms


def as_littlecms_sees_it(rgb8: np.ndarray, profile: bytes) -> np.ndarray:
    """Return codes as 8-bit sRGB by LittleCMS, relative colorimetric."""
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        "RGB",
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.HIGHRESPRECALC | ImageCms.Flags.NOOPTIMIZE,
    )
    return np.asarray(ImageCms.applyTransform(Image.fromarray(rgb8), transform))
