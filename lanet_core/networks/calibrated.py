"""HDR calibration (Eq. 1) of a network's output, for networks that learn HDR up to a factor only."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.networks.lanet import NetworkOutput


def log_calibration_scale(ldr_linear: Tensor, log_hdr: Tensor) -> Tensor:
    """Return the natural log of Eq. 1's factor, (N, 1, 1, 1), as :func:`lanet_core.calibration.calibration_scale` does.

    Args:
        ldr_linear: (N, 3, H, W), linear Rec.709, [0, 1].
        log_hdr: (N, 3, H, W), natural log of relative radiance.
    """
    mask = (ldr_linear.mean(dim=1, keepdim=True) < OVEREXPOSURE_THRESHOLD).to(log_hdr)
    sums = [(mask * image).sum(dim=(1, 2, 3), keepdim=True) for image in (ldr_linear, log_hdr.exp())]
    return sums[0].clamp(min=1e-8).log() - sums[1].clamp(min=1e-8).log()


class Calibrated(nn.Module):
    """A network whose log HDR is put at its LDR's scale."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ldr_linear: Tensor) -> NetworkOutput:
        """Reconstruct calibrated log HDR from (N, 3, H, W) linear Rec.709 in [0, 1]."""
        output = self.network(ldr_linear)
        log_hdr = output.log_hdr.float()
        with torch.autocast(ldr_linear.device.type, enabled=False):
            log_hdr = log_hdr + log_calibration_scale(ldr_linear, log_hdr)
        return output._replace(log_hdr=log_hdr)
