"""Training on perspective crops, and its validation: the light found in over-exposed parts of photographs."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from lanet_core.calibration import calibrate, overexposure_ramp
from lanet_core.data import augmentation, crops, torch_crops
from lanet_core.data.pairs import LoadedScene, to_tensor
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR, draw_camera, expose
from lanet_core.errors import CalibrationError
from lanet_core.networks.configuration import Padding
from lanet_core.networks.panolanet import PanoLANet
from lanet_core.training.losses import EPSILON, scale_invariant_loss
from lanet_core.training.run_data import Validation
from lanet_core.training.validation import ValidationPair, predict

#: Crops with a smaller over-exposed area carry no information about clipped light.
_LEAST_OVEREXPOSED = 0.002


class CropTask:
    """A stage on square crops, which trains LANet, or the panorama branch of panoLANet.

    Args:
        height: rows and columns of the crops.

    Attributes:
        scene_rows: rows of the panoramas that training images are made of. A crop shows about a quarter of the azimuth:
            it needs a panorama twice as high to be as sharp.
    """

    def __init__(self, height: int) -> None:
        self.height = height
        self.scene_rows = 2 * height

    def part(self, network: nn.Module) -> nn.Module:
        """Return the part of a network that is trained."""
        return network.panorama if isinstance(network, PanoLANet) else network

    def padding(self, panoramas: Padding) -> Padding:
        """Return how edges are padded; a crop ends at its edges, regardless of the padding of panoramas."""
        return "symmetric"

    def draw(self, hdr: Tensor, rng: np.random.Generator) -> tuple[Tensor, bool]:
        """Return a random view of a panorama (3, H, W): (3, height, height), and that it is no panorama."""
        crop = torch_crops.perspective_crop(hdr, crops.draw_view(rng), self.height, self.height)
        return (augmentation.mirror(crop) if rng.random() < 0.5 else crop), False

    def reduce(self, image: Tensor) -> Tensor:
        """Return an image (3, H, W) at the network's size, which a crop has."""
        return image

    def validation_pairs(self, scenes: Sequence[LoadedScene]) -> list[ValidationPair]:
        """Return fixed square photographs of the validation scenes, every other of the paper's views.

        Views that are hardly over-exposed are left out, unless all are, and those that are over-exposed everywhere. The
        scene's name seeds the camera, so that every run has the same photographs.
        """
        pairs = []
        for loaded in scenes:
            seed = int.from_bytes(hashlib.sha256(loaded.scene.name.encode()).digest()[:4], "big")
            for number, view in enumerate(crops.paper_crops(loaded.scene.is_outdoor)[::2]):
                hdr = crops.perspective_crop(loaded.hdr, *view, self.height, self.height)
                image = SRGB8_TO_LINEAR[expose(hdr, draw_camera(np.random.default_rng([seed, number])))]
                with contextlib.suppress(CalibrationError):  # over-exposed everywhere
                    pairs.append(ValidationPair(f"{loaded.scene.name}-{number}", image, calibrate(image, hdr)))
        return [pair for pair in pairs if overexposure_ramp(pair.image).mean() > _LEAST_OVEREXPOSED] or pairs

    def validate(self, network: nn.Module, pairs: Sequence[ValidationPair], device: torch.device) -> Validation:
        """Measure a network on photographs.

        Args:
            network: predicts calibrated log HDR of images of this size.
            pairs: the photographs.
            device: of the network.

        Returns:
            Figures: ``val_scale_invariant``, L_SI of the network; and over the photographs that are over-exposed
            anywhere, if any is, ``val_overexposed_stops`` and ``val_ldr_overexposed_stops``, see
            :func:`overexposed_error_stops`, of the result and of the LDR.
        """
        network.eval()
        figures: dict[str, list[float]] = {}
        images = []
        for pair in pairs:
            log_hdr, hdr = predict(network, pair.image, device)
            images.append((pair.image, hdr, pair.hdr))
            loss = scale_invariant_loss(to_tensor(log_hdr)[None], to_tensor(pair.hdr)[None])
            found = {"val_scale_invariant": float(loss)}
            if overexposure_ramp(pair.image).any():
                found["val_overexposed_stops"] = overexposed_error_stops(hdr, pair.hdr, pair.image)
                found["val_ldr_overexposed_stops"] = overexposed_error_stops(pair.image, pair.hdr, pair.image)
            for name, value in found.items():
                figures.setdefault(name, []).append(value)
        means = {name: float(np.mean(values)) for name, values in figures.items()}
        return Validation(means, means.get("val_overexposed_stops", means["val_scale_invariant"]), images)


def overexposed_error_stops(image: np.ndarray, hdr: np.ndarray, ldr_linear: np.ndarray) -> float:
    """Return the mean absolute error of log2 radiance, in stops, over what is over-exposed.

    Args:
        image: (H, W, 3) float32, linear Rec.709.
        hdr: (H, W, 3) float32, the truth, calibrated to the LDR.
        ldr_linear: (H, W, 3) float32, [0, 1]: its ramp of Eq. 8, which is not 0 everywhere, weighs the pixels.
    """
    stops = np.abs(np.log2(np.maximum(image, EPSILON)) - np.log2(np.maximum(hdr, EPSILON))).mean(axis=-1)
    return float(np.average(stops, weights=overexposure_ramp(ldr_linear)))
