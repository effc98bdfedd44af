"""The losses: the paper's (Eq. 2 to 6 and 9), and the light that a panorama casts.

All take float32 tensors of a batch: ``log_hdr`` (N, 3, H, W) is the network's natural log of radiance,
``target`` (N, 3, H, W) the calibrated HDR Ĥ, ``ldr_linear`` (N, 3, H, W) the LDR; all linear Rec.709, 1 =
the LDR's white.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core import sphere
from lanet_core.metrics.irradiance import irradiance_matrix
from lanet_core.networks.confidence import Confidence
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.networks.overexposure import overexposure_ramp
from lanet_core.networks.reconstruction import reconstruct
from lanet_core.networks.resampling import pool_by_solid_angle
from lanet_core.training.configuration import LossConfiguration

#: ε of Eq. 3, and the lower end of calibrated HDR in the released program.
EPSILON = 1e-8

#: Classes of Eq. 6, by the channel mean of Ĥ: up to the first dark, from the second on bright.
SEGMENTATION_LIMITS = (float(torch.tensor(-5.5).exp()), float(torch.tensor(0.1).exp()))


def log_difference(log_hdr: Tensor, target: Tensor) -> Tensor:
    """Return d = log H̄ − log Ĥ, (N, 3, H, W)."""
    return log_hdr - target.clamp(min=EPSILON).log()


def log_l2_loss(log_hdr: Tensor, target: Tensor) -> Tensor:
    """Return mean(d²), the U-Net + L2 rows of Table 2."""
    return log_difference(log_hdr, target).square().mean()


def scale_invariant_loss(log_hdr: Tensor, target: Tensor) -> Tensor:
    """Return L_SI of Eq. 4, mean(d²) − mean(d)² per image: unchanged by any scale of the prediction."""
    d = log_difference(log_hdr, target).flatten(1)
    return (d.square().mean(dim=1) - d.mean(dim=1).square()).mean()


def luminance_classes(linear: Tensor) -> Tensor:
    """Return the classes of Eq. 6 for linear pictures (N, 3, H, W): (N, H, W) int64, 0 dark, 1 between, 2 bright."""
    mean = linear.mean(dim=1)
    dark, bright = SEGMENTATION_LIMITS
    return (mean > dark).long() + (mean >= bright).long()


def segmentation_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Return L_SEG of Eq. 5, the cross-entropy of logits (N, 3, H, W) with classes (N, H, W)."""
    return F.cross_entropy(logits, classes)


def merged_losses(log_hdr: Tensor, target: Tensor, ldr_linear: Tensor) -> tuple[Tensor, Tensor]:
    """Return L_high = mean((m d)²) and L_low = mean(((1 − m) d)²) of Eq. 9."""
    d = log_difference(log_hdr, target)
    mask = overexposure_ramp(ldr_linear)
    return (mask * d).square().mean(), ((1.0 - mask) * d).square().mean()


class ReflectedLightLoss(nn.Module):
    """Mean absolute error, in stops, of the light that surfaces of one kind reflect, over all directions.

    What a surface reflects is linear in the panorama, so a fixed matrix lets the loss see the light that
    the panorama casts instead of its pixels.

    Args:
        matrix: (directions, pixels) from radiance to reflected light, both axes row-major panoramas twice as
            wide as high.
    """

    def __init__(self, matrix: np.ndarray) -> None:
        super().__init__()
        directions_height, self.map_height = (math.isqrt(size // 2) for size in matrix.shape)
        self.register_buffer("matrix", torch.from_numpy(matrix), persistent=False)
        weights = sphere.pixel_solid_angles_sr(directions_height, 1).repeat(2 * directions_height)
        self.register_buffer("weights", torch.from_numpy(weights / weights.sum()).float()[None, None], persistent=False)

    def forward(self, panorama: Tensor, target: Tensor) -> Tensor:
        """Return the error of (N, 3, H, 2H) against a target of the same size, a scalar in stops."""
        return self.each(panorama, target).mean()

    def each(self, panorama: Tensor, target: Tensor) -> Tensor:
        """Return the error of each panorama, (N,), in stops."""
        stops = self.reflected(panorama).log2() - self.reflected(target).log2()
        return (stops.abs() * self.weights).sum(dim=-1).mean(dim=-1)

    def reflected(self, panorama: Tensor) -> Tensor:
        """Return reflected light, (N, 3, directions)."""
        reduced = pool_by_solid_angle(panorama, panorama.shape[-2] // self.map_height)
        return reduced.flatten(2) @ self.matrix.T + EPSILON


def irradiance_loss(map_height: int = 32, normals_height: int = 16) -> ReflectedLightLoss:
    """Return the loss of diffuse irradiance: the integral of :mod:`lanet_core.metrics.irradiance`, coarser.

    Args:
        map_height: rows to which panoramas are reduced before the integral (columns are twice as many).
        normals_height: rows of the grid of normals (columns are twice as many).
    """
    return ReflectedLightLoss(irradiance_matrix(map_height, 2 * map_height, normals_height, 2 * normals_height))


def glossy_loss(map_height: int = 32, directions_height: int = 16, exponent: float = 32.0) -> ReflectedLightLoss:
    """Return the loss of glossy reflection: cosⁿ lobes about mirror directions, which see where light comes from.

    Source: Phong 1975, "Illumination for Computer Generated Pictures".

    Args:
        map_height: rows to which panoramas are reduced before the integral (columns are twice as many).
        directions_height: rows of the grid of mirror directions (columns are twice as many).
        exponent: n; a lobe of 32 falls to half at 12°.
    """
    directions, pixels = (
        sphere.pixel_directions(height, 2 * height).reshape(-1, 3) for height in (directions_height, map_height)
    )
    lobes = np.maximum(directions @ pixels.T, 0.0) ** exponent
    lobes *= sphere.pixel_solid_angles_sr(map_height, 1).repeat(2 * map_height)
    return ReflectedLightLoss((lobes / lobes.sum(axis=1, keepdims=True)).astype(np.float32))


def _solid_angles(panorama: Tensor) -> Tensor:
    """Return the solid angles of a panorama's rows of pixels, (H, 1), steradians."""
    return torch.from_numpy(sphere.pixel_solid_angles_sr(*panorama.shape[-2:])).to(panorama)[:, None]


def distribution_loss(panorama: Tensor, target: Tensor) -> Tensor:
    """Return how badly the light's directions are met: the Kullback-Leibler divergence, in nats.

    A panorama's light, divided by its total, is a distribution over directions. A sun that is smeared over a clipped
    sky, or stands at its rim, gives nearly the right irradiance and no shadow; this term sees it, and nothing of the
    light's amount.

    Source: Kullback and Leibler 1951, "On Information and Sufficiency".

    Args:
        panorama: (N, 3, H, 2H), linear Rec.709, > 0.
        target: (N, 3, H, 2H), likewise.
    """
    solid_angles = _solid_angles(target)

    def log_shares(light: Tensor) -> Tensor:
        light = light.mean(dim=1) * solid_angles + torch.finfo(torch.float32).tiny
        return (light / light.sum(dim=(1, 2), keepdim=True)).log()

    log_true = log_shares(target)
    return (log_true.exp() * (log_true - log_shares(panorama))).sum(dim=(1, 2)).mean()


def peak_loss(log_share: Tensor, target: Tensor, ldr_linear: Tensor) -> Tensor:
    """Return how badly the places of concentrated light are met: the cross-entropy above its least, in nats.

    Each panorama counts by the part of its clipped light that lies above the mean of its clipped pixels: a sun counts
    in full, an evenly white sky, which has no peak, not at all.

    Source: Kullback and Leibler 1951, "On Information and Sufficiency".

    Args:
        log_share: (N, 1, H, 2H), see :class:`lanet_core.networks.peak_light.Peaks`.
        target: (N, 3, H, 2H), calibrated HDR.
        ldr_linear: (N, 3, H, 2H), its LDR.
    """
    solid_angles = _solid_angles(target)
    clipped = overexposure_ramp(ldr_linear) * solid_angles
    light = target.mean(dim=1, keepdim=True)
    area = clipped.sum(dim=(1, 2, 3), keepdim=True).clamp(min=EPSILON)
    total = (clipped * light).sum(dim=(1, 2, 3), keepdim=True).clamp(min=EPSILON)
    above = clipped * (light - total / area).clamp(min=0.0)
    concentrated = above.sum(dim=(1, 2, 3), keepdim=True)
    shares = above / concentrated.clamp(min=EPSILON)
    divergence = (torch.xlogy(shares, shares) - shares * log_share).sum(dim=(1, 2, 3))
    return (divergence * (concentrated / total).flatten()).mean()


def foretelling_loss(log_expected: Tensor, error: Tensor) -> Tensor:
    """Return how badly errors were foretold: −log of the exponential density of that mean, least for the true mean.

    Source: Gneiting and Raftery 2007, "Strictly Proper Scoring Rules, Prediction, and Estimation" (logarithmic score).

    Args:
        log_expected: natural log of the expected error.
        error: what it was, ≥ 0, of the same shape.
    """
    return error * (-log_expected).exp() + log_expected


class TrainingLoss(nn.Module):
    """The weighted sum of terms that a configuration asks for."""

    def __init__(self, configuration: LossConfiguration) -> None:
        super().__init__()
        self.configuration = configuration
        self.reflected = nn.ModuleDict({"irradiance": irradiance_loss(), "glossy": glossy_loss()})

    def forward(
        self, output: NetworkOutput, ldr_linear: Tensor, hdr: Tensor, picture: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its unweighted terms by name.

        Args:
            output: of the network.
            ldr_linear: (N, 3, H, W), what the network saw.
            hdr: (N, 3, H, W), calibrated HDR (Eq. 1).
            picture: (N, 3, kH, kW), the LDR panorama that ``ldr_linear`` was reduced from.
        """
        weights = self.configuration
        target = hdr.clamp(EPSILON, weights.target_maximum)
        if weights.target == "normalised":
            target = target / target.amax(dim=(1, 2, 3), keepdim=True)
        log_hdr = output.log_hdr.float()
        terms: dict[str, Tensor] = {}
        if weights.log_l2:
            terms["log_l2"] = log_l2_loss(log_hdr, target)
        if weights.scale_invariant:
            terms["scale_invariant"] = scale_invariant_loss(log_hdr, target)
        if weights.segmentation and output.segmentation_logits is not None:
            classes = luminance_classes(ldr_linear if weights.segmentation_source == "ldr" else hdr)
            terms["segmentation"] = segmentation_loss(output.segmentation_logits.float(), classes)
        if weights.overexposed or weights.well_exposed:
            terms["overexposed"], terms["well_exposed"] = merged_losses(log_hdr, target, ldr_linear)
        if weights.peak and output.peaks is not None:
            terms["peak"] = peak_loss(output.peaks.log_share, target, ldr_linear)
        if log_hdr.shape[-1] == 2 * log_hdr.shape[-2]:  # a panorama, not a crop
            terms.update(self._light_terms(log_hdr, target, picture, ldr_linear, output.confidence))
        total = sum(getattr(weights, name) * term for name, term in terms.items())
        return total, terms

    def _light_terms(
        self, log_hdr: Tensor, target: Tensor, picture: Tensor, ldr_linear: Tensor, confidence: Confidence | None
    ) -> dict[str, Tensor]:
        """Return the terms that judge the panorama which the product would make."""
        reflected = [name for name in self.reflected if getattr(self.configuration, name)]
        distribution = self.configuration.distribution
        foretold = confidence is not None and self.configuration.confidence
        if not (reflected or distribution or foretold):
            return {}
        reconstructed = pool_by_solid_angle(reconstruct(picture, log_hdr), picture.shape[-2] // target.shape[-2])
        terms = {name: self.reflected[name](reconstructed, target) for name in reflected}
        if distribution:
            terms["distribution"] = distribution_loss(reconstructed, target)
        if foretold:
            terms["confidence"] = self._foretelling(confidence, log_hdr, target, ldr_linear, reconstructed)
        return terms

    def _foretelling(
        self, confidence: Confidence, log_hdr: Tensor, target: Tensor, ldr_linear: Tensor, reconstructed: Tensor
    ) -> Tensor:
        """Return how badly the errors of over-exposed pixels and of the irradiance are foretold."""
        with torch.no_grad():
            error = log_difference(log_hdr, target).mean(dim=1, keepdim=True).abs()
            stops = self.reflected["irradiance"].each(reconstructed, target)
            solid_angles = _solid_angles(target)
            weights = overexposure_ramp(ldr_linear) * solid_angles
            weights = weights / weights.sum(dim=(1, 2, 3), keepdim=True).clamp(min=EPSILON)
        pixels = (weights * foretelling_loss(confidence.log_scale, error)).sum(dim=(1, 2, 3))
        return (pixels + foretelling_loss(confidence.log_stops, stops)).mean()
