"""Validation in training: the light that the network adds, on scenes that it does not learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lanet_core.calibration import calibrate
from lanet_core.metrics.irradiance import irradiance_error_stops
from lanet_core.training.losses import merge
from lanet_core.training.pairs import LoadedScene, reduce_panorama, to_tensor
from lanet_core.training.virtual_camera import SRGB8_TO_LINEAR, draw_camera, photograph_panorama


@dataclass(frozen=True)
class ValidationPair:
    """One photograph of a scene, at the network's size: both (3, H, W) float32, linear Rec.709."""

    name: str
    ldr_linear: torch.Tensor
    hdr: torch.Tensor


@dataclass(frozen=True)
class ValidationResult:
    """Diffuse-irradiance errors in stops, one a pair, of the LDR as it is and of the network's light."""

    ldr_stops: np.ndarray
    network_stops: np.ndarray


def photographs(hdr: np.ndarray, name: str, draws: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield ``draws`` photographs of a panorama and their calibrated HDR, always the same ones for a name.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0.
        name: the scene's name, which seeds the camera.
        draws: how many.

    Yields:
        ``(rgb_srgb8, hdr_calibrated)``: (H, W, 3) uint8 and (H, W, 3) float32.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    for draw in range(draws):
        camera = draw_camera(np.random.default_rng([seed, draw]))
        rgb_srgb8 = photograph_panorama(hdr, camera)
        yield rgb_srgb8, calibrate(SRGB8_TO_LINEAR[rgb_srgb8], hdr)


def validation_pairs(scenes: Sequence[LoadedScene], height: int, draws: int = 2) -> list[ValidationPair]:
    """Return the fixed photographs of the validation scenes, reduced to ``height`` rows."""
    return [
        ValidationPair(
            loaded.scene.name,
            to_tensor(reduce_panorama(SRGB8_TO_LINEAR[rgb_srgb8], height)),
            to_tensor(reduce_panorama(hdr, height)),
        )
        for loaded in scenes
        for rgb_srgb8, hdr in photographs(loaded.hdr, loaded.scene.name, draws)
    ]


@torch.no_grad()
def validate(
    network: nn.Module, pairs: Sequence[ValidationPair], device: torch.device
) -> tuple[ValidationResult, list[torch.Tensor]]:
    """Return the errors over all pairs, and each pair's merged HDR (3, H, W) on the CPU."""
    network.eval()
    ldr_stops, network_stops, merged = [], [], []
    for pair in pairs:
        ldr_linear = pair.ldr_linear[None].to(device)
        merged.append(merge(ldr_linear, network(ldr_linear).log_hdr)[0].cpu())
        truth = _to_array(pair.hdr)
        ldr_stops.append(irradiance_error_stops(_to_array(pair.ldr_linear), truth))
        network_stops.append(irradiance_error_stops(_to_array(merged[-1]), truth))
    return ValidationResult(np.array(ldr_stops), np.array(network_stops)), merged


def _to_array(picture: torch.Tensor) -> np.ndarray:
    return np.moveaxis(picture.numpy(), 0, -1)
