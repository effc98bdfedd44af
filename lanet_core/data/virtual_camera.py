"""The virtual camera: an 8-bit LDR photograph of an HDR scene, as a modern camera would take it.

Source: Yu et al. 2021, section 5.2; the camera response is that of Eilertsen et al. 2017 (Eq. 10 of the
paper).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lanet_core.colour import srgb_to_linear
from lanet_core.geometry import sphere

MIDDLE_GREY = 0.18

#: The paper's ranges: dynamic ranges of DSLR cameras in stops, and modern camera response curves.
DYNAMIC_RANGE_EV = (9.6, 14.8)
RESPONSE_SIGMA = (0.3, 0.5)
RESPONSE_EXPONENT = (0.8, 1.0)

#: Rows that :func:`expose` develops at a time: what is computed for them stays in the processor's cache.
_ROWS_AT_A_TIME = 32

#: Linear light of each 8-bit sRGB code, (256,) float32.
SRGB8_TO_LINEAR = srgb_to_linear(np.arange(256, dtype=np.float64) / 255.0).astype(np.float32)


@dataclass(frozen=True)
class Camera:
    """One camera and how it is set.

    Attributes:
        dynamic_range_ev: stops between white and the darkest level that differs from black.
        response_sigma: σ of the response curve f(H) = (1 + σ) Hⁿ / (Hⁿ + σ).
        response_exponent: n of the response curve.
        exposure_bias_ev: exposure compensation; 0 puts the image's mean at middle grey.
    """

    dynamic_range_ev: float = 12.0
    response_sigma: float = 0.4
    response_exponent: float = 0.9
    exposure_bias_ev: float = 0.0


def draw_camera(rng: np.random.Generator, *, exposure_spread_ev: float = 0.0) -> Camera:
    """Draw a camera from the paper's ranges.

    Args:
        rng: source of randomness.
        exposure_spread_ev: standard deviation of the exposure compensation, cut off at three of them.
    """
    return Camera(
        dynamic_range_ev=rng.uniform(*DYNAMIC_RANGE_EV),
        response_sigma=rng.uniform(*RESPONSE_SIGMA),
        response_exponent=rng.uniform(*RESPONSE_EXPONENT),
        exposure_bias_ev=float(np.clip(rng.normal(), -3.0, 3.0)) * exposure_spread_ev,
    )


def exposure_scale(hdr: np.ndarray, camera: Camera, row_weights: np.ndarray | None = None) -> float:
    """Return the factor that puts the mean of the exposed image at middle grey.

    Mean-value auto-exposure: the mean is taken after the camera's range is applied, levels below its dynamic
    range are black and those above white. A scene too dark in the main for that mean gets the largest
    exposure tried.

    Args:
        hdr: (H, W, 3) float32, linear, ≥ 0.
        camera: its dynamic range counts.
        row_weights: (H,) weights of the rows (solid angles of a panorama); equal by default.

    Returns:
        A positive factor, before exposure compensation.
    """
    # Every fourth column gives the mean precisely enough and is four times faster.
    levels = hdr[:, ::4].mean(axis=2)
    weights = np.ones(hdr.shape[0]) if row_weights is None else row_weights
    weights = np.broadcast_to(weights[:, None], levels.shape)
    black = 2.0**-camera.dynamic_range_ev
    order = np.argsort(levels, axis=None)
    levels = levels.ravel()[order].astype(np.float64)
    weights = weights.ravel()[order] / weights.sum()
    weight_below = np.concatenate([[0.0], np.cumsum(weights)])
    light_below = np.concatenate([[0.0], np.cumsum(weights * levels)])

    def mean_level(scale: float) -> float:
        first = np.searchsorted(levels, black / scale)
        white = np.searchsorted(levels, 1.0 / scale)
        return scale * (light_below[white] - light_below[first]) + 1.0 - weight_below[white]

    positive = levels[levels > 0.0]
    if positive.size == 0:
        return 1.0
    low, high = 1e-3 / positive[-1], 1e3 / positive[0]
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if mean_level(middle) < MIDDLE_GREY else (low, middle)
    return high


def expose(hdr: np.ndarray, camera: Camera, row_weights: np.ndarray | None = None) -> np.ndarray:
    """Take the photograph.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0, any scale.
        camera: the camera and its settings.
        row_weights: see :func:`exposure_scale`.

    Returns:
        (H, W, 3) uint8, display-encoded as sRGB is (the response curve takes the transfer function's place).
    """
    scale = exposure_scale(hdr, camera, row_weights) * 2.0**camera.exposure_bias_ev
    rgb_srgb8 = np.empty(hdr.shape, np.uint8)
    for first in range(0, hdr.shape[0], _ROWS_AT_A_TIME):
        rows = slice(first, first + _ROWS_AT_A_TIME)
        rgb_srgb8[rows] = _developed(hdr[rows] * np.float32(scale), camera)
    return rgb_srgb8


def _developed(exposed: np.ndarray, camera: Camera) -> np.ndarray:
    """Return the sRGB-encoded 8-bit codes of exposed linear radiance, (n, W, 3)."""
    exposed = np.clip(exposed, 0.0, 1.0)
    exposed[exposed < 2.0**-camera.dynamic_range_ev] = 0.0
    powered = exposed ** np.float32(camera.response_exponent)
    sigma = np.float32(camera.response_sigma)
    encoded = (1.0 + sigma) * powered / (powered + sigma)
    return np.rint(encoded * 255.0).astype(np.uint8)


def photograph_panorama(hdr: np.ndarray, camera: Camera) -> np.ndarray:
    """Take the photograph of a panorama, metered by solid angle: (H, W, 3) float32 to uint8, see :func:`expose`."""
    return expose(hdr, camera, sphere.pixel_solid_angles_sr(*hdr.shape[:2]))
