"""A panoLANet whose light is made as strong as light networks say, direction by direction."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lanet_core.networks.lanet import LDR_FLOOR_LINEAR, NetworkOutput
from lanet_core.networks.light_network import GRID_ROWS, LightGrid, LightNetwork, add_light
from lanet_core.networks.overexposure import overexposure_ramp
from lanet_core.networks.reconstruction import lacking_light
from lanet_core.networks.resampling import enlarge, pool_by_solid_angle, repeat_pixels

_TINY = 1e-9
#: How far the light goes, in logs, from the network's amount to the light networks': what had the smallest error on
#: train scenes that were held out, relit by two light networks of 128 and 256 rows.
SHARE = 1.0

#: The light of one direction is changed by at most this natural log.
_LOG_LIMIT = 9.0


class Relit(nn.Module):
    """The light of a network in amounts that others give.

    Over each cell of the grid what the network adds to the picture, weighted as the reconstruction does by the cube of
    the ramp, goes :data:`SHARE` of the way, in logs, to the geometric mean of what the light networks add there. Within
    a cell, and on to the next, it stays distributed as the network has it.

    Args:
        network: predicts calibrated log HDR of panoramas.
        rows: of the panoramas that it sees; what it says of them is enlarged to what the light networks see.
        lights: one or more.
    """

    def __init__(self, network: nn.Module, rows: int, lights: Sequence[LightNetwork]) -> None:
        super().__init__()
        self.network = network
        self.rows = rows
        self.lights = nn.ModuleList(lights)

    def forward(self, ldr_linear: Tensor) -> NetworkOutput:
        """Reconstruct calibrated log HDR from panoramas (N, 3, H, 2H), linear Rec.709 in [0, 1].

        H is a multiple of the rows that each network sees, at most twice those of the first.
        """
        ldr_linear = ldr_linear.float()
        factor = int(ldr_linear.shape[-2]) // self.rows
        output = self.network(pool_by_solid_angle(ldr_linear, factor))
        if factor > 1:
            output = _enlarged(output, ldr_linear, factor)
        seen: dict[int, LightGrid] = {}  # the same for all that see so many rows
        for light in self.lights:
            if light.rows not in seen:
                seen[light.rows] = light.seen(ldr_linear)
        log_light = torch.stack([light.grid(*seen[light.rows]) for light in self.lights]).mean(dim=0)
        with torch.autocast(ldr_linear.device.type, enabled=False):
            return output._replace(log_hdr=relight(ldr_linear, output.log_hdr.float(), log_light))


def _enlarged(output: NetworkOutput, ldr_linear: Tensor, factor: int) -> NetworkOutput:
    """Return what a network said of a panorama reduced by a factor, of the whole one."""
    with torch.autocast(ldr_linear.device.type, enabled=False):
        ldr_linear = ldr_linear.clamp(min=LDR_FLOOR_LINEAR)
        log_hdr = add_light(ldr_linear, lacking_light(ldr_linear, output.log_hdr.float()))
        confidence = output.confidence
        if confidence is not None:
            confidence = confidence._replace(log_scale=repeat_pixels(confidence.log_scale.float(), factor))
        return NetworkOutput(log_hdr, confidence=confidence)


def relight(ldr_linear: Tensor, log_hdr: Tensor, log_light: Tensor, share: float = SHARE) -> Tensor:
    """Return log HDR (N, 3, H, W) with the light of the grid.

    Args:
        ldr_linear: (N, 3, H, W), linear Rec.709, [0, 1].
        log_hdr: (N, 3, H, W), natural log of radiance, 1 = the LDR's white.
        log_light: (N, 3, 16, 32), natural log of the radiance that a white pixel lacks.
        share: 0 changes nothing, 1 gives the light of the grid.
    """
    factor = int(ldr_linear.shape[-2]) // GRID_ROWS
    ldr_linear = ldr_linear.clamp(min=LDR_FLOOR_LINEAR)
    weight = overexposure_ramp(ldr_linear) ** 3
    lacking = (log_hdr.exp() - ldr_linear).clamp(min=_TINY)
    clipped = pool_by_solid_angle(weight, factor)
    mean = pool_by_solid_angle(weight * lacking, factor) / clipped.clamp(min=_TINY)
    log_change = (log_light - mean.clamp(min=_TINY).log()).clamp(-_LOG_LIMIT, _LOG_LIMIT)
    # Cells without clipped pixels say nothing of their neighbours.
    log_change = enlarge(clipped * log_change, factor) / enlarge(clipped, factor).clamp(min=_TINY)
    return torch.where(weight > 0.0, (ldr_linear + lacking * (share * log_change).exp()).log(), log_hdr)
