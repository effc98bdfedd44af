"""A correction of how large a network expects its errors to be: one number, chosen on validation scenes.

The confidence head learns from scenes that its network has learnt from, too, where the network errs less than
elsewhere.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from lanet_core.networks.confidence import Confidence
from lanet_core.networks.lanet import NetworkOutput


class ScaledConfidence(nn.Module):
    """A network whose expected errors are multiplied by a factor.

    Args:
        network: has a confidence.
        factor: above 0; 1 changes nothing.
    """

    def __init__(self, network: nn.Module, factor: float) -> None:
        super().__init__()
        self.network = network
        self.log_factor = math.log(factor)

    def forward(self, ldr_linear: Tensor) -> NetworkOutput:
        """Reconstruct log HDR from (N, 3, H, W) linear Rec.709 in [0, 1]."""
        output = self.network(ldr_linear)
        return output._replace(confidence=Confidence(*(log + self.log_factor for log in output.confidence)))
