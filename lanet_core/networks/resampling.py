"""Panoramas reduced in torch, as :mod:`lanet_core.geometry.sphere` does in numpy."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core.geometry import sphere


def pool_by_solid_angle(panorama: Tensor, factor: int) -> Tensor:
    """Return (N, C, H, W) reduced by a whole factor as :func:`lanet_core.geometry.sphere.downsample` does."""
    if factor == 1:
        return panorama
    height = int(panorama.shape[-2])
    weights = torch.from_numpy(sphere.pixel_solid_angles_sr(height, 1)).to(panorama)[:, None]
    pooled_weights = F.avg_pool2d(weights.expand(1, height, factor), factor)
    return F.avg_pool2d(panorama * weights, factor) / pooled_weights
