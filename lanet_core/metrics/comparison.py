"""Requirements of every comparison of two images: the same size, and pixels that are finite."""

from __future__ import annotations

import numpy as np

from lanet_core.errors import InputError, InvalidPixelsError


class SizeMismatchError(InputError):
    """Two images that are to be compared differ in size."""


def checked_pair(image: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two images ready to be compared.

    Args:
        image: (H, W, 3) or (H, W) float, ≥ 0.
        truth: the same shape.

    Returns:
        Both as float64.

    Raises:
        SizeMismatchError: the shapes differ.
        InvalidPixelsError: one of the two contains NaN, infinite or negative values.
    """
    if image.shape != truth.shape:
        raise SizeMismatchError(
            f"The image is {_size(image)} and the truth {_size(truth)}.",
            remedy="Use two images of the same size.",
        )
    for name, pixels in (("image", image), ("truth", truth)):
        if not np.isfinite(pixels).all() or (pixels < 0).any():
            raise InvalidPixelsError(
                f"The {name} contains NaN, infinite or negative values.",
                remedy="Repair it, or clip it to finite values of zero and more.",
            )
    return image.astype(np.float64, copy=False), truth.astype(np.float64, copy=False)


def _size(image: np.ndarray) -> str:
    height, width = image.shape[:2]
    return "x".join(str(number) for number in (width, height, *image.shape[2:]))
