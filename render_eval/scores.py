"""The figures of an evaluation: which there are, what each means, and their values for a render and for a map."""

from __future__ import annotations

import math

import numpy as np

from lanet_core.colour import linear_to_srgb
from lanet_core.metrics.brightest_light import brightest_light_errors
from lanet_core.metrics.comparison import checked_pair
from lanet_core.metrics.display_quality import mse, psnr, ssim
from lanet_core.metrics.irradiance import irradiance_error_stops
from lanet_core.metrics.linear_quality import (
    log2_rmse_stops,
    log_scale,
    rgb_angular_error_deg,
    scale_invariant_rmse,
    simse,
)
from lanet_core.metrics.map_quality import image_pu_ssim, map_pu_psnr, map_pu_ssim
from lanet_core.metrics.pu21 import WHITE_CD_M2, pu21_psnr, pu21_ssim
from render_eval.hdrvdp import HdrVdpProgram
from render_eval.jod import Jod
from render_eval.metric_list import METRICS, Metric

__all__ = ["METRICS", "Metric", "display_image", "score_image", "score_map", "score_render", "within_noise_floor"]


def display_image(linear: np.ndarray) -> np.ndarray:
    """Return what a display shows of an image: exposure 0, clipped, sRGB-encoded, not quantised.

    Args:
        linear: (h, w, 3) float, linear Rec.709.

    Returns:
        Same shape and dtype, sRGB-encoded, [0, 1].
    """
    return linear_to_srgb(linear)


def score_render(
    image: np.ndarray, truth: np.ndarray, *, jod: Jod | None, hdrvdp: HdrVdpProgram | None = None
) -> dict[str, float]:
    """Compare a render with the render under the true HDR.

    Args:
        image: (h, w, 3) float, linear Rec.709, ≥ 0, both maps calibrated before they lit the scene.
        truth: the same shape.
        jod: ColorVideoVDP, or None to leave it out.
        hdrvdp: HDR-VDP, or None to leave it out.

    Returns:
        Scores by the keys of :data:`METRICS` of the domains ``display`` and ``linear``; what has no value is absent.

    Raises:
        ImageTooSmallError: less than 11×11 pixels.
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    image, truth = checked_pair(image, truth)
    displayed = display_image(image), display_image(truth)
    absolute = image * WHITE_CD_M2, truth * WHITE_CD_M2
    scores = {
        "psnr": psnr(*displayed),
        "ssim": ssim(*displayed),
        "mse": mse(*displayed),
        "pu21_psnr": pu21_psnr(*absolute),
        "pu21_ssim": pu21_ssim(*absolute),
        "simse": simse(image, truth),
        "si_rmse": scale_invariant_rmse(image, truth),
        "rgb_angular_error_deg": rgb_angular_error_deg(image, truth),
        "log2_rmse_stops": log2_rmse_stops(image, truth),
    }
    if jod is not None:
        scores["jod"] = jod(image, truth)
    if hdrvdp is not None:
        scores["hdrvdp_q"] = hdrvdp(image, truth)
    return _with_a_value(scores)


def score_map(panorama: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Compare a predicted panorama with the true one.

    Args:
        panorama: (H, W, 3) float, linear Rec.709, ≥ 0, calibrated: 1 is the LDR's white; W even.
        truth: the same shape, at the same scale.

    Returns:
        Scores by the keys of :data:`METRICS` of the domain ``map``; what has no value is absent, such as the
        direction of the brightest light where none stands out.

    Raises:
        ImageTooSmallError: less than 16 rows.
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    panorama, truth = checked_pair(panorama, truth)
    light = brightest_light_errors(panorama, truth)
    return _with_a_value(
        {
            "map_pu_psnr": map_pu_psnr(panorama, truth),
            "map_pu_ssim": map_pu_ssim(panorama, truth),
            "map_simse": simse(panorama, truth),
            "map_irradiance_error_stops": irradiance_error_stops(panorama, truth),
            "map_light_energy_error_stops": light.energy_stops,
            "map_light_direction_error_deg": light.direction_deg,
        }
    )


def score_image(
    image: np.ndarray, truth: np.ndarray, *, jod: Jod | None, hdrvdp: HdrVdpProgram | None = None
) -> dict[str, float]:
    """Compare a predicted single image with the true one, as the paper's Table 3 does.

    Args:
        image: (H, W, 3) float, linear Rec.709, ≥ 0, any scale: it is scaled to the truth first.
        truth: the same shape, calibrated: 1 is the LDR's white, which is shown at 255 cd/m².
        jod: ColorVideoVDP, or None to leave it out.
        hdrvdp: HDR-VDP, or None to leave it out.

    Returns:
        Scores by the keys of :data:`METRICS` of the domain ``image``; what has no value is absent.

    Raises:
        ImageTooSmallError: less than 11×11 pixels.
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
        HdrVdpError: HDR-VDP fails.

    Source: Yu et al. 2021, section 5.2.
    """
    image, truth = checked_pair(image, truth)
    scores = {
        "image_pu_psnr": map_pu_psnr(image, truth),
        "image_pu_ssim": image_pu_ssim(image, truth),
        "image_simse": simse(image, truth),
    }
    scaled = image * log_scale(image, truth)
    if jod is not None:
        scores["image_jod"] = jod(scaled, truth)
    if hdrvdp is not None:
        scores["image_hdrvdp_q"] = hdrvdp(scaled, truth)
    return _with_a_value(scores)


def within_noise_floor(key: str, score: float, noise_floor: float | None) -> bool:
    """Return whether a render is as close to the truth's as the truth's own render with another seed.

    Such a score shows no more than that the two cannot be distinguished by this metric at this number of samples.

    Args:
        key: of :data:`METRICS`.
        score: the method's.
        noise_floor: the score of the true HDR's render with another seed; None if there is none, as for maps.

    Raises:
        KeyError: there is no such metric.
    """
    metric = METRICS[key]
    if noise_floor is None or math.isnan(score) or math.isnan(noise_floor):
        return False
    return score >= noise_floor if metric.higher_is_better else score <= noise_floor


def _with_a_value(scores: dict[str, float]) -> dict[str, float]:
    return {key: value for key, value in scores.items() if not math.isnan(value)}
