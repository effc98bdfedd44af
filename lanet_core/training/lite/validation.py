"""Validation of panoLANet on the pretrained encoder: its light on scenes that it does not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lanet_core.data.light_photographs import LightSample, TrainingScene, photograph_sample, stack
from lanet_core.data.virtual_camera import draw_camera
from lanet_core.training.lite.reflected_light import ReflectedLightLoss

#: Seeds of the photographs: clean ones, and edited ones.
_SEEDS = {"clean": 11, "edited": 12}
_DRAWS = 2
_BATCH = 16


@dataclass(frozen=True)
class LightErrors:
    """Errors of diffuse irradiance in stops, one value a photograph.

    Attributes:
        ldr: of the photograph as it is.
        network: of the photograph with the predicted light.
    """

    ldr: np.ndarray
    network: np.ndarray


def validation_photographs(scenes: Sequence[TrainingScene], height: int) -> dict[str, list[LightSample]]:
    """Return the fixed photographs of scenes, clean and edited, in small batches."""
    photographs = {}
    for kind, seed in _SEEDS.items():
        samples = []
        for number, scene in enumerate(scenes):
            for draw in range(_DRAWS):
                rng = np.random.default_rng([seed, number, draw])
                camera = draw_camera(rng)
                samples.append(photograph_sample(scene.hdr, camera, height, rng if kind == "edited" else None))
        photographs[kind] = [stack(samples[first : first + _BATCH]) for first in range(0, len(samples), _BATCH)]
    return photographs


@torch.inference_mode()
def light_errors(network: nn.Module, batches: Sequence[LightSample], irradiance: ReflectedLightLoss) -> LightErrors:
    """Measure a network on photographs."""
    network.eval()
    ldr, predicted = [], []
    for batch in batches:
        light = network(batch.image, batch.overexposure).light.float()
        ldr.append(irradiance.each(batch.ldr, batch.truth).cpu().numpy())
        predicted.append(irradiance.each(batch.ldr + light, batch.truth).cpu().numpy())
    return LightErrors(np.concatenate(ldr), np.concatenate(predicted))
