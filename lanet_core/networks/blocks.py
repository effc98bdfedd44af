"""What the decoders are made of: up-sampling, skips, gates."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.networks.configuration import Normalisation, Padding
from lanet_core.networks.initialisation import set_to_zero
from lanet_core.networks.padding import PaddedConv2d


def normalisation(kind: Normalisation, channels: int) -> nn.Module:
    """Return the layer that follows a convolution of the decoder."""
    if kind == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    return nn.BatchNorm2d(channels)


def join_as_sum(channels: int) -> nn.Conv2d:
    """Return a 1×1 convolution of two concatenated features that starts as their plain sum (section 3.2)."""
    join = nn.Conv2d(2 * channels, channels, 1)
    with torch.no_grad():
        identity = torch.eye(channels)[..., None, None]
        set_to_zero(join)
        join.weight.copy_(torch.cat([identity, identity], dim=1))
    return join


class UpBlock(nn.Module):
    """Nearest-neighbour up-sampling by two, then two 3×3 convolutions; a ReLU before each."""

    def __init__(self, in_channels: int, out_channels: int, padding: Padding, norm: Normalisation) -> None:
        super().__init__()
        self.first = PaddedConv2d(in_channels, out_channels, 3, padding=padding, bias=False)
        self.first_norm = normalisation(norm, out_channels)
        self.second = PaddedConv2d(out_channels, out_channels, 3, padding=padding, bias=False)
        self.second_norm = normalisation(norm, out_channels)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', 2H, 2W)."""
        # The ReLU commutes with the nearest-neighbour up-sampling and is four times cheaper before it.
        features = F.interpolate(F.relu(features), scale_factor=2.0, mode="nearest")
        features = F.relu(self.first_norm(self.first(features)))
        return self.second_norm(self.second(features))


class SkipBlock(nn.Module):
    """An up-sampling block joined with a feature of the encoder."""

    def __init__(
        self,
        in_channels: int,
        skip_channels: int,
        out_channels: int,
        padding: Padding,
        norm: Normalisation,
    ) -> None:
        super().__init__()
        self.up = UpBlock(in_channels, out_channels, padding, norm)
        self.skip = nn.Sequential(
            nn.Conv2d(skip_channels, out_channels, 1, bias=False), normalisation(norm, out_channels)
        )
        self.join = join_as_sum(out_channels)

    def forward(self, features: Tensor, encoded: Tensor) -> Tensor:
        """Map (N, C, H, W) and the encoder's (N, S, 2H, 2W) to (N, C', 2H, 2W)."""
        return self.join(torch.cat([self.up(features), self.skip(encoded)], dim=1))


class GatedConv2d(nn.Module):
    """A convolution whose output is weighed by a learned gate: half of the channels times the sigmoid of the rest.

    Source: Yu et al. 2019, "Free-Form Image Inpainting with Gated Convolution".
    """

    def __init__(self, in_channels: int, out_channels: int, padding: Padding) -> None:
        super().__init__()
        self.convolution = PaddedConv2d(in_channels, 2 * out_channels, 3, padding=padding)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H, W)."""
        value, gate = self.convolution(features).chunk(2, dim=1)
        return value * torch.sigmoid(gate)
