"""How much light the over-exposed parts of a panorama hold, on a coarse grid of directions.

Diffuse light is blind to detail, and a small network that sees a panorama on 32×16 directions learns from thousands of
pictures, half of them rendered, in minutes. It says how strong the clipped light is and about where; a
panoLANet, which learnt from fewer pictures of a larger size, says where exactly: :mod:`lanet_core.networks.relit`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core import sphere
from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.lanet import LDR_FLOOR_LINEAR, NetworkOutput
from lanet_core.networks.light_context import MAP_CHANNELS, STATISTICS, LightContext
from lanet_core.networks.overexposure import overexposure_ramp
from lanet_core.networks.padding import PaddedConv2d
from lanet_core.networks.resampling import enlarge, pool_by_solid_angle

#: Rows of the grid.
GRID_ROWS = 16

_SHARE_CHANNELS = 5  # of the ramp, its cube, all channels clipped, any of them, and well exposed
_LOG_SHARE_CHANNELS = 2
_EXPOSED_CHANNELS = 6  # of the well exposed part: colour, spread of its logs, mid-tones, texture
_GRID_CHANNELS = MAP_CHANNELS + _SHARE_CHANNELS + _LOG_SHARE_CHANNELS + _EXPOSED_CHANNELS

_CLIPPED = 0.99
_MID_TONE = 0.5
_STEEPEST = 2.0  # log steps between neighbours above this count as this: edges of things, not texture
_SHARE_FLOOR = 1e-3
_LOG_FLOOR = 1e-4

#: Where training starts, and the most that it may come to: natural logs of multiples of the LDR's white.
_FIRST_LOG_LIGHT = 1.5
_LOG_LIGHT_LIMIT = 16.0


class LightGrid(NamedTuple):
    """A panorama as :class:`GridNetwork` sees it.

    Attributes:
        maps: (N, 21, 16, 32), of order 1.
        statistics: (N, 17), those of :class:`lanet_core.networks.light_context.LightContext`.
    """

    maps: Tensor
    statistics: Tensor


def light_grid(ldr_linear: Tensor, context: LightContext) -> LightGrid:
    """Reduce panoramas (N, 3, H, 2H), linear Rec.709 in [0, 1], to the grid; H a multiple of 16."""
    with torch.autocast(ldr_linear.device.type, enabled=False):
        ldr_linear = ldr_linear.float().clamp(min=LDR_FLOOR_LINEAR)
        seen = context(ldr_linear)
        mean = ldr_linear.mean(dim=1, keepdim=True)
        exposed = (seen.ramp == 0.0).to(mean)
        logs, log_mean = ldr_linear.log(), mean.log()
        texture = (log_mean - log_mean.roll(1, dims=-1)).abs().clamp(max=_STEEPEST)
        shares = [
            seen.ramp,
            seen.ramp**3,
            (ldr_linear.amin(dim=1, keepdim=True) > _CLIPPED).to(mean),
            (ldr_linear.amax(dim=1, keepdim=True) > _CLIPPED).to(mean),
            exposed,
        ]
        of_exposed = [
            logs,
            log_mean.square(),
            log_mean,
            (mean > _MID_TONE).to(mean),
            texture * exposed.roll(1, dims=-1),
        ]
        fields = torch.cat([seen.maps, *shares, *(exposed * field for field in of_exposed)], dim=1)
        fields = pool_by_solid_angle(fields, int(ldr_linear.shape[-2]) // GRID_ROWS)
        maps, shares, sums = fields.split([MAP_CHANNELS, _SHARE_CHANNELS, 7], dim=1)
        means = sums / shares[:, 4:].clamp(min=_SHARE_FLOOR)
        colour, square, level, mid_tones, texture = means.split([3, 1, 1, 1, 1], dim=1)
        spread = (square - level.square()).clamp(min=0.0).sqrt()
        log_shares = shares[:, [0, 2]].clamp(min=_LOG_FLOOR).log() / 4.0 + 1.0
        maps = [maps, shares, log_shares, colour / 4.0 + 1.0, spread / 2.0, mid_tones, texture]
        return LightGrid(torch.cat(maps, dim=1), seen.statistics)


def add_light(ldr_linear: Tensor, light: Tensor) -> Tensor:
    """Return the log HDR (N, 3, H, W) of pictures whose over-exposed pixels are given some light.

    Args:
        ldr_linear: (N, 3, H, W) float32, linear Rec.709 in [0, 1].
        light: (N, 3, H, W), linear Rec.709, ≥ 0; of no account where nothing is over-exposed.
    """
    ldr_linear = ldr_linear.clamp(min=LDR_FLOOR_LINEAR)
    lit = (overexposure_ramp(ldr_linear) > 0.0).to(light)
    return (ldr_linear + lit * light).log()


class GridNetwork(nn.Module):
    """From the grid to the light that its over-exposed parts lack.

    Residual convolutions, each told the mean of all directions; the level of the whole is said apart.

    Args:
        channels: of every layer.
        blocks: how many convolutions.
        dropout: share of the features that each training step leaves out.
    """

    def __init__(self, channels: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.first = PaddedConv2d(_GRID_CHANNELS, channels, 3, padding="sphere")
        self.tell_statistics = nn.Linear(STATISTICS, channels)
        self.convolutions = nn.ModuleList(PaddedConv2d(channels, channels, 3, padding="sphere") for _ in range(blocks))
        self.tell_mean = nn.ModuleList(nn.Linear(channels, channels) for _ in range(blocks))
        self.norms = nn.ModuleList(nn.GroupNorm(4, channels) for _ in range(blocks))
        self.dropout = nn.Dropout2d(dropout)
        self.head = nn.Conv2d(channels, 3, 1)
        self.level = nn.Sequential(
            nn.Linear(STATISTICS + channels, 32), nn.Tanh(), nn.Dropout(dropout), nn.Linear(32, 1)
        )
        for last in (self.head, self.level[-1]):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(GRID_ROWS, 2 * GRID_ROWS)).float()[:, None]
        self.register_buffer("weights", solid_angles / (2 * GRID_ROWS * solid_angles.sum()), persistent=False)

    def forward(self, maps: Tensor, statistics: Tensor) -> Tensor:
        """Return the natural log of the radiance that a white pixel lacks, linear Rec.709, (N, 3, 16, 32).

        Args:
            maps: of :class:`LightGrid`.
            statistics: likewise.
        """
        features = F.relu(self.first(maps)) + self.tell_statistics(statistics)[..., None, None]
        for convolution, tell, norm in zip(self.convolutions, self.tell_mean, self.norms, strict=True):
            told = tell(self._mean(features))[..., None, None]
            features = features + F.relu(norm(convolution(features) + told))
        features = self.dropout(features)
        with torch.autocast(maps.device.type, enabled=False):
            features = features.float()
            level = self.level(torch.cat([statistics, self._mean(features)], dim=1))[..., None, None]
            return (self.head(features) + level + _FIRST_LOG_LIGHT).clamp(max=_LOG_LIGHT_LIMIT)

    def _mean(self, features: Tensor) -> Tensor:
        return (features * self.weights).sum(dim=(2, 3))


class LightNetwork(nn.Module):
    """The grid network with the panorama around it: a network like the others, without detail."""

    def __init__(self, configuration: NetworkConfiguration) -> None:
        super().__init__()
        self.rows = configuration.light_rows
        self.context = LightContext()
        self.grid = GridNetwork(configuration.light_channels, configuration.light_blocks, configuration.bottom_dropout)

    def forward(self, ldr_linear: Tensor) -> NetworkOutput:
        """Reconstruct log HDR from panoramas (N, 3, H, 2H), linear Rec.709 in [0, 1]; H a multiple of ``rows``."""
        log_light = self.grid(*self.seen(ldr_linear))
        with torch.autocast(ldr_linear.device.type, enabled=False):
            light = enlarge(log_light, int(ldr_linear.shape[-2]) // GRID_ROWS).exp()
            return NetworkOutput(add_light(ldr_linear.float(), light))

    def seen(self, ldr_linear: Tensor) -> LightGrid:
        """Return what the grid network sees of panoramas (N, 3, H, 2H), as in :meth:`forward`."""
        return light_grid(pool_by_solid_angle(ldr_linear, int(ldr_linear.shape[-2]) // self.rows), self.context)
