"""Training on whole panoramas, and its validation by the light that the network adds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from lanet_core.data import augmentation
from lanet_core.data.pairs import LoadedScene
from lanet_core.data.photographs import photographs
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR
from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import irradiance_error_stops
from lanet_core.networks.configuration import Padding
from lanet_core.networks.resampling import pool_by_solid_angle
from lanet_core.training.run_data import Validation
from lanet_core.training.validation import ValidationPair, predict

#: Panoramas are photographed at this multiple of the network's size, then reduced.
SUPERSAMPLING = 2

#: Photographs of each validation scene.
_VALIDATION_DRAWS = 2


class PanoramaTask:
    """A stage on panoramas, which trains the whole network.

    Args:
        height: rows of the network's input.

    Attributes:
        scene_rows: rows of the panoramas that training images are made of.
    """

    def __init__(self, height: int) -> None:
        self.height = height
        self.scene_rows = SUPERSAMPLING * height

    def part(self, network: nn.Module) -> nn.Module:
        """Return the part of a network that is trained."""
        return network

    def padding(self, panoramas: Padding) -> Padding:
        """Return how edges are padded, given the padding of panoramas."""
        return panoramas

    def draw(self, hdr: Tensor, rng: np.random.Generator) -> tuple[Tensor, bool]:
        """Return a panorama (3, H, W) turned at random, and that it is one."""
        return augmentation.turn(hdr, rng), True

    def reduce(self, panorama: Tensor) -> Tensor:
        """Return an image (3, H, W) at the network's size, every pixel the mean over its solid angle."""
        return pool_by_solid_angle(panorama[None], SUPERSAMPLING)[0]

    def validation_pairs(self, scenes: Sequence[LoadedScene]) -> list[ValidationPair]:
        """Return the fixed photographs of the validation scenes, reduced to the network's size."""
        return [
            ValidationPair(loaded.scene.name, *(self._reduced(each) for each in (SRGB8_TO_LINEAR[rgb_srgb8], hdr)))
            for loaded in scenes
            for rgb_srgb8, hdr in photographs(loaded.hdr, loaded.scene.name, _VALIDATION_DRAWS)
        ]

    def _reduced(self, panorama: np.ndarray) -> np.ndarray:
        return sphere.downsample(panorama, self.height, 2 * self.height)

    def validate(self, network: nn.Module, pairs: Sequence[ValidationPair], device: torch.device) -> Validation:
        """Measure the error of diffuse irradiance in stops.

        Args:
            network: predicts calibrated log HDR of (1, 3, height, 2 height).
            pairs: the photographs.
            device: of the network.
        """
        network.eval()
        reconstructed = [predict(network, pair.image, device)[1] for pair in pairs]
        stops = {
            "val": [irradiance_error_stops(hdr, pair.hdr) for hdr, pair in zip(reconstructed, pairs, strict=True)],
            "val_ldr": [irradiance_error_stops(pair.image, pair.hdr) for pair in pairs],
        }
        figures = {}
        for name, values in stops.items():
            figures |= {f"{name}_mean_stops": float(np.mean(values)), f"{name}_median_stops": float(np.median(values))}
        images = [(pair.image, hdr, pair.hdr) for hdr, pair in zip(reconstructed, pairs, strict=True)]
        return Validation(figures, figures["val_mean_stops"], images)
