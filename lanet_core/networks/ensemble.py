"""Several networks asked for one answer: the mean of what they say.

Networks that learnt from other seeds or other pictures err in other ways, and the mean of their logs errs less than
most of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lanet_core.networks.confidence import Confidence
from lanet_core.networks.lanet import NetworkOutput


class Ensemble(nn.Module):
    """The geometric mean of several networks' radiances.

    Args:
        networks: one or more; each predicts calibrated log HDR of the same pictures.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, ldr_linear: Tensor) -> NetworkOutput:
        """Reconstruct calibrated log HDR from (N, 3, H, W) linear Rec.709 in [0, 1].

        The expected errors are the means of the logs, if every network has some: errors that the networks share do not
        cancel out, so that these are expected too high rather than too low. Attention, segmentation and peaks are those
        of no one network, and None.
        """
        outputs = [network(ldr_linear) for network in self.networks]
        confidences = [output.confidence for output in outputs]
        confidence = None
        if all(each is not None for each in confidences):
            confidence = Confidence(*(torch.stack(logs).mean(dim=0) for logs in zip(*confidences, strict=True)))
        log_hdr = torch.stack([output.log_hdr.float() for output in outputs]).mean(dim=0)
        return NetworkOutput(log_hdr, confidence=confidence)
