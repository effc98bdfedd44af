"""Padding and convolutions that continue an image beyond its edge."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.networks.configuration import Padding


def pad(features: Tensor, margin: int, padding: Padding) -> Tensor:
    """Pad all four sides of a feature map by ``margin`` (at most its height and half its width).

    Args:
        features: (N, C, H, W).
        margin: rows and columns added on each side.
        padding: ``sphere`` continues an equirectangular image round the meridian and over the poles (where
            the same rows follow, half a turn away); ``symmetric`` mirrors at the edge.

    Returns:
        (N, C, H + 2 margin, W + 2 margin).
    """
    if margin == 0:
        return features
    if padding == "symmetric":
        if margin == 1:
            return F.pad(features, (1, 1, 1, 1), mode="replicate")
        features = torch.cat([features[..., :margin].flip(-1), features, features[..., -margin:].flip(-1)], dim=-1)
        return torch.cat([features[..., :margin, :].flip(-2), features, features[..., -margin:, :].flip(-2)], dim=-2)
    above = _half_turn(features[..., :margin, :]).flip(-2)
    below = _half_turn(features[..., -margin:, :]).flip(-2)
    features = torch.cat([above, features, below], dim=-2)
    return torch.cat([features[..., -margin:], features, features[..., :margin]], dim=-1)


def _half_turn(features: Tensor) -> Tensor:
    half = features.shape[-1] // 2
    return torch.cat([features[..., half:], features[..., :half]], dim=-1)


class PaddedConv2d(nn.Conv2d):
    """A convolution of odd kernel size that pads its input itself, so that stride 1 keeps the size.

    At stride 2 the sphere is padded on all sides alike; its samples then sit at even pixels, so a rotation
    by an even number of columns still is a rotation of the result.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        padding: Padding,
        stride: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, bias=bias)
        self.edge: Padding = padding

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', ceil(H / stride), ceil(W / stride))."""
        margin = self.kernel_size[0] // 2
        if margin == 1 and self.edge == "symmetric":
            return super().forward(F.pad(features, (1, 1, 1, 1), mode="replicate"))
        return super().forward(pad(features, margin, self.edge))


@runtime_checkable
class _Padded(Protocol):
    """A layer that pads its input itself."""

    edge: Padding


def set_padding(network: nn.Module, padding: Padding) -> None:
    """Switch every layer of a network that pads: the same weights serve crops and whole panoramas."""
    for module in network.modules():
        if isinstance(module, _Padded):
            module.edge = padding
