"""Differences of linear light: siMSE, scale-invariant RMSE, RGB angular error, RMSE in stops.

All take images (H, W, 3) float, linear Rec.709, ≥ 0, of the same size, weigh all pixels alike, and raise the
errors of :func:`lanet_core.metrics.comparison.checked_pair`. Calibrated means that 1 is the LDR's white.

Logarithms are taken of max(radiance, :data:`DARKEST`). The paper's program has 1e-8 there, which lets pixels decide
that no LDR distinguishes from black. On a panorama of Poly Haven, 12 % of whose values are 0, the siMSE of an LDR
rises from 1.3 to 12.0 if its black is raised to the first 8-bit step; with this floor it goes from 0.19 to 0.26.
"""

from __future__ import annotations

import numpy as np

from lanet_core.metrics.comparison import checked_pair

#: Half of the smallest step of 8-bit sRGB, 1/255 on the curve's straight part: what is darker is black in any LDR.
DARKEST = 0.5 / 255.0 / 12.92


def simse(image: np.ndarray, truth: np.ndarray) -> float:
    """Return siMSE, mean(d²) − mean(d)² with d = ln(image) − ln(truth) over pixels and channels.

    Any factor on one of the two leaves it as it is, as long as no more pixels become darker than :data:`DARKEST`.

    Args:
        image: (H, W, 3) float, linear Rec.709, ≥ 0, calibrated.
        truth: the same shape, calibrated.

    Returns:
        Squared natural logarithms, ≥ 0. The paper's Table 2 has it times 100, its Table 3 times 10.

    Source: Eigen, Puhrsch and Fergus, "Depth Map Prediction from a Single Image using a Multi-Scale Deep
    Network", NeurIPS 2014, Eq. 1; Yu et al. 2021, Eq. 4 and section 5.2.
    """
    return float(_log_ratio(image, truth).var())


def log_scale(image: np.ndarray, truth: np.ndarray) -> float:
    """Return the factor κ that brings an image closest to the truth in the logarithm: ln κ = −mean(d).

    Args:
        image: (H, W, 3) float, linear Rec.709, ≥ 0, calibrated.
        truth: the same shape, calibrated.

    Returns:
        A positive factor; ``κ · image`` is at the truth's scale.

    Source: Yu et al. 2021, the closed form below Eq. 3.
    """
    return float(np.exp(-_log_ratio(image, truth).mean()))


def _log_ratio(image: np.ndarray, truth: np.ndarray) -> np.ndarray:
    image, truth = checked_pair(image, truth)
    return np.log(np.maximum(image, DARKEST)) - np.log(np.maximum(truth, DARKEST))


def scale_invariant_rmse(image: np.ndarray, truth: np.ndarray) -> float:
    """Return the least RMSE over all scales of the image: min over α of √mean((α·image − truth)²).

    Args:
        image: (H, W, 3) float, linear Rec.709, ≥ 0, any scale.
        truth: the same shape.

    Returns:
        The truth's unit, ≥ 0.

    Source: Grosse, Johnson, Adelson and Freeman, "Ground truth dataset and baseline evaluations for intrinsic
    image algorithms", ICCV 2009, section 4, over the whole image; for lighting: Gardner et al., "Deep
    Parametric Indoor Lighting Estimation", ICCV 2019.
    """
    image, truth = checked_pair(image, truth)
    power = float(np.square(image).sum())
    scale = float((image * truth).sum()) / power if power > 0.0 else 0.0
    return float(np.sqrt(np.square(scale * image - truth).mean()))


def rgb_angular_error_deg(image: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean angle between the RGB vectors of the two, in degrees: colour without brightness.

    A pixel that is black in one of the two has no colour and is left out.

    Args:
        image: (H, W, 3) float, linear Rec.709, ≥ 0.
        truth: the same shape.

    Returns:
        Degrees, [0, 90]; NaN if no pixel is left.

    Source: LeGendre et al., "DeepLight: Learning Illumination for Unconstrained Mobile Mixed Reality", CVPR
    2019, section 5.
    """
    image, truth = checked_pair(image, truth)
    has_colour = image.any(axis=-1) & truth.any(axis=-1)
    if not has_colour.any():
        return float("nan")
    a, b = image[has_colour], truth[has_colour]
    # The arc tangent keeps small angles, which the arc cosine rounds to 0.
    angles = np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), (a * b).sum(axis=-1))
    return float(np.degrees(angles).mean())


def log2_rmse_stops(image: np.ndarray, truth: np.ndarray) -> float:
    """Return √mean(log2(image / truth)²) over pixels and channels: brightness and colour, in stops.

    Args:
        image: (H, W, 3) float, linear Rec.709, ≥ 0, calibrated.
        truth: the same shape, at the same scale.

    Returns:
        Stops, ≥ 0.
    """
    return float(np.sqrt(np.square(_log_ratio(image, truth)).mean()) / np.log(2.0))
