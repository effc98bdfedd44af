"""Reconstruction in torch, differentiable: the twin of :mod:`lanet_core.reconstruction`, to which a test holds it.

Training sees the panorama that the product would make of a prediction, so the network learns to give the right light
through the ramp, the merge and the enlargement, not in spite of them. Point lights keep their blob here: the disc that
the product makes of one has the same energy, and the losses look at nothing as small. Steps of 8 bits are left in.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core import sphere
from lanet_core.networks.overexposure import overexposure_ramp
from lanet_core.networks.padding import pad
from lanet_core.networks.resampling import enlarge, neighbourhood_mean, pool_by_solid_angle, repeat_pixels
from lanet_core.reconstruction import MAXIMUM_RADIANCE, NEARLY_OVEREXPOSED, NEARLY_OVEREXPOSED_WEIGHT, REFINEMENT

#: Its square, by which gradients are divided, is a normal float32. What is left out is light that nobody sees.
_LEAST_DIVISOR = 1e-12


def reconstruct(picture: Tensor, log_hdr: Tensor) -> Tensor:
    """Return the HDR panoramas of pictures and the network's output for them.

    Args:
        picture: (N, 3, kH, kW) float32, linear Rec.709, [0, 1]; k is 1 or 2.
        log_hdr: (N, 3, H, W) float32, natural log of linear Rec.709 radiance, 1 = the LDR's white.

    Returns:
        (N, 3, kH, kW) float32, linear Rec.709, 1 = the LDR's white.

    Raises:
        ValueError: k is larger: of such a picture the product remembers less than its pixels.
    """
    return picture + overexposure_ramp(picture) ** 3 * lacking_light(picture, log_hdr)


def lacking_light(picture: Tensor, log_hdr: Tensor) -> Tensor:
    """Return what the network says that each pixel would lack if it were white, (N, 3, kH, kW) float32, linear Rec.709.

    Arguments and errors are those of :func:`reconstruct`.
    """
    factor = int(picture.shape[-2]) // int(log_hdr.shape[-2])
    if factor > REFINEMENT:
        raise ValueError(f"the picture is {factor} times as large as the network's output, more than {REFINEMENT}")
    ramp = overexposure_ramp(picture)
    weight = ramp**3
    radiance = log_hdr.clamp(max=math.log(MAXIMUM_RADIANCE)).exp()
    trust = _trust(picture, ramp, factor)
    lacking = (radiance - pool_by_solid_angle(picture, factor)).clamp(min=0.0) * (trust > 0.0)
    light = trust * lacking + _handed_over(lacking, trust)
    return enlarge_light(light, weight, factor)


def _trust(picture: Tensor, ramp: Tensor, factor: int) -> Tensor:
    """Return which part of what the picture lacks it is given, (N, 1, H, W)."""
    share = (ramp > 0.0).to(picture)
    low, high = NEARLY_OVEREXPOSED
    nearly = (1.0 - share) * ((picture.mean(dim=1, keepdim=True) - low) / (high - low)).clamp(0.0, 1.0)
    pictures = torch.cat([share, ramp**3, ramp**6, nearly], dim=1)
    share, weight, weight_squared, nearly = pool_by_solid_angle(pictures, factor).split(1, dim=1)
    return _quotient(weight_squared * share, weight * (share + NEARLY_OVEREXPOSED_WEIGHT * nearly))


def _handed_over(lacking: Tensor, trust: Tensor) -> Tensor:
    """Return what pixels are given of their neighbours' light, (N, C, H, W), of which those get ``trust``."""
    height, width = map(int, trust.shape[-2:])
    solid_angles_sr = torch.from_numpy(sphere.pixel_solid_angles_sr(height, width)).to(trust)[:, None]
    greatest = F.max_pool2d(pad(trust, 1, "sphere"), kernel_size=3, stride=1)
    claims = trust * trust
    per_claim = _quotient(lacking * (greatest - trust) * solid_angles_sr, _neighbourhood_sum(claims))
    return claims * _neighbourhood_sum(per_claim) / solid_angles_sr


def _neighbourhood_sum(panorama: Tensor) -> Tensor:
    return 9.0 * neighbourhood_mean(panorama)


def enlarge_light(light: Tensor, mask: Tensor, factor: int) -> Tensor:
    """Return (N, C, kH, kW): the twin of :func:`lanet_core.enlargement.enlarge_light`, 0 where the mask is 0.

    Args:
        light: (N, C, H, W), ≥ 0.
        mask: (N, 1, kH, kW), [0, 1].
        factor: k.
    """
    shining = pool_by_solid_angle(mask, factor)
    light = light * (shining > 0.0)
    within = repeat_pixels(_quotient(light, shining), factor)
    smooth = _quotient(enlarge(light, factor), enlarge(shining, factor))
    wanted, given = (_gather_bilinear(mask * each, factor) for each in (within, smooth))
    return smooth * enlarge(_quotient(wanted, given), factor)


def _gather_bilinear(panorama: Tensor, factor: int) -> Tensor:
    """Return the transpose of :func:`lanet_core.networks.resampling.enlarge`, weighted by solid angle."""
    channels, height = int(panorama.shape[1]), int(panorama.shape[-2])
    weighted = panorama * torch.from_numpy(sphere.pixel_solid_angles_sr(height, 2 * height)).to(panorama)[:, None]
    if factor == 1:
        return weighted
    distance = (torch.arange(3 * factor, device=panorama.device) + 0.5) / factor - 1.5
    tent = (1.0 - distance.abs()).clamp(min=0.0).to(panorama)
    kernel = torch.outer(tent, tent).expand(channels, 1, -1, -1)
    return F.conv2d(pad(weighted, factor, "sphere"), kernel, stride=factor, groups=channels)


def _quotient(dividend: Tensor, divisor: Tensor) -> Tensor:
    """Return a quotient, 0 where the divisor is 0 or next to it, with finite gradients."""
    lit = divisor > _LEAST_DIVISOR
    return torch.where(lit, dividend / torch.where(lit, divisor, torch.ones_like(divisor)), torch.zeros_like(dividend))
