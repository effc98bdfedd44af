"""P2C and C2P in torch, differentiable; a test checks that :mod:`.ceiling_view` agrees."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core.geometry import ceiling_view
from lanet_core.networks.padding import pad


def panorama_to_ceiling(panorama: Tensor) -> Tensor:
    """Return the ceiling view (N, C, H, H) of panoramas (N, C, H, W), bilinearly sampled (P2C)."""
    height, width = map(int, panorama.shape[-2:])  # plain numbers under tracing, too
    # One pixel of margin on each side lets the bilinear sampler cross the meridian and the zenith.
    return _sample(pad(panorama, 1, "sphere"), _ceiling_grid(height, width))


def ceiling_to_panorama(ceiling: Tensor, width: int) -> Tensor:
    """Return ceiling views (N, C, H, H) put back on panoramas (N, C, H, width); 0 where they show nothing (C2P)."""
    height = int(ceiling.shape[-1])
    grid, valid = _panorama_grid(height, width)
    return _sample(ceiling, grid) * valid.to(ceiling)


def ceiling_weight(height: int, width: int, feather: float) -> Tensor:
    """Return how far the ceiling view speaks for each direction of a panorama, (1, 1, H, W) float in [0, 1].

    Args:
        height: rows of the panorama, and rows and columns of the ceiling view.
        width: columns of the panorama.
        feather: width of the band in which it falls to 0 towards the view's edge, in half-widths of the image plane;
            with 0 this is C2P's validity mask.
    """
    if feather == 0.0:
        return _panorama_grid(height, width)[1]
    return _feathered_weight(height, width, feather)


def _sample(features: Tensor, grid: Tensor) -> Tensor:
    grid = grid.to(device=features.device).expand(features.shape[0], -1, -1, -1)
    with torch.autocast(features.device.type, enabled=False):
        sampled = F.grid_sample(features.float(), grid, padding_mode="border", align_corners=False)
    return sampled.to(features.dtype)


@lru_cache(maxsize=16)
def _ceiling_grid(height: int, width: int) -> Tensor:
    rows, columns = ceiling_view.ceiling_grid(height, height, width)
    return _normalised_grid(rows + 1.0, columns + 1.0, height + 2, width + 2)


@lru_cache(maxsize=16)
def _panorama_grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    rows, columns, valid = ceiling_view.panorama_grid(height, height, width)
    return _normalised_grid(rows, columns, height, height), torch.from_numpy(valid[None, None].astype(np.float32))


@lru_cache(maxsize=16)
def _feathered_weight(height: int, width: int, feather: float) -> Tensor:
    rows, columns, valid = ceiling_view.panorama_grid(height, height, width)
    x, y = ((2.0 * pixels + 1.0) / height - 1.0 for pixels in (columns, rows))
    inwards = 1.0 - np.maximum(np.abs(x), np.abs(y))
    weight = np.where(valid, np.clip(inwards / feather, 0.0, 1.0), 0.0)
    return torch.from_numpy(weight[None, None].astype(np.float32))


def _normalised_grid(rows: np.ndarray, columns: np.ndarray, height: int, width: int) -> Tensor:
    """Turn continuous pixel coordinates into grid_sample's [-1, 1], whose ends are the outer pixel edges."""
    grid = np.stack([(2.0 * columns + 1.0) / width - 1.0, (2.0 * rows + 1.0) / height - 1.0], axis=-1)
    return torch.from_numpy(grid[None].astype(np.float32))
