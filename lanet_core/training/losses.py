"""The losses of the paper, Eq. 2 to 6 and 9.

All take float32 tensors of a batch: ``log_hdr`` (N, 3, H, W) is the network's natural log of radiance,
``target`` (N, 3, H, W) the calibrated HDR Ĥ, ``ldr_linear`` (N, 3, H, W) the LDR; all linear Rec.709, 1 =
the LDR's white.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.networks.lanet import NetworkOutput
from lanet_core.networks.overexposure import overexposure_ramp
from lanet_core.training.configuration import LossConfiguration

#: ε of Eq. 3, and the limits of calibrated HDR in the released program.
EPSILON = 1e-8
TARGET_MAXIMUM = 1e4

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
    """Return the classes of Eq. 6 for linear images (N, 3, H, W): (N, H, W) int64, 0 dark, 1 between, 2 bright."""
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


class TrainingLoss(nn.Module):
    """The weighted sum of the terms of a configuration."""

    def __init__(self, configuration: LossConfiguration) -> None:
        super().__init__()
        self.configuration = configuration

    def forward(self, output: NetworkOutput, ldr_linear: Tensor, hdr: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its unweighted terms by name.

        Args:
            output: of the network.
            ldr_linear: (N, 3, H, W), input of the network.
            hdr: (N, 3, H, W), calibrated HDR (Eq. 1).
        """
        weights = self.configuration
        target = hdr.clamp(EPSILON, TARGET_MAXIMUM)
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
        total = reduce(add, (getattr(weights, name) * term for name, term in terms.items()))
        return total, terms
