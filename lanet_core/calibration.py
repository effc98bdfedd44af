"""HDR calibration (Eq. 1) and the over-exposure ramp (Eq. 8).

HDR panoramas store relative luminance: H and κH are the same scene. Calibration scales an HDR so that it
agrees with its LDR where the LDR is well exposed; the ramp measures how far a pixel has left that range.

Source: Yu et al. 2021, Eq. 1 and Eq. 8. The paper prints τ = 0.13 for Eq. 8; its released program starts the
ramp at 0.83, the threshold of Eq. 1, and so do we.
"""

from __future__ import annotations

import numpy as np

from lanet_core.errors import CalibrationError

#: τ: a pixel is over-exposed where the channel mean of its linear LDR passes this.
OVEREXPOSURE_THRESHOLD = 0.83


def well_exposed_mask(ldr_linear: np.ndarray, threshold: float = OVEREXPOSURE_THRESHOLD) -> np.ndarray:
    """Return M of Eq. 1c: where the LDR's channel mean is below the threshold.

    Args:
        ldr_linear: (H, W, 3) float, linear Rec.709, [0, 1].
        threshold: τ.

    Returns:
        (H, W) bool.
    """
    return _channel_mean(ldr_linear) < threshold


def calibration_scale(ldr_linear: np.ndarray, hdr: np.ndarray, threshold: float = OVEREXPOSURE_THRESHOLD) -> float:
    """Return S(M⊙I) / S(M⊙H) of Eq. 1a: the factor that puts an HDR at its LDR's scale.

    Args:
        ldr_linear: (H, W, 3) float, linear Rec.709, [0, 1]: I.
        hdr: (H, W, 3) float, linear Rec.709, ≥ 0, relative luminance: H.
        threshold: τ.

    Returns:
        A positive, finite factor.

    Raises:
        CalibrationError: shapes differ, the HDR is negative, NaN or infinite, no pixel is under τ, or one of
            the two is black wherever the LDR is well exposed.
    """
    if ldr_linear.shape != hdr.shape:
        raise CalibrationError(
            f"The LDR is {ldr_linear.shape} and the HDR {hdr.shape}.",
            remedy="Use a pair of the same size.",
        )
    if not np.isfinite(hdr).all() or (hdr < 0).any():
        raise CalibrationError(
            "The HDR contains negative, NaN or infinite values.",
            remedy="Repair it, or clip it to finite values of zero and more.",
        )
    mask = well_exposed_mask(ldr_linear, threshold)
    if not mask.any():
        raise CalibrationError(
            f"No pixel of the LDR is under the over-exposure threshold {threshold}.",
            remedy="Take a darker exposure.",
        )
    ldr_sum = float(ldr_linear[mask].sum(dtype=np.float64))
    hdr_sum = float(hdr[mask].sum(dtype=np.float64))
    if ldr_sum <= 0.0 or hdr_sum <= 0.0:
        which = "LDR" if ldr_sum <= 0.0 else "HDR"
        raise CalibrationError(
            f"The {which} is black wherever the LDR is not over-exposed.",
            remedy="Take a brighter exposure.",
        )
    return ldr_sum / hdr_sum


def calibrate(ldr_linear: np.ndarray, hdr: np.ndarray) -> np.ndarray:
    """Return Ĥ of Eq. 1a: the HDR at its LDR's scale.

    Args:
        ldr_linear: (H, W, 3) float, linear Rec.709, [0, 1].
        hdr: (H, W, 3) float, linear Rec.709, ≥ 0, relative luminance.

    Returns:
        (H, W, 3), the HDR's dtype, linear Rec.709; 1.0 is the LDR's white.

    Raises:
        CalibrationError: see :func:`calibration_scale`.
    """
    return hdr * hdr.dtype.type(calibration_scale(ldr_linear, hdr))


def overexposure_ramp(ldr_linear: np.ndarray, threshold: float = OVEREXPOSURE_THRESHOLD) -> np.ndarray:
    """Return m of Eq. 8: 0 where the LDR is to be believed, rising to 1 where it is white.

    Args:
        ldr_linear: (..., 3) float, linear Rec.709, [0, 1].
        threshold: τ.

    Returns:
        (...) float, [0, 1]; exactly 0 wherever the channel mean is at most τ.
    """
    excess = _channel_mean(ldr_linear) - ldr_linear.dtype.type(threshold)
    return np.clip(excess / ldr_linear.dtype.type(1.0 - threshold), 0.0, 1.0)


def _channel_mean(rgb: np.ndarray) -> np.ndarray:
    """Return what ``rgb.mean(axis=-1)`` does, bit for bit and ten times as fast: numpy is slow at short sums."""
    return ((rgb[..., 0] + rgb[..., 1]) + rgb[..., 2]) / rgb.dtype.type(3.0)
