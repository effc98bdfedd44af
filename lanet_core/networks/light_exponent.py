"""A correction of how strongly a network brightens: one number, chosen on validation scenes.

A network that learnt from few scenes hedges on scenes that it has not seen: it predicts less light than there is, the
more so the more light there is. Raising its gain over the LDR to a power undoes what of this is the same everywhere.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lanet_core.networks.lanet import LDR_FLOOR_LINEAR, NetworkOutput


class LightExponent(nn.Module):
    """A network whose gain over the LDR is raised to a power.

    Args:
        network: predicts calibrated log HDR.
        exponent: 1 changes nothing; above 1, what is brightened is brightened more.
    """

    def __init__(self, network: nn.Module, exponent: float) -> None:
        super().__init__()
        self.network = network
        self.exponent = exponent

    def forward(self, ldr_linear: Tensor) -> NetworkOutput:
        """Reconstruct calibrated log HDR from (N, 3, H, W) linear Rec.709 in [0, 1]."""
        output = self.network(ldr_linear)
        with torch.autocast(ldr_linear.device.type, enabled=False):
            log_ldr = ldr_linear.float().clamp(min=LDR_FLOOR_LINEAR).log()
            log_hdr = log_ldr + self.exponent * (output.log_hdr.float() - log_ldr)
        return output._replace(log_hdr=log_hdr)
