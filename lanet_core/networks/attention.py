"""The luminance attention stream and module (LAM) of LANet, section 3.2."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.padding import PaddedConv2d

SEGMENTATION_CLASSES = 3


class AttentionStream(nn.Module):
    """Four convolutions and three up-samplings, from the decoder's 1/8 level to full resolution."""

    def __init__(self, in_channels: int, configuration: NetworkConfiguration) -> None:
        super().__init__()
        padding = configuration.padding
        middle, last = configuration.channels(64), configuration.channels(32)
        self.out_channels = last
        self.ups = nn.ModuleList(
            [
                PaddedConv2d(in_channels, middle, 3, padding=padding),
                PaddedConv2d(middle, middle, 3, padding=padding),
                PaddedConv2d(middle, last, 3, padding=padding),
            ]
        )
        self.last = PaddedConv2d(last, last, 3, padding=padding)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, C, H/8, W/8) to (N, out_channels, H, W)."""
        for convolution in self.ups:
            features = F.interpolate(F.relu(features), scale_factor=2.0, mode="nearest")
            features = convolution(features)
        return self.last(F.relu(features))


class SegmentationHead(nn.Module):
    """Luminance classes of Eq. 6 (dark, between, bright) from the attention stream's last features."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.classify = nn.Conv2d(in_channels, SEGMENTATION_CLASSES, 1)

    def forward(self, attention_features: Tensor) -> Tensor:
        """Map (N, C, H, W) to logits (N, 3, H, W)."""
        return self.classify(F.relu(attention_features))


class LuminanceAttentionModule(nn.Module):
    """LAM: two attention maps, each weighing the HDR stream's features."""

    def __init__(self, channels: int, attention_channels: int, configuration: NetworkConfiguration) -> None:
        super().__init__()
        padding = configuration.padding
        self.attention = nn.Sequential(
            nn.ReLU(),
            PaddedConv2d(attention_channels, attention_channels, 3, padding=padding),
            nn.ReLU(),
            PaddedConv2d(attention_channels, 2, 3, padding=padding),
            nn.Sigmoid(),
        )
        self.prepare = nn.Sequential(nn.ReLU(), PaddedConv2d(channels, channels, 3, padding=padding))
        self.merge = nn.Sequential(
            nn.ReLU(),
            PaddedConv2d(2 * channels, channels, 3, padding=padding),
            nn.ReLU(),
            PaddedConv2d(channels, channels, 3, padding=padding),
            nn.ReLU(),
            PaddedConv2d(channels, channels, 3, padding=padding),
        )

    def forward(self, features: Tensor, attention_features: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weighed features (N, C, H, W) and the attention map (N, 2, H, W) in [0, 1]."""
        attention = self.attention(attention_features)
        features = self.prepare(features)
        weighed = torch.cat([features * attention[:, :1], features * attention[:, 1:]], dim=1)
        return self.merge(weighed), attention
