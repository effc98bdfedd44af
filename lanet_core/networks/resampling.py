"""Panoramas made smaller and larger in torch: the twins of functions of :mod:`lanet_core.sphere`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core import sphere
from lanet_core.networks.padding import pad


def pool_by_solid_angle(panorama: Tensor, factor: int) -> Tensor:
    """Return (N, C, H, W) reduced by a whole factor as :func:`lanet_core.sphere.downsample` does."""
    if factor == 1:
        return panorama
    height = int(panorama.shape[-2])
    weights = torch.from_numpy(sphere.pixel_solid_angles_sr(height, 1)).to(panorama)[:, None]
    pooled_weights = F.avg_pool2d(weights.expand(1, height, factor), factor)
    return F.avg_pool2d(panorama * weights, factor) / pooled_weights


def enlarge(panorama: Tensor, factor: int) -> Tensor:
    """Return (N, C, H, W) enlarged as :func:`lanet_core.sphere.upsample_bilinear` does."""
    if factor == 1:
        return panorama
    enlarged = F.interpolate(
        pad(panorama, 1, "sphere"), scale_factor=float(factor), mode="bilinear", align_corners=False
    )
    return enlarged[..., factor:-factor, factor:-factor]


def neighbourhood_mean(panorama: Tensor) -> Tensor:
    """Return the plain mean of each pixel and its eight neighbours on the sphere, (N, C, H, W)."""
    return F.avg_pool2d(pad(panorama, 1, "sphere"), kernel_size=3, stride=1)


def repeat_pixels(panorama: Tensor, factor: int) -> Tensor:
    """Return (N, C, H, W) with every pixel ``factor`` times in each direction.

    Not by ``repeat_interleave``: where it is exported, torch 2.13 turns other slices' starts of -1 into 3.
    """
    return F.interpolate(panorama, scale_factor=float(factor), mode="nearest")
