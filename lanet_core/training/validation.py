"""Validation while the networks of the paper are trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lanet_core.calibration import overexposure_ramp
from lanet_core.data.pairs import to_tensor


@dataclass(frozen=True)
class ValidationPair:
    """One photograph of a scene and its calibrated HDR, (H, W, 3) float32, linear Rec.709."""

    name: str
    image: np.ndarray
    hdr: np.ndarray


@torch.no_grad()
def predict(network: nn.Module, ldr_linear: np.ndarray, device: torch.device) -> tuple[np.ndarray, np.ndarray]:
    """Return a network's log HDR of an image and the HDR image merged with the LDR (Eq. 7), (H, W, 3) float32 each.

    Args:
        network: predicts calibrated log HDR.
        ldr_linear: (H, W, 3) float32, linear Rec.709, [0, 1].
        device: of the network.
    """
    output = network(to_tensor(ldr_linear)[None].to(device)).log_hdr[0].float().cpu().numpy()
    log_hdr = np.moveaxis(output, 0, -1)
    ramp = overexposure_ramp(ldr_linear)[..., None]
    return log_hdr, ramp * np.exp(log_hdr) + (1.0 - ramp) * ldr_linear
