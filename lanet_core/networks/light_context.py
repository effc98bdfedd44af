"""What the exposed part of a panorama says of its clipped light: fixed functions of the whole sphere.

The strength of a clipped light shows in what it lights: the surfaces that face it, the colour of the sky, the contrast
of the whole. A convolution sees that only through many layers, and 118 panoramas do not teach it to; an integral over
the sphere sees it at once. Nothing here is learnt but how the figures are used.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lanet_core import sphere
from lanet_core.metrics.irradiance import irradiance_matrix
from lanet_core.networks.overexposure import overexposure_ramp
from lanet_core.networks.resampling import enlarge, pool_by_solid_angle

#: Channels of :attr:`Context.maps` and figures of :attr:`Context.statistics`.
MAP_CHANNELS = 8
STATISTICS = 17

#: Rows of the panorama on which the integrals are taken.
_ROWS = 16

_DARK = 3e-4  # about the 8-bit code 1, linear
_SHARE_FLOOR = 1e-5

#: Natural logs of radiance that split the exposed pixels into shadows, middle and lights.
_LOG_LIMITS = (-5.0, -3.0, -1.0)


class Context(NamedTuple):
    """What :class:`LightContext` finds.

    Attributes:
        maps: (N, 8, H, W), about [-1, 1]: log LDR (3), the elevation's sine, and for the cosine lobe around each
            direction and around the opposite one the log of the exposed radiance (2) and of the clipped share (2).
        statistics: (N, 17), of order 1.
        ramp: (N, 1, H, W) in [0, 1], how far each pixel is over-exposed (Eq. 8).
    """

    maps: Tensor
    statistics: Tensor
    ramp: Tensor


class LightContext(nn.Module):
    """Maps and figures that relate a panorama's clipped light to its exposed part. It has no weights."""

    def __init__(self) -> None:
        super().__init__()
        columns = 2 * _ROWS
        lobes = torch.from_numpy(irradiance_matrix(_ROWS, columns, _ROWS, columns)) / math.pi
        opposite = torch.arange(_ROWS * columns).view(_ROWS, columns).flip(0).roll(_ROWS, 1).flatten()
        solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(_ROWS, columns)).float().repeat_interleave(columns)
        elevation = torch.from_numpy(sphere.zenith_angles_rad(_ROWS)).cos().float().repeat_interleave(columns)
        self.register_buffer("lobes", lobes, persistent=False)
        self.register_buffer("opposite", opposite, persistent=False)
        self.register_buffer("weights", solid_angles / solid_angles.sum(), persistent=False)
        self.register_buffer("elevation", elevation, persistent=False)

    def forward(self, ldr_linear: Tensor) -> Context:
        """Look at panoramas (N, 3, H, 2H), linear Rec.709 in [0, 1]; H a multiple of 16.

        Raises:
            ValueError: they are no panoramas.
        """
        height, width = map(int, ldr_linear.shape[-2:])
        if width != 2 * height or height % _ROWS:
            raise ValueError(f"the light context needs panoramas of a multiple of {_ROWS} rows, not {width}×{height}")
        with torch.autocast(ldr_linear.device.type, enabled=False):
            ldr_linear = ldr_linear.float()
            log_ldr = ldr_linear.clamp(min=_DARK).log()
            mean = ldr_linear.mean(dim=1, keepdim=True)
            ramp = overexposure_ramp(ldr_linear)
            exposed = (ramp == 0.0).to(mean)
            log_mean = mean.clamp(min=_DARK).log()
            fields = [
                ramp,
                exposed,
                exposed * mean,
                exposed * log_mean,
                exposed * log_mean.square(),
                exposed * (log_ldr[:, 2:] - log_ldr[:, :1]),
                *(exposed * (log_mean < limit).to(mean) for limit in _LOG_LIMITS),
            ]
            coarse = pool_by_solid_angle(torch.cat(fields, dim=1), height // _ROWS).flatten(2)
            lobes = coarse[:, :3] @ self.lobes.T
            lobes = torch.cat([lobes, lobes[:, :, self.opposite]], dim=2)
            maps = torch.cat([log_ldr / 4.0 + 1.0, self._lobe_maps(lobes, height, width)], dim=1)
            return Context(maps, self._statistics(coarse, lobes), ramp)

    def _lobe_maps(self, lobes: Tensor, height: int, width: int) -> Tensor:
        """Return the elevation and the lobes' logs, (N, 5, H, W)."""
        clipped, exposed, radiance = (lobes[:, channel] for channel in range(3))
        coarse = torch.stack([_log_quotient(radiance, exposed) / 4.0 + 1.0, _log_share(clipped) / 4.0 + 1.0], dim=1)
        # Each lobe's own direction comes first, the opposite one's second.
        coarse = coarse.reshape(len(lobes), 4, _ROWS, 2 * _ROWS)
        fine = enlarge(coarse, height // _ROWS)
        elevation = torch.from_numpy(sphere.zenith_angles_rad(height)).cos().to(fine)
        elevation = elevation[:, None].expand(len(lobes), 1, height, width)
        return torch.cat([elevation, fine], dim=1)

    def _statistics(self, coarse: Tensor, lobes: Tensor) -> Tensor:
        """Return the figures of each panorama, (N, 17)."""
        ramp, exposed, radiance, log_radiance, log_squared, blue_red = (coarse[:, i] for i in range(6))
        upper = (self.elevation > 0.0).to(coarse)
        everywhere, halves = torch.ones_like(upper), (upper, 1.0 - upper)
        opposite_of_light = lobes[:, 0, ramp.shape[1] :]
        near_light = lobes[:, 0, : ramp.shape[1]]

        def total(field: Tensor, where: Tensor) -> Tensor:
            return (field * where * self.weights).sum(dim=1)

        def mean(field: Tensor, where: Tensor) -> Tensor:
            return total(field, where) / total(exposed, where).clamp(min=_SHARE_FLOOR)

        light = total(ramp, everywhere).clamp(min=_SHARE_FLOOR)
        mean_log = mean(log_radiance, everywhere)
        figures = [
            *(_log_share(total(ramp, where)) / 3.0 + 1.5 for where in (everywhere, *halves)),
            *(mean(radiance, where).clamp(min=_DARK).log() + 2.0 for where in halves),
            *(mean(log_radiance, where) / 2.0 + 1.5 for where in halves),
            mean(log_squared, everywhere) - mean_log.square() - 2.0,
            2.0 * total(ramp * self.elevation, everywhere) / light - 1.0,
            mean(radiance, opposite_of_light).clamp(min=_DARK).log() + 2.0,
            mean(radiance, near_light).clamp(min=_DARK).log() + 2.0,
            *(2.0 * mean(blue_red, where) for where in halves),
            *(2.0 * mean(coarse[:, 6 + limit], everywhere) - 1.0 for limit in range(len(_LOG_LIMITS))),
            (total(ramp.square(), everywhere) / light).clamp(min=1e-3).log() + 1.0,
        ]
        return torch.stack(figures, dim=1)


class SceneGain(nn.Module):
    """The level of a scene's clipped light, learnt from its statistics: one log gain for the whole panorama."""

    def __init__(self, hidden: int = 32, dropout: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(STATISTICS, hidden), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden, 1))
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)

    def forward(self, context: Context) -> Tensor:
        """Return the log gain of each pixel, (N, 1, H, W): 0 where the LDR is well exposed."""
        with torch.autocast(context.ramp.device.type, enabled=False):
            return context.ramp * self.layers(context.statistics)[..., None, None]


def _log_quotient(radiance: Tensor, share: Tensor) -> Tensor:
    return (radiance / share.clamp(min=_SHARE_FLOOR)).clamp(min=_DARK).log()


def _log_share(share: Tensor) -> Tensor:
    return share.clamp(min=_SHARE_FLOOR).log()
