"""PU-PSNR and PU-SSIM of panoramas, by the paper's procedure.

The prediction is scaled to the truth, then both so that the LDR's white is at 255 cd/m². Pixels of the
equirectangular map count alike, regardless of their solid angle, as in the paper; its PU encoding (Aydın et al. 2008)
is replaced by its successor PU21.

Source: Yu et al. 2021, section 5.2.
"""

from __future__ import annotations

import numpy as np

from lanet_core.metrics.display_quality import SSIM_WINDOW_SIZE
from lanet_core.metrics.linear_quality import log_scale
from lanet_core.metrics.pu21 import WHITE_CD_M2, pu21_psnr, pu21_ssim


def map_pu_psnr(panorama: np.ndarray, truth: np.ndarray) -> float:
    """Return PU21-PSNR of a panorama that was scaled to the truth.

    Args:
        panorama: (H, W, 3) float, linear Rec.709, ≥ 0, any scale.
        truth: the same shape, calibrated: 1 is the LDR's white.

    Returns:
        Decibels; infinite for equal panoramas.

    Raises:
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    return pu21_psnr(*_absolute(panorama, truth))


def map_pu_ssim(panorama: np.ndarray, truth: np.ndarray) -> float:
    """Return PU21-SSIM of a panorama that was scaled to the truth.

    The window goes round in azimuth and over the poles, so every pixel counts and turning both changes nothing.

    Args:
        panorama: (H, W, 3) float, linear Rec.709, ≥ 0, any scale; W even.
        truth: the same shape, calibrated: 1 is the LDR's white.

    Returns:
        [-1, 1]; 1 for equal panoramas.

    Raises:
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    return pu21_ssim(*(_surrounded(each, SSIM_WINDOW_SIZE // 2) for each in _absolute(panorama, truth)))


def image_pu_ssim(image: np.ndarray, truth: np.ndarray) -> float:
    """Return PU21-SSIM of a single image that was scaled to the truth; windows are within the image.

    Args:
        image: (H, W, 3) float, linear Rec.709, ≥ 0, any scale; at least 11×11 pixels.
        truth: the same shape, calibrated: 1 is the LDR's white.

    Returns:
        [-1, 1]; 1 for equal images.

    Raises:
        ImageTooSmallError: less than 11×11 pixels.
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    return pu21_ssim(*_absolute(image, truth))


def _absolute(panorama: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both in cd/m², the panorama at the truth's scale."""
    return panorama * (log_scale(panorama, truth) * WHITE_CD_M2), truth * WHITE_CD_M2


def _surrounded(panorama: np.ndarray, margin: int) -> np.ndarray:
    """Return a panorama with the rows that are beyond its poles and the columns beyond its seam."""
    over_the_pole = np.roll(panorama, panorama.shape[1] // 2, axis=1)
    rows = [over_the_pole[:margin][::-1], panorama, over_the_pole[-margin:][::-1]]
    return np.pad(np.concatenate(rows), ((0, 0), (margin, margin), (0, 0)), mode="wrap")
