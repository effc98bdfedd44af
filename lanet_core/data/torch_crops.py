"""Perspective views of panoramas in torch, on their device, as :mod:`lanet_core.data.crops` makes them in NumPy."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core.data.crops import View, pixel_centres, sample_offsets, view_axes


def perspective_crop(panorama: Tensor, view: View, height: int, width: int) -> Tensor:
    """Return what a camera at the panorama's centre sees.

    Args:
        panorama: (C, H, W) float32, linear; W even.
        view: where the camera looks.
        height: rows of the image.
        width: columns of the image; pixels are square.

    Returns:
        (C, height, width) float32, as :func:`lanet_core.data.crops.perspective_crop`.

    Raises:
        ValueError: the field of view is not between 0 and π.
    """
    left, up, pixel = pixel_centres(view, height, width)
    offsets = sample_offsets(pixel, panorama.shape[-2])
    surrounded = _surrounded(panorama)[None]
    axes = [torch.from_numpy(axis).to(panorama) for axis in view_axes(view)]
    crop = torch.zeros(1, panorama.shape[0], height, width, device=panorama.device)
    for right_offset in offsets:
        for down_offset in offsets:
            lefts, ups = (_on_device(each, panorama) for each in (left - right_offset, up - down_offset))
            grid = _grid(axes, lefts, ups, (panorama.shape[-2], panorama.shape[-1]))
            crop += F.grid_sample(surrounded, grid, padding_mode="border", align_corners=False)
    return crop[0] / len(offsets) ** 2


def _on_device(values: np.ndarray, like: Tensor) -> Tensor:
    return torch.from_numpy(values).to(like)


def _surrounded(panorama: Tensor) -> Tensor:
    """Return a panorama with the rows beyond its poles and the columns beyond its seam, one of each."""
    over_the_pole = panorama.roll(panorama.shape[-1] // 2, -1)
    rows = torch.cat([over_the_pole[:, :1], panorama, over_the_pole[:, -1:]], dim=-2)
    return torch.cat([rows[..., -1:], rows, rows[..., :1]], dim=-1)


def _grid(axes: list[Tensor], left: Tensor, up: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the places of a view's pixels on the surrounded panorama, as grid_sample takes them."""
    forward, leftward, upward = axes
    directions = forward + left[None, :, None] * leftward + up[:, None, None] * upward
    x, y, z = directions.unbind(-1)
    height, width = size
    # Rows and columns from the outer edges of the panorama; one more of each is around it.
    rows = torch.atan2(torch.hypot(x, y), z) * (height / np.pi) + 1.0
    columns = (0.5 - torch.atan2(y, x) / (2.0 * np.pi)) * width + 1.0
    return torch.stack([2.0 * columns / (width + 2) - 1.0, 2.0 * rows / (height + 2) - 1.0], dim=-1)[None]
