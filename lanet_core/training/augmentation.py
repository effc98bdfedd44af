"""Augmentations of HDR panoramas that are exact on the sphere: no pixel is resampled."""

from __future__ import annotations

import numpy as np


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
