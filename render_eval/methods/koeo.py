"""``koeo``: the reverse tone mapping of Kovaleski and Oliveira, by a brightness enhancement function.

The function is 1 where the image is well exposed and rises to α in clipped regions: the mask of the clipped pixels,
smoothed by a cross-bilateral filter with the image's brightness as its guide, so that it ends at edges.

    BEF = 1 + (α − 1) · CB(M; guide Y′, σ_s, σ_r),   HDR = BEF · LDR

M is 1 where a channel's code passes 254 and Y′ is the luma of the 8-bit image, so σ_r is in code values. With α = 4
a display's 300 cd/m² becomes 1,200. The display's own scale and black level are left out: maps are calibrated by Eq.
1 afterwards.

Source: Kovaleski and Oliveira 2014, "High-Quality Reverse Tone Mapping for a Wide Range of Exposures", SIBGRAPI;
after Rempel et al. 2007, "LDR2HDR", whose mask and α these are; parameters as in the HDR Toolbox (Banterle et al.).
σ_s is published for images of 1920×1080 and is scaled with the width here.
"""

from __future__ import annotations

import numpy as np

from lanet_core.colour import luminance
from render_eval.methods.bilateral_grid import cross_bilateral_filter
from render_eval.methods.method import Photograph
from render_eval.records import MethodRecord

#: M is 1 where a channel's code is above this; 254 is the value for still images.
CLIPPING_CODE = 254
#: α.
LARGEST_ENHANCEMENT = 4.0
#: σ_s as a share of the image's width: 150 pixels of 1920.
SPATIAL_SIGMA_WIDTHS = 150.0 / 1920.0
#: σ_r, in the luma's units.
RANGE_SIGMA = 25.0 / 255.0


class Koeo:
    """Cross-bilateral brightness enhancement."""

    record = MethodRecord(
        "koeo",
        "KOEO",
        "Kovaleski and Oliveira 2014, High-Quality Reverse Tone Mapping for a Wide Range of Exposures",
    )

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, [0, 4]."""
        return photograph.ldr_linear * brightness_enhancement(photograph.rgb_srgb8)[..., None]


def brightness_enhancement(rgb_srgb8: np.ndarray) -> np.ndarray:
    """Return the brightness enhancement function.

    Args:
        rgb_srgb8: (H, W, 3) uint8, sRGB-encoded Rec.709.

    Returns:
        (H, W) float32, [1, 4], a factor on linear light.
    """
    clipped = (rgb_srgb8.max(axis=2) > CLIPPING_CODE).astype(np.float32)
    luma = luminance(rgb_srgb8.astype(np.float32) / np.float32(255.0))
    smoothed = cross_bilateral_filter(
        clipped,
        luma,
        spatial_sigma_px=SPATIAL_SIGMA_WIDTHS * rgb_srgb8.shape[1],
        range_sigma=RANGE_SIGMA,
    )
    return np.float32(1.0) + np.float32(LARGEST_ENHANCEMENT - 1.0) * smoothed
