"""Validation while training on crops: how much of the clipped light is found, in photographs of other scenes."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from lanet_core.calibration import calibrate, overexposure_ramp
from lanet_core.errors import CalibrationError
from lanet_core.picture_reconstruction import reconstruct_picture
from lanet_core.training.crops import paper_crops, perspective_crop
from lanet_core.training.losses import EPSILON, scale_invariant_loss
from lanet_core.training.pairs import LoadedScene, to_tensor
from lanet_core.training.validation import ValidationPair
from lanet_core.training.virtual_camera import SRGB8_TO_LINEAR, draw_camera, expose

#: Crops with less over-exposed area than this say nothing of clipped light.
_LEAST_OVEREXPOSED = 0.002


def crop_validation_pairs(scenes: Sequence[LoadedScene], height: int) -> list[ValidationPair]:
    """Return fixed square photographs of the validation scenes, every other of the paper's views.

    Views that are hardly over-exposed are left out, unless all are, and those that are wholly so. The scene's name
    seeds the camera: the same photographs for every run.

    Args:
        scenes: loaded panoramas.
        height: rows and columns of the photographs.
    """
    pairs = []
    for loaded in scenes:
        seed = int.from_bytes(hashlib.sha256(loaded.scene.name.encode()).digest()[:4], "big")
        for number, view in enumerate(paper_crops(loaded.scene.is_outdoor)[::2]):
            hdr = perspective_crop(loaded.hdr, *view, height, height)
            picture = SRGB8_TO_LINEAR[expose(hdr, draw_camera(np.random.default_rng([seed, number])))]
            with contextlib.suppress(CalibrationError):  # it is all sky
                pairs.append(ValidationPair(f"{loaded.scene.name}-{number}", picture, calibrate(picture, hdr)))
    return [pair for pair in pairs if overexposure_ramp(pair.picture).mean() > _LEAST_OVEREXPOSED] or pairs


@torch.no_grad()
def validate_crops(
    network: nn.Module, pairs: Sequence[ValidationPair], device: torch.device
) -> tuple[dict[str, float], list[np.ndarray]]:
    """Convert every pair's picture as the product would.

    Args:
        network: gives calibrated log HDR of pictures of this size.
        pairs: the photographs.
        device: where the network is.

    Returns:
        Means over the photographs: ``val_scale_invariant``, L_SI of the network; and over those that are over-exposed
        anywhere, if any is, ``val_overexposed_stops`` and ``val_ldr_overexposed_stops``, see
        :func:`overexposed_error_stops`, of the result and of the LDR. And the reconstructed pictures, (H, W, 3)
        float32 each.
    """
    network.eval()
    figures: dict[str, list[float]] = {}
    reconstructed = []
    for pair in pairs:
        output = network(to_tensor(pair.picture)[None].to(device)).log_hdr.float().cpu()
        reconstructed.append(reconstruct_picture(pair.picture, np.moveaxis(output[0].numpy(), 0, -1)))
        found = {"val_scale_invariant": float(scale_invariant_loss(output, to_tensor(pair.hdr)[None]))}
        if overexposure_ramp(pair.picture).any():
            found["val_overexposed_stops"] = overexposed_error_stops(reconstructed[-1], pair.hdr, pair.picture)
            found["val_ldr_overexposed_stops"] = overexposed_error_stops(pair.picture, pair.hdr, pair.picture)
        for name, value in found.items():
            figures.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in figures.items()}, reconstructed


def overexposed_error_stops(picture: np.ndarray, hdr: np.ndarray, ldr_linear: np.ndarray) -> float:
    """Return the mean absolute error of log2 radiance, in stops, over what is over-exposed.

    Args:
        picture: (H, W, 3) float32, linear Rec.709.
        hdr: (H, W, 3) float32, the truth, calibrated to the LDR.
        ldr_linear: (H, W, 3) float32, [0, 1]: its ramp of Eq. 8, which is not 0 everywhere, weighs the pixels.
    """
    stops = np.abs(np.log2(np.maximum(picture, EPSILON)) - np.log2(np.maximum(hdr, EPSILON))).mean(axis=-1)
    return float(np.average(stops, weights=overexposure_ramp(ldr_linear)))
