"""Augmentations of HDR panoramas that are exact on the sphere: no pixel is resampled."""

from __future__ import annotations

import numpy as np

from lanet_core import sphere

#: Rows over which two glued hemispheres blend, as a share of the height.
_GLUE_BAND = 1.0 / 16.0


def rotate_azimuth(panorama: np.ndarray, columns: int) -> np.ndarray:
    """Turn a panorama (H, W, ...) about the vertical by whole columns."""
    return np.roll(panorama, columns, axis=1)


def mirror(panorama: np.ndarray) -> np.ndarray:
    """Mirror a panorama (H, W, ...) left to right."""
    return panorama[:, ::-1]


def tint(panorama: np.ndarray, rng: np.random.Generator, spread: float) -> np.ndarray:
    """Light a scene with another colour: each channel times a gain whose natural log has this standard deviation."""
    gains = np.exp(rng.normal(size=3) * spread)
    return panorama * (gains / gains.mean()).astype(np.float32)


def saturate(panorama: np.ndarray, factor: float) -> np.ndarray:
    """Scale the distance of every pixel (H, W, 3) from its channel mean; none falls below a tenth of that mean."""
    mean = panorama.mean(axis=2, keepdims=True)
    return np.maximum(mean + np.float32(factor) * (panorama - mean), np.float32(0.1) * mean)


def double_expose(panorama: np.ndarray, other: np.ndarray, level_ev: float) -> np.ndarray:
    """Add the light of another panorama.

    Light adds up: what holds between the lights of each scene and the surfaces they fall on holds for the sum.

    Args:
        panorama: (H, W, 3) float32, linear Rec.709, ≥ 0: gives the scale.
        other: (H, W, 3) float32, likewise.
        level_ev: how much brighter, in the mean of the logs, the other one is made than the first, in stops.

    Returns:
        (H, W, 3) float32.
    """
    weights = sphere.pixel_solid_angles_sr(*panorama.shape[:2])

    def log_level(picture: np.ndarray) -> float:
        return float(np.average(np.log(np.maximum(picture.mean(axis=2), 1e-6)).mean(axis=1), weights=weights))

    return panorama + other * np.float32(np.exp(log_level(panorama) - log_level(other)) * 2.0**level_ev)


def glue_hemispheres(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Put the sky of one panorama over the ground of another.

    The ground is scaled so that its mean diffuse level under the sky is that of the ground it replaces, and
    the two blend in the log domain over a band at the horizon.

    Args:
        upper: (H, W, 3) float32, linear Rec.709, ≥ 0: gives the upper hemisphere and the scale.
        lower: (H, W, 3) float32, likewise: gives the lower hemisphere.

    Returns:
        (H, W, 3) float32, at the scale of ``upper``.
    """
    height, width = upper.shape[:2]
    half = height // 2
    weights = sphere.pixel_solid_angles_sr(height, width)[half:, None].astype(np.float32)

    def log_level(panorama: np.ndarray) -> float:
        logs = np.log(np.maximum(panorama[half:].mean(axis=2), 1e-6))
        return float((logs * weights).sum() / (weights.sum() * width))

    lower = lower * np.float32(np.exp(log_level(upper) - log_level(lower)))
    below = np.arange(height) + 0.5 - half
    share = np.clip(below / (_GLUE_BAND * height) + 0.5, 0.0, 1.0)[:, None, None].astype(np.float32)
    band = (share > 0.0) & (share < 1.0)
    glued = np.where(share >= 1.0, lower, upper)
    blended = np.exp(share * np.log(np.maximum(lower, 1e-6)) + (1.0 - share) * np.log(np.maximum(upper, 1e-6)))
    return np.where(band, blended, glued)
