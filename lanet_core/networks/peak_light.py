"""Light that comes from few directions: a sun, lamps; as an amount and a distribution over the clipped pixels.

A convolution that says one value a pixel spreads a sun over its whole clipped sky: being wrong about the place of a
radiance of 1e5 costs more than saying 10 everywhere. Asked where the light comes from and how much there is of it, as
two questions, a network can answer each.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core import sphere
from lanet_core.networks.light_context import STATISTICS, Context
from lanet_core.networks.padding import PaddedConv2d

#: Before training: 0.3 sr · white, between the light of a window and that of a sun.
_FIRST_LOG_AMOUNT = -1.2
_LOG_AMOUNT_LIMITS = (-12.0, 8.0)
_DARKEST = 1e-6


class Peaks(NamedTuple):
    """What :class:`PeakLight` says.

    Attributes:
        log_share: (N, 1, H, W), natural log of the share of the peaks' light that comes through each pixel; all shares
            of a panorama add up to 1.
        log_amount: (N, 3), natural log of the peaks' light, radiance integrated over solid angle, linear Rec.709.
    """

    log_share: Tensor
    log_amount: Tensor

    def log_radiance(self) -> Tensor:
        """Return the natural log of the peaks' radiance in each pixel, (N, 3, H, W)."""
        solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(*map(int, self.log_share.shape[-2:])))
        log_solid_angles = solid_angles.log().to(self.log_share)[:, None]
        return self.log_share - log_solid_angles + self.log_amount[..., None, None]


class PeakLight(nn.Module):
    """Where a panorama's concentrated light comes from, and how much it is.

    Args:
        channels: of the features at the panorama's size.
        hidden: figures within.
    """

    def __init__(self, channels: int, hidden: int = 32) -> None:
        super().__init__()
        self.where = PaddedConv2d(channels, 1, 3, padding="sphere")
        self.amount = nn.Sequential(nn.Linear(STATISTICS + channels, hidden), nn.Tanh(), nn.Linear(hidden, 3))
        nn.init.normal_(self.where.weight, std=1e-2)
        nn.init.zeros_(self.where.bias)
        nn.init.zeros_(self.amount[-1].weight)
        nn.init.constant_(self.amount[-1].bias, _FIRST_LOG_AMOUNT)

    def forward(self, features: Tensor, context: Context) -> Peaks:
        """Look at a panorama.

        Args:
            features: (N, channels, H, 2H), the decoder's last.
            context: of the same panorama. Light comes only through over-exposed pixels.
        """
        features = F.relu(features)
        logits = self.where(features)
        with torch.autocast(features.device.type, enabled=False):
            logits = logits.float() + context.ramp.clamp(min=_DARKEST).log()
            log_share = F.log_softmax(logits.flatten(1), dim=1).view_as(logits)
            seen = (log_share.exp() * features.float()).sum(dim=(2, 3))
            figures = torch.cat([context.statistics, seen], dim=1)
            log_amount = self.amount(figures).clamp(*_LOG_AMOUNT_LIMITS)
        return Peaks(log_share, log_amount)


def add_peaks(log_hdr: Tensor, peaks: Peaks, ramp: Tensor) -> Tensor:
    """Return log HDR (N, 3, H, W) with the peaks' radiance added where the LDR is over-exposed."""
    log_peaks = peaks.log_radiance() + ramp.clamp(min=_DARKEST).log()
    return torch.where(ramp > 0.0, log_hdr + F.softplus(log_peaks - log_hdr), log_hdr)
