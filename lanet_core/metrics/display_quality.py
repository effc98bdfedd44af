"""MSE, PSNR and SSIM: images as a display shows them, compared code value by code value.

They need values that are perceptually uniform, roughly, such as sRGB-encoded ones; linear light has to be encoded
first (:mod:`lanet_core.metrics.pu21`).
"""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np

from lanet_core.errors import ImageTooSmallError
from lanet_core.metrics.comparison import checked_pair

#: Wang et al. 2004, section III-C: an 11×11 Gaussian window of 1.5 pixels, and the constants K1 and K2.
SSIM_WINDOW_SIZE = 11
SSIM_SIGMA_PIXELS = 1.5
SSIM_K1 = 0.01
SSIM_K2 = 0.03


def mse(image: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean squared error over all pixels and channels.

    Args:
        image: (H, W, 3) or (H, W) float, encoded for a display, ≥ 0.
        truth: the same shape.

    Returns:
        Square of the input's unit, ≥ 0.

    Raises:
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    image, truth = checked_pair(image, truth)
    return float(np.square(image - truth).mean())


def psnr(image: np.ndarray, truth: np.ndarray, data_range: float = 1.0) -> float:
    """Return the peak signal-to-noise ratio, 10 log10(data_range² / MSE).

    Args:
        image: (H, W, 3) or (H, W) float, encoded for a display, ≥ 0.
        truth: the same shape.
        data_range: the code value of white.

    Returns:
        Decibels; infinite for equal images.

    Raises:
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    error = mse(image, truth)
    return float(10.0 * np.log10(data_range**2 / error)) if error > 0.0 else float("inf")


def ssim(image: np.ndarray, truth: np.ndarray, data_range: float = 1.0) -> float:
    """Return the structural similarity, mean over the pixels whose window is within the image.

    Each channel is compared on its own; the result is their mean.

    Args:
        image: (H, W, 3) or (H, W) float, encoded for a display, ≥ 0; at least 11×11 pixels.
        truth: the same shape.
        data_range: the code value of white, L.

    Returns:
        [-1, 1]; 1 for equal images.

    Raises:
        ImageTooSmallError: the window does not fit.
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.

    Source: Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
    Similarity", IEEE Transactions on Image Processing 13(4), 2004, Eq. 13 to 17.
    """
    x, y = checked_pair(image, truth)
    if min(x.shape[:2]) < SSIM_WINDOW_SIZE:
        raise ImageTooSmallError(
            f"The image is {x.shape[1]}x{x.shape[0]}, too small for SSIM.",
            remedy=f"Use at least {SSIM_WINDOW_SIZE}x{SSIM_WINDOW_SIZE} pixels.",
        )
    c1, c2 = (SSIM_K1 * data_range) ** 2, (SSIM_K2 * data_range) ** 2
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variance_x = _window_mean(x * x) - mean_x**2
    variance_y = _window_mean(y * y) - mean_y**2
    covariance = _window_mean(x * y) - mean_x * mean_y
    luminance = (2.0 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    structure = (2.0 * covariance + c2) / (variance_x + variance_y + c2)
    return float((luminance * structure).mean())


def _window_mean(image: np.ndarray) -> np.ndarray:
    """Return the Gaussian-weighted mean of each window that is within the image."""
    offsets = np.arange(SSIM_WINDOW_SIZE) - SSIM_WINDOW_SIZE // 2
    weights = np.exp(-0.5 * (offsets / SSIM_SIGMA_PIXELS) ** 2)
    weights /= weights.sum()
    for _ in range(2):  # the columns, then, of the transposed result, the rows
        inside = len(image) - SSIM_WINDOW_SIZE + 1
        image = reduce(add, (weight * image[first : first + inside] for first, weight in enumerate(weights)))
        image = np.swapaxes(image, 0, 1)
    return image
