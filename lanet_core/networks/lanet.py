"""The U-Net of the HDR stream, and LANet: that U-Net with luminance attention (Fig. 2)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.networks.attention import AttentionStream, LuminanceAttentionModule, SegmentationHead
from lanet_core.networks.blocks import SkipBlock, UpBlock, join_as_sum, normalisation
from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.initialisation import set_to_zero
from lanet_core.networks.padding import PaddedConv2d
from lanet_core.networks.resnet import ResNetEncoder

#: The LDR is floored at the 8-bit code 1 before it is linearised (the authors' released program).
LDR_FLOOR_LINEAR = 1.0 / 255.0 / 12.92

#: Images must be multiples of this: five halvings in the encoder and two below it.
SIZE_MULTIPLE = 128


class NetworkOutput(NamedTuple):
    """Outputs of a network for a batch of images.

    Attributes:
        log_hdr: (N, 3, H, W), natural log of linear Rec.709 radiance; 0 is the LDR's white.
        segmentation_logits: (N, 3, H, W), luminance classes dark, between, bright; or None.
        attention: (N, 2, H, W) in [0, 1]; or None.
    """

    log_hdr: Tensor
    segmentation_logits: Tensor | None = None
    attention: Tensor | None = None


def check_size(ldr_linear: Tensor) -> None:
    """Raise ValueError unless (N, 3, H, W) has sides that the network can halve seven times."""
    if any(side % SIZE_MULTIPLE for side in ldr_linear.shape[-2:]):
        raise ValueError(f"sides of {tuple(ldr_linear.shape)} are not multiples of {SIZE_MULTIPLE}")


class LANet(nn.Module):
    """LANet, or with ``attention_stream`` off the U-Net that it and panoLANet's panorama branch are built on."""

    def __init__(self, configuration: NetworkConfiguration) -> None:
        super().__init__()
        padding, norm = configuration.padding, configuration.decoder_normalisation
        self.encoder = ResNetEncoder(configuration)
        bottom = configuration.channels(configuration.bottom_channels)
        deepest = self.encoder.out_channels[-1]
        self.bottom = nn.Sequential(
            PaddedConv2d(deepest, bottom, 3, padding=padding, stride=2, bias=False),
            normalisation(norm, bottom),
            nn.ReLU(inplace=True),
            # The deepest map can be as small as 1×2, too small to be normalised by instance.
            PaddedConv2d(bottom, bottom, 3, padding=padding, stride=2),
            nn.ReLU(inplace=True),
            nn.Upsample(scale_factor=2.0, mode="nearest"),
            PaddedConv2d(bottom, bottom, 3, padding=padding, bias=False),
            normalisation(norm, bottom),
            nn.Dropout2d(configuration.bottom_dropout),
        )
        widths = [bottom] + [configuration.channels(count) for count in configuration.decoder_channels]
        skips = list(reversed(self.encoder.out_channels))
        self.skips = nn.ModuleList(
            SkipBlock(widths[level], skips[level], widths[level + 1], padding, norm) for level in range(len(skips))
        )
        self.skip_channels = widths[-1]
        self.up = UpBlock(widths[-1], widths[-1], padding, norm)
        self.attention_stream = self.luminance_attention = self.segmentation = None
        if configuration.attention_stream:
            self.attention_stream = AttentionStream(widths[3], configuration)
            attention_channels = self.attention_stream.out_channels
            if configuration.luminance_attention:
                self.luminance_attention = LuminanceAttentionModule(widths[-1], attention_channels, configuration)
            if configuration.segmentation:
                self.segmentation = SegmentationHead(attention_channels)
        self.head = nn.Conv2d(widths[-1], 3, 1)
        set_to_zero(self.head)
        nn.init.normal_(self.head.weight, std=1e-3)
        self.log_join = join_as_sum(3)

    def forward(self, ldr_linear: Tensor) -> NetworkOutput:
        """Reconstruct log HDR from (N, 3, H, W) linear Rec.709 in [0, 1]; H and W multiples of 128."""
        return self.decode(ldr_linear)[0]

    def decode(self, ldr_linear: Tensor) -> tuple[NetworkOutput, Tensor]:
        """Like :meth:`forward`; also return the last skip's features, (N, skip_channels, H/2, W/2)."""
        check_size(ldr_linear)
        ldr_linear = ldr_linear.clamp(min=LDR_FLOOR_LINEAR)
        encoded = self.encoder(2.0 * ldr_linear - 1.0)
        features = self.bottom(encoded[-1])
        attention_features = None
        for level, skip in enumerate(self.skips):
            features = skip(features, encoded[-1 - level])
            if level == 2 and self.attention_stream is not None:
                attention_features = self.attention_stream(features)
        last_skip = features
        features = self.up(features)
        attention = logits = None
        if self.luminance_attention is not None:
            features, attention = self.luminance_attention(features, attention_features)
        if self.segmentation is not None:
            logits = self.segmentation(attention_features)
        log_residual = self.head(F.relu(features))
        # Logs and what follows stay in float32 under autocast: bfloat16 has steps of 0.4 % of the value.
        with torch.autocast(ldr_linear.device.type, enabled=False):
            log_ldr = ldr_linear.float().log()
            log_hdr = self.log_join(torch.cat([log_residual.float(), log_ldr], dim=1))
        return NetworkOutput(log_hdr, logits, attention), last_skip
