"""The losses: the paper's (Eq. 2 to 6 and 9), and the light that a panorama casts.

All take float32 tensors of a batch: ``log_hdr`` (N, 3, H, W) is the network's natural log of radiance,
``target`` (N, 3, H, W) the calibrated HDR Ĥ, ``ldr_linear`` (N, 3, H, W) the LDR; all linear Rec.709, 1 =
the LDR's white.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core import sphere
from lanet_core.metrics.irradiance import irradiance_matrix
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.networks.panolanet import overexposure_ramp
from lanet_core.training.configuration import LossConfiguration
from lanet_core.training.reconstruction import pool_by_solid_angle, reconstruct

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


class IrradianceLoss(nn.Module):
    """Mean absolute error of diffuse irradiance in stops, over normals in all directions.

    A diffuse surface's colour is linear in the panorama, so a fixed matrix lets the loss see the light that
    the panorama casts instead of its pixels. The same integral as :mod:`lanet_core.metrics.irradiance`,
    coarser.

    Args:
        map_height: rows to which panoramas are reduced before the integral (columns are twice as many).
        normals_height: rows of the grid of normals (columns are twice as many).
    """

    def __init__(self, map_height: int = 32, normals_height: int = 16) -> None:
        super().__init__()
        matrix = irradiance_matrix(map_height, 2 * map_height, normals_height, 2 * normals_height)
        self.register_buffer("matrix", torch.from_numpy(matrix), persistent=False)
        normal_weights = sphere.pixel_solid_angles_sr(normals_height, 2 * normals_height).repeat(2 * normals_height)
        self.register_buffer(
            "normal_weights",
            torch.from_numpy(normal_weights / normal_weights.sum()).float()[None, None],
            persistent=False,
        )
        self.map_height = map_height

    def forward(self, panorama: Tensor, target: Tensor) -> Tensor:
        """Return the error of (N, 3, H, 2H) against a target of the same size, a scalar in stops."""
        stops = self.irradiance(panorama).log2() - self.irradiance(target).log2()
        return (stops.abs() * self.normal_weights).sum(dim=-1).mean()

    def irradiance(self, panorama: Tensor) -> Tensor:
        """Return diffuse irradiance, (N, 3, normals)."""
        reduced = pool_by_solid_angle(panorama, panorama.shape[-2] // self.map_height)
        return reduced.flatten(2) @ self.matrix.T + EPSILON


class TrainingLoss(nn.Module):
    """The weighted sum of terms that a configuration asks for."""

    def __init__(self, configuration: LossConfiguration) -> None:
        super().__init__()
        self.configuration = configuration
        self.irradiance = IrradianceLoss()

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
        if weights.irradiance and log_hdr.shape[-1] == 2 * log_hdr.shape[-2]:  # a panorama, not a crop
            terms["irradiance"] = self.irradiance(reconstruct(picture, log_hdr), target)
        total = sum(getattr(weights, name) * term for name, term in terms.items())
        return total, terms
