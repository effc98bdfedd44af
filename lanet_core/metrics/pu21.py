"""PU21: absolute light encoded so that equal steps look equal, so that PSNR and SSIM apply to HDR images.

Source: Mantiuk and Azimi, "PU21: A novel perceptually uniform encoding for adapting existing quality metrics
for HDR", Image Coding Symposium 2021, with the parameters that the authors recommend ("banding_glare").
"""

from __future__ import annotations

import numpy as np

from lanet_core.colour import luminance
from lanet_core.metrics.comparison import checked_pair
from lanet_core.metrics.display_quality import psnr, ssim

#: Where the encoding is defined; light beyond is clipped.
MINIMUM_CD_M2 = 0.005
MAXIMUM_CD_M2 = 10_000.0

#: p1 to p7 of the "banding_glare" variant.
BANDING_GLARE = (0.353487901, 0.3734658629, 8.277049286e-5, 0.9062562627, 0.09150303166, 0.9099517204, 596.3148142)

#: What radiance 1 of a calibrated image, the LDR's white, is taken to emit (Yu et al. 2021, section 5.2).
WHITE_CD_M2 = 255.0

#: The peak for PSNR and SSIM: about what 100 cd/m², a white page, is encoded as.
PEAK = 256.0


def pu21_encode(light_cd_m2: np.ndarray) -> np.ndarray:
    """Encode absolute light.

    Args:
        light_cd_m2: any shape, float, luminance or linear Rec.709 channels, cd/m²; clipped to [0.005, 10 000].

    Returns:
        Same shape, float64, from 0 to 595.4; 256 at about 100 cd/m².
    """
    p1, p2, p3, p4, p5, p6, p7 = BANDING_GLARE
    power = np.clip(np.asarray(light_cd_m2, dtype=np.float64), MINIMUM_CD_M2, MAXIMUM_CD_M2) ** p4
    return p7 * (((p1 + p2 * power) / (1.0 + p3 * power)) ** p5 - p6)


def pu21_psnr(image_cd_m2: np.ndarray, truth_cd_m2: np.ndarray) -> float:
    """Return PU21-PSNR: of the encoded channels R, G and B, with peak 256.

    Args:
        image_cd_m2: (H, W, 3) float, linear Rec.709, cd/m², ≥ 0.
        truth_cd_m2: the same shape.

    Returns:
        Decibels; infinite for equal images.

    Raises:
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    image_cd_m2, truth_cd_m2 = checked_pair(image_cd_m2, truth_cd_m2)
    return psnr(*_encoded(image_cd_m2, truth_cd_m2), PEAK)


def pu21_ssim(image_cd_m2: np.ndarray, truth_cd_m2: np.ndarray) -> float:
    """Return PU21-SSIM: of the encoded luminance, with peak 256.

    Args:
        image_cd_m2: (H, W, 3) float, linear Rec.709, cd/m², ≥ 0; at least 11×11 pixels.
        truth_cd_m2: the same shape.

    Returns:
        [-1, 1]; 1 for equal images.

    Raises:
        ImageTooSmallError: see :func:`lanet_core.metrics.display_quality.ssim`.
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    image_cd_m2, truth_cd_m2 = checked_pair(image_cd_m2, truth_cd_m2)
    return ssim(*_encoded(luminance(image_cd_m2), luminance(truth_cd_m2)), PEAK)


def _encoded(image_cd_m2: np.ndarray, truth_cd_m2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Encode both; the lowest code is 5e-10 by the parameters' rounding, so no code is negative."""
    return pu21_encode(image_cd_m2), pu21_encode(truth_cd_m2)
