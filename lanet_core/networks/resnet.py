"""The encoder: ResNet-50 (He et al. 2016), with padding that wraps around the sphere."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.networks.configuration import NetworkConfiguration, Padding
from lanet_core.networks.initialisation import set_to_zero
from lanet_core.networks.padding import PaddedConv2d, pad

EXPANSION = 4


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions with batch normalisation, added to a shortcut."""

    def __init__(self, in_channels: int, inner_channels: int, stride: int, padding: Padding) -> None:
        super().__init__()
        out_channels = inner_channels * EXPANSION
        self.residual = nn.Sequential(
            nn.Conv2d(in_channels, inner_channels, 1, bias=False),
            nn.BatchNorm2d(inner_channels),
            nn.ReLU(inplace=True),
            PaddedConv2d(inner_channels, inner_channels, 3, padding=padding, stride=stride, bias=False),
            nn.BatchNorm2d(inner_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(inner_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        set_to_zero(self.residual[-1])  # a block starts as its shortcut (Goyal et al. 2017)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, 4 inner_channels, H / stride, W / stride)."""
        return F.relu(self.residual(features) + self.shortcut(features))


class ResNetEncoder(nn.Module):
    """ResNet-50's convolutions, giving the features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the resolution.

    Attributes:
        out_channels: channels of those five features.
    """

    def __init__(self, configuration: NetworkConfiguration) -> None:
        super().__init__()
        padding = configuration.padding
        self.edge: Padding = padding
        stem_channels = configuration.channels(64)
        self.stem = nn.Sequential(
            PaddedConv2d(3, stem_channels, 7, padding=padding, stride=2, bias=False),
            nn.BatchNorm2d(stem_channels),
            nn.ReLU(inplace=True),
        )
        self.out_channels = [stem_channels]
        self.stages = nn.ModuleList()
        for stage, (blocks, paper_channels) in enumerate(
            zip(configuration.encoder_blocks, configuration.encoder_channels, strict=True)
        ):
            inner_channels = configuration.channels(paper_channels)
            layers = []
            for block in range(blocks):
                stride = 2 if block == 0 and stage > 0 else 1
                in_channels = self.out_channels[-1] if block == 0 else inner_channels * EXPANSION
                layers.append(Bottleneck(in_channels, inner_channels, stride, padding))
            self.stages.append(nn.Sequential(*layers))
            self.out_channels.append(inner_channels * EXPANSION)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map (N, C, H, W) in about [-1, 1] to five feature maps, the finest first; H and W multiples of 32."""
        features = [self.stem(image)]
        current = F.max_pool2d(pad(features[0], 1, self.edge), 3, stride=2)
        for stage in self.stages:
            current = stage(current)
            features.append(current)
        return features
