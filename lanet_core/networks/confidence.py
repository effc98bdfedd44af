"""How sure the network is: of each over-exposed pixel's radiance, and of the light that the whole panorama casts.

A clipped sky hides what made it bright; how much the network can know of it shows in what it sees and says. The head
reads both and teaches the network nothing: no gradient leaves it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core import sphere
from lanet_core.networks.light_context import STATISTICS, Context
from lanet_core.networks.padding import PaddedConv2d
from lanet_core.networks.resampling import repeat_pixels

#: Scales are kept within these natural logs: from 2 % to twenty-fold.
_LOG_SCALE_LIMITS = (-4.0, 3.0)
_PREDICTIONS = 3
_TINY = 1e-6
_SPHERE_SR = 4.0 * math.pi


class Confidence(NamedTuple):
    """What the head says.

    Attributes:
        log_scale: (N, 1, H, W), natural log of the expected absolute error of log radiance, natural log too.
        log_stops: (N,), natural log of the expected error of diffuse irradiance, mean over directions, in stops.
    """

    log_scale: Tensor
    log_stops: Tensor


class ConfidenceHead(nn.Module):
    """Expected errors, from the panorama branch's last features and the log HDR that came of them.

    Args:
        channels: of the features.
        hidden: channels and figures within.
    """

    def __init__(self, channels: int, hidden: int = 24) -> None:
        super().__init__()
        self.pixels = nn.Sequential(
            PaddedConv2d(channels + 2, hidden, 3, padding="sphere"), nn.ReLU(inplace=True), nn.Conv2d(hidden, 1, 1)
        )
        self.scene = nn.Sequential(nn.Linear(STATISTICS + _PREDICTIONS, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        for last in (self.pixels[-1], self.scene[-1]):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, context: Context, features: Tensor, log_hdr: Tensor) -> Confidence:
        """Judge a reconstruction.

        Args:
            context: of the panorama.
            features: (N, channels, H/2, H).
            log_hdr: (N, 3, H, 2H), natural log of linear Rec.709 radiance.
        """
        with torch.autocast(features.device.type, enabled=False):
            features, log_hdr = features.detach().float(), log_hdr.detach().float()
            log_mean = log_hdr.mean(dim=1, keepdim=True)
            seen = F.avg_pool2d(torch.cat([log_mean / 4.0, context.ramp], dim=1), 2)
            log_scale = self.pixels(torch.cat([features, seen], dim=1)).clamp(*_LOG_SCALE_LIMITS)
            figures = torch.cat([context.statistics, _predicted(context.ramp, log_hdr)], dim=1)
            log_stops = self.scene(figures)[:, 0].clamp(*_LOG_SCALE_LIMITS)
        return Confidence(repeat_pixels(log_scale, 2), log_stops)


def _predicted(ramp: Tensor, log_hdr: Tensor) -> Tensor:
    """Return what was predicted of the clipped light in three figures of order 1: its part, its mean and its peak."""
    weights = torch.from_numpy(sphere.pixel_solid_angles_sr(*map(int, ramp.shape[-2:]))).to(ramp)[:, None] / _SPHERE_SR
    radiance = log_hdr.exp().mean(dim=1, keepdim=True)
    clipped = (ramp * radiance * weights).sum(dim=(1, 2, 3))
    share = (ramp * weights).sum(dim=(1, 2, 3))
    all_light = (radiance * weights).sum(dim=(1, 2, 3))
    peak = (ramp * radiance).amax(dim=(1, 2, 3))
    return torch.stack(
        [
            (clipped + _TINY).log() - (all_light + _TINY).log(),
            ((clipped + _TINY).log() - (share + _TINY).log()) / 4.0,
            (peak + _TINY).log() / 8.0,
        ],
        dim=1,
    )
