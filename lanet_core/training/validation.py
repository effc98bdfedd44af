"""Validation in training: the light that the network adds, on scenes that it does not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lanet_core.metrics.irradiance import irradiance_error_stops
from lanet_core.reconstruction import reconstruct
from lanet_core.training.losses import foretelling_loss
from lanet_core.training.pairs import LoadedScene, reduce_panorama, to_tensor
from lanet_core.training.photographs import photographs
from lanet_core.training.virtual_camera import SRGB8_TO_LINEAR


@dataclass(frozen=True)
class ValidationPair:
    """One photograph of a scene and its calibrated HDR, (H, W, 3) float32, linear Rec.709."""

    name: str
    picture: np.ndarray
    hdr: np.ndarray


@dataclass(frozen=True)
class ValidationResult:
    """Diffuse-irradiance errors in stops, one a pair, and what the network expected its own to be.

    Attributes:
        ldr_stops: of the LDR as it is.
        network_stops: of the network's light.
        expected_stops: foretold by the network's confidence head; NaN without one.
    """

    ldr_stops: np.ndarray
    network_stops: np.ndarray
    expected_stops: np.ndarray

    def foretelling(self) -> float:
        """Return how badly the network's errors were foretold: the mean of the foretelling loss."""
        log_expected = torch.from_numpy(self.expected_stops).log()
        return float(foretelling_loss(log_expected, torch.from_numpy(self.network_stops)).mean())


def validation_pairs(scenes: Sequence[LoadedScene], draws: int = 2) -> list[ValidationPair]:
    """Return the fixed photographs of the validation scenes."""
    return [
        ValidationPair(loaded.scene.name, SRGB8_TO_LINEAR[rgb_srgb8], hdr)
        for loaded in scenes
        for rgb_srgb8, hdr in photographs(loaded.hdr, loaded.scene.name, draws)
    ]


@torch.no_grad()
def validate(
    network: nn.Module, pairs: Sequence[ValidationPair], height: int, device: torch.device
) -> tuple[ValidationResult, list[np.ndarray]]:
    """Convert every pair's picture as the product would.

    Args:
        network: gives log HDR of (1, 3, height, 2 height).
        pairs: the photographs.
        height: rows of the network's input.
        device: where the network is.

    Returns:
        The errors over all pairs, and the reconstructed panoramas, (H, W, 3) float32 each.
    """
    network.eval()
    ldr_stops, network_stops, expected_stops, reconstructed = [], [], [], []
    for pair in pairs:
        ldr_linear = to_tensor(reduce_panorama(pair.picture, height))[None].to(device)
        output = network(ldr_linear)
        log_hdr = np.moveaxis(output.log_hdr[0].cpu().numpy(), 0, -1)
        reconstructed.append(reconstruct(pair.picture, log_hdr))
        ldr_stops.append(irradiance_error_stops(pair.picture, pair.hdr))
        network_stops.append(irradiance_error_stops(reconstructed[-1], pair.hdr))
        expected_stops.append(float(output.confidence.log_stops.exp()) if output.confidence is not None else np.nan)
    figures = (np.array(each) for each in (ldr_stops, network_stops, expected_stops))
    return ValidationResult(*figures), reconstructed
