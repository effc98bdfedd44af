"""Augmentations of HDR images in torch, on their device; those of panoramas are exact: no pixel is resampled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class AugmentationConfiguration:
    """How training images are varied, in addition to azimuth rotation and mirroring, which are always on.

    Attributes:
        exposure_spread_ev: standard deviation of the exposure compensation.
        white_balance_spread: standard deviation of the natural log of each channel's gain.
        saturation_spread: standard deviation of the natural log of the factor on the saturation.
        tone_mapped_share: share of LDRs made by display adaptive tone mapping instead of the camera.
    """

    exposure_spread_ev: float = 0.0
    white_balance_spread: float = 0.0
    saturation_spread: float = 0.0
    tone_mapped_share: float = 0.5


def rotate_azimuth(panorama: Tensor, columns: int) -> Tensor:
    """Turn a panorama (..., H, W) about the vertical by whole columns."""
    return panorama.roll(columns, -1)


def mirror(image: Tensor) -> Tensor:
    """Mirror an image (..., H, W) left to right."""
    return image.flip(-1)


def turn(panorama: Tensor, rng: np.random.Generator) -> Tensor:
    """Turn a panorama (..., H, W) by a random number of columns, and mirror it half of the time."""
    panorama = rotate_azimuth(panorama, int(rng.integers(panorama.shape[-1])))
    return mirror(panorama) if rng.random() < 0.5 else panorama


def tint(image: Tensor, rng: np.random.Generator, spread: float) -> Tensor:
    """Light a scene (3, H, W) with another colour: the gains' natural log has this standard deviation."""
    gains = np.exp(rng.normal(size=3) * spread)
    return image * torch.from_numpy((gains / gains.mean()).astype(np.float32)).to(image)[:, None, None]


def saturate(image: Tensor, factor: float) -> Tensor:
    """Scale the distance of every pixel (3, H, W) from its channel mean; none falls below a tenth of that mean."""
    mean = image.mean(dim=0, keepdim=True)
    return torch.maximum(mean + factor * (image - mean), 0.1 * mean)
