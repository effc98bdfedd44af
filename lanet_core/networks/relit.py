"""A panoLANet whose light is made as strong as light networks say, direction by direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lanet_core import sphere
from lanet_core.networks.lanet import LDR_FLOOR_LINEAR, NetworkOutput
from lanet_core.networks.light_network import GRID_ROWS, LightGrid, LightNetwork, add_light
from lanet_core.networks.overexposure import overexposure_ramp
from lanet_core.networks.reconstruction import lacking_light
from lanet_core.networks.resampling import enlarge, neighbourhood_mean, pool_by_solid_angle, repeat_pixels

_TINY = 1e-9
_FAINT = 1e-3  # what a white pixel lacks at least; less would be rounding, and its log nothing to multiply

#: Up to this natural log more or less than its surroundings have, what the network says of a pixel of a large clipped
#: area is no light of its own: networks see no further than the edges of such areas, and rim them.
CALM_LOG = 1.0

#: Changed smoothly from cell to cell, the amounts are a little off, and less so the second time.
_PASSES = 2

#: The light of one direction is changed by at most this natural log.
_LOG_LIMIT = 9.0


class Relit(nn.Module):
    """The light of a network in amounts that others give.

    Over each cell of the grid what the network adds to the picture, weighted as the reconstruction does by the cube of
    the ramp, becomes the geometric mean of what the light networks add there. Within a cell, and on to the next, it
    stays distributed as the network has it, only calmer in large clipped areas.

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


def relight(ldr_linear: Tensor, log_hdr: Tensor, log_light: Tensor, calm_log: float = CALM_LOG) -> Tensor:
    """Return log HDR (N, 3, H, W) with the light of the grid.

    Args:
        ldr_linear: (N, 3, H, W), linear Rec.709, [0, 1].
        log_hdr: (N, 3, H, W), natural log of radiance, 1 = the LDR's white.
        log_light: (N, 3, 16, 32), natural log of the radiance that a white pixel lacks.
        calm_log: see :func:`_calmed`.
    """
    ldr_linear = ldr_linear.clamp(min=LDR_FLOOR_LINEAR)
    clipped = _clipped(overexposure_ramp(ldr_linear) ** 3)
    lacking = (log_hdr.exp() - ldr_linear).clamp(min=_FAINT)
    lacking = _calmed(_in_amounts(lacking, clipped, log_light), clipped, calm_log)
    for _ in range(_PASSES):
        lacking = _in_amounts(lacking, clipped, log_light)
    return torch.where(clipped.weight > 0.0, (ldr_linear + lacking).log(), log_hdr)


class _Clipped(NamedTuple):
    """Where light is added.

    Attributes:
        weight: (N, 1, H, W), the part of what a white pixel lacks that the reconstruction adds to this one.
        share: (N, 1, 16, 32), its mean over each cell of the grid.
        smooth_share: (N, 1, H, W), that enlarged.
        factor: rows of a cell.
    """

    weight: Tensor
    share: Tensor
    smooth_share: Tensor
    factor: int


def _clipped(weight: Tensor) -> _Clipped:
    factor = int(weight.shape[-2]) // GRID_ROWS
    share = pool_by_solid_angle(weight, factor)
    return _Clipped(weight, share, enlarge(share, factor), factor)


def _in_amounts(lacking: Tensor, clipped: _Clipped, log_light: Tensor) -> Tensor:
    """Return light, (N, 3, H, W), changed smoothly so that its weighted mean over each cell becomes the grid's."""
    weight, share, smooth_share, factor = clipped
    mean = pool_by_solid_angle(weight * lacking, factor) / share.clamp(min=_TINY)
    log_change = (log_light - mean.clamp(min=_TINY).log()).clamp(-_LOG_LIMIT, _LOG_LIMIT)
    # Cells without clipped pixels say nothing of their neighbours.
    log_change = enlarge(share * log_change, factor) / smooth_share.clamp(min=_TINY)
    return lacking * log_change.exp()


def _calmed(lacking: Tensor, clipped: _Clipped, calm_log: float) -> Tensor:
    """Return light, (N, 3, H, W), without what is a little more or less than its surroundings have.

    A firm threshold (Gao & Bruce 1997) of the natural log against its mean around: ``calm_log`` where all is clipped
    there, and lower with the root of the clipped part, as a lamp or a sun in a clear sky is all that there is. Up to it
    pixels become like their surroundings, and from twice of it on they stay as they are.
    """
    log_grey = lacking.mean(dim=1, keepdim=True).clamp(min=_FAINT).log()
    log_light = pool_by_solid_angle(clipped.weight * log_grey, clipped.factor)
    share, log_sum = (enlarge(_around(cells), clipped.factor) for cells in (clipped.share, log_light))
    excess = log_grey - log_sum / share.clamp(min=_TINY)
    threshold = calm_log * share.clamp(0.0, 1.0).sqrt()
    removed = torch.minimum(excess.abs(), (2.0 * threshold - excess.abs()).clamp(min=0.0)) * excess.sign()
    return lacking * (-removed).exp()


def _around(cells: Tensor) -> Tensor:
    """Return about the mean of each cell and its eight neighbours: their integral over nine times its area."""
    solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(GRID_ROWS, 2 * GRID_ROWS)).to(cells)[:, None]
    return neighbourhood_mean(cells * solid_angles) / solid_angles
