"""Reconstruction in torch, differentiable: the twin of :mod:`lanet_core.reconstruction`, to which a test holds it.

Training sees the panorama that the product would make of a prediction, so the network learns to give the right light
through the ramp, the merge and the enlargement, not in spite of them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lanet_core.networks.overexposure import overexposure_ramp
from lanet_core.networks.resampling import enlarge, pool_by_solid_angle
from lanet_core.reconstruction import MAXIMUM_RADIANCE

_TINY = torch.finfo(torch.float32).tiny


def reconstruct(picture: Tensor, log_hdr: Tensor) -> Tensor:
    """Return the HDR panoramas of pictures and the network's output for them.

    Args:
        picture: (N, 3, kH, kW) float32, linear Rec.709, [0, 1]; k a whole number.
        log_hdr: (N, 3, H, W) float32, natural log of linear Rec.709 radiance, 1 = the LDR's white.

    Returns:
        (N, 3, kH, kW) float32, linear Rec.709, 1 = the LDR's white.
    """
    factor = picture.shape[-2] // log_hdr.shape[-2]
    ramp = overexposure_ramp(picture)
    overexposed = (ramp > 0.0).to(picture)
    share = pool_by_solid_angle(overexposed, factor)
    already_there = pool_by_solid_angle(picture * overexposed, factor)
    well_exposed = pool_by_solid_angle(picture, factor) - already_there
    radiance = log_hdr.clamp(max=math.log(MAXIMUM_RADIANCE)).exp()
    light = torch.maximum(radiance - well_exposed, already_there) * (share > 0.0)
    light_and_share = enlarge(torch.cat([light, share], dim=1), factor)
    # Where nothing is over-exposed the quotient is not used; keep it, and its gradient, finite.
    log_part = (light_and_share[:, :3].clamp(min=_TINY) / light_and_share[:, 3:].clamp(min=1e-6)).log()
    log_picture = picture.clamp(min=_TINY).log()
    merged = (log_picture + ramp * (log_part - log_picture)).exp()
    return torch.where(ramp > 0.0, torch.maximum(merged, picture), picture)
