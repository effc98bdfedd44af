"""panoLANet: the panorama branch and the ceiling branch, merged where the panorama is over-exposed (Fig. 5)."""

from __future__ import annotations

import itertools
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.networks.blocks import GatedConv2d, UpBlock
from lanet_core.networks.ceiling import ceiling_to_panorama, ceiling_weight, panorama_to_ceiling
from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.initialisation import set_to_zero
from lanet_core.networks.lanet import LDR_FLOOR_LINEAR, LANet, NetworkOutput
from lanet_core.networks.overexposure import close_mask, overexposure_ramp
from lanet_core.networks.padding import PaddedConv2d
from lanet_core.networks.resnet import ResNetEncoder


class CeilingBranch(nn.Module):
    """Log HDR of the ceiling view, with the panorama branch's last skip warped in and gated."""

    def __init__(self, configuration: NetworkConfiguration, shared_channels: int) -> None:
        super().__init__()
        configuration = replace(configuration, padding="symmetric")  # a perspective image has edges
        norm = configuration.decoder_normalisation
        self.encoder = ResNetEncoder(configuration)
        widths = [self.encoder.out_channels[-1]]
        widths += [configuration.channels(count) for count in configuration.ceiling_channels]
        self.ups = nn.ModuleList(
            UpBlock(below, above, "symmetric", norm) for below, above in itertools.pairwise(widths)
        )
        last = widths[-1]
        if configuration.ceiling_attention:
            self.attend = nn.Sequential(
                nn.ReLU(),
                PaddedConv2d(last + shared_channels, last, 3, padding="symmetric"),
                nn.ReLU(),
                GatedConv2d(last, last, "symmetric"),
            )
        else:
            self.attend = None
        self.head = PaddedConv2d(last, 3, 3, padding="symmetric")
        set_to_zero(self.head)
        nn.init.normal_(self.head.weight, std=1e-3)

    def forward(self, ceiling_ldr: Tensor, shared: Tensor) -> Tensor:
        """Return log HDR (N, 3, H, H).

        Args:
            ceiling_ldr: (N, 3, H, H), linear Rec.709, [0, 1], floored.
            shared: (N, C, H/2, H/2), the panorama branch's last skip in the ceiling view.
        """
        features = self.encoder(2.0 * ceiling_ldr - 1.0)[-1]
        for up in self.ups:
            features = up(features)
        if self.attend is not None:
            features = self.attend(torch.cat([features, shared], dim=1))
        features = F.interpolate(F.relu(features), scale_factor=2.0, mode="nearest")
        return self.head(features).float()


class PanoLANet(nn.Module):
    """panoLANet (section 4). Its panorama branch is the U-Net of LANet."""

    def __init__(self, configuration: NetworkConfiguration) -> None:
        super().__init__()
        self.panorama = LANet(configuration)
        self.ceiling = CeilingBranch(configuration, self.panorama.skip_channels)
        self.ceiling_feather = configuration.ceiling_feather

    def forward(self, ldr_linear: Tensor) -> NetworkOutput:
        """Reconstruct log HDR from panoramas (N, 3, H, 2H), linear Rec.709 in [0, 1]; H a multiple of 128."""
        output, last_skip = self.panorama.decode(ldr_linear)
        ceiling_ldr = panorama_to_ceiling(ldr_linear.clamp(min=LDR_FLOOR_LINEAR))
        log_ceiling = self.ceiling(ceiling_ldr, panorama_to_ceiling(last_skip))
        with torch.autocast(ldr_linear.device.type, enabled=False):
            height, width = map(int, ldr_linear.shape[-2:])
            weight = ceiling_weight(height, width, self.ceiling_feather).to(ldr_linear.device)
            mask = close_mask(overexposure_ramp(ldr_linear.float()) * weight)
            log_above = ceiling_to_panorama(log_ceiling, width)
            merged = mask * log_above + (1.0 - mask) * output.log_hdr
        return output._replace(log_hdr=merged)


def build_network(configuration: NetworkConfiguration) -> LANet | PanoLANet:
    """Return the network that a configuration describes, freshly initialised."""
    return PanoLANet(configuration) if configuration.ceiling_branch else LANet(configuration)
