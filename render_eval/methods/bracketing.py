"""DrTMO's last step: which of the predicted exposures agree, and their merge to an HDR image.

The published program merges by OpenCV's ``createMergeDebevec`` with neither a response nor exposure times of a camera:
the 8-bit codes count as linear, and each exposure is half a stop above the one before.

Source: Endo et al. 2017, section 5; Debevec and Malik 1997, "Recovering High Dynamic Range Radiance Maps from
Photographs", Eq. 6; OpenCV, modules/photo/src/merge.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Codes by which a brighter exposure may be darker than the one before, or a darker one brighter, anywhere.
TOLERANCE = 64
#: Ratio of two neighbouring exposures.
STEP = 2.0**0.5
#: Of the darkest exposure; any other changes the scale of the whole.
SHORTEST_S = 1.0 / 1024.0


def consistent_exposures(
    darker: Sequence[np.ndarray], image: np.ndarray, brighter: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Return the exposures up to the first on either side that contradicts its neighbour, the darkest first.

    Args:
        darker: (H, W, 3) uint8 each, in steps down from the image.
        image: (H, W, 3) uint8.
        brighter: the same, in steps up.
    """
    down = _leading(darker, image, lambda exposed, previous: exposed > previous + TOLERANCE)
    up = _leading(brighter, image, lambda exposed, previous: exposed < previous - TOLERANCE)
    return [*reversed(down), image, *up]


def _leading(images: Sequence[np.ndarray], first: np.ndarray, contradicts) -> list[np.ndarray]:
    kept, previous = [], first.astype(np.int16)
    for image in images:
        current = image.astype(np.int16)
        if contradicts(current, previous).any():
            break
        kept.append(image)
        previous = current
    return kept


def merge_debevec(exposures: Sequence[np.ndarray]) -> np.ndarray:
    """Return the radiance that exposures agree on, by a weighted mean of logarithms.

    Args:
        exposures: (H, W, 3) uint8 each, the darkest first, each :data:`STEP` above the one before.

    Returns:
        (H, W, 3) float32, linear as far as the codes are, at any scale.
    """
    codes = np.arange(256, dtype=np.float32)
    weights = np.where(codes < 128, codes + 1.0, 256.0 - codes).astype(np.float32)
    log_response = np.log(np.maximum(codes, 1.0))
    total = np.zeros(exposures[0].shape, dtype=np.float32)
    weight_sum = np.zeros((*exposures[0].shape[:2], 1), dtype=np.float32)
    for number, image in enumerate(exposures):
        weight = weights[image].mean(axis=2, keepdims=True)
        total += weight * (log_response[image] - np.float32(np.log(SHORTEST_S * STEP**number)))
        weight_sum += weight
    return np.exp(total / weight_sum)
