"""How panoLANet on the pretrained encoder is exported, with its uncertainty: inputs, outputs and description."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lanet_core.inference.model_metadata import LITE
from lanet_core.inference.session import Prediction
from lanet_core.networks.efficientnet import fold_normalisation
from lanet_core.networks.panolanet_lite import PanoLANetLite
from lanet_core.networks.uncertainty_head import PanoLANetWithUncertainty, UncertaintyHead
from lanet_core.training.lite_configuration import LiteTrainingConfiguration


class LiteExport:
    """A trained network as a model of ``architecture`` ``panolanet_lite``.

    Args:
        configuration: of the run.
        weights: state of the network.
        uncertainty: the head that was fitted to networks of the same configuration; None for a model without.

    Attributes:
        outputs: takes the model's inputs and returns its outputs in their order; ``outputs.network`` has the weights.
        facts: fields of the model's description that depend on the kind of network.
    """

    def __init__(
        self,
        configuration: LiteTrainingConfiguration,
        weights: dict[str, Any],
        uncertainty: UncertaintyHead | None = None,
    ) -> None:
        network = PanoLANetLite(configuration.network)
        network.load_state_dict(weights)
        fold_normalisation(network.eval())
        whole = network if uncertainty is None else PanoLANetWithUncertainty(network, uncertainty)
        self._height = configuration.schedule.height
        self.outputs = _LightOutputs(whole, uncertainty is not None).eval()
        self.facts = {
            "architecture": LITE,
            "input_height": self._height,
            "input_width": 2 * self._height,
            "input_colour_space": "linear Rec.709 relative to the white level, [0, 1]",
            "output": "linear Rec.709 radiance to add, relative to the white level",
            "preprocessing": "sRGB encoding; inside the graph",
            "extra_outputs": () if uncertainty is None else ("log_stops", "strength_range"),
        }

    def inputs(self, seed: int = 0) -> tuple[Tensor, Tensor]:
        """Return blocks of random brightness, black to clipped: (1, 3, h, 2h) and (1, 2, h, 2h)."""
        rng = np.random.default_rng(seed)
        blocks = np.clip(rng.random((1, 3, self._height // 16, self._height // 8)) * 1.6 - 0.2, 0.0, 1.0)
        image = blocks.repeat(16, axis=2).repeat(16, axis=3).astype(np.float32)
        ramp = np.clip((image.mean(axis=1, keepdims=True) - 0.7) / 0.3, 0.0, 1.0)
        overexposure = np.concatenate([ramp**3, ramp], axis=1)
        return torch.from_numpy(image), torch.from_numpy(overexposure)

    def difference(self, expected: dict[str, np.ndarray], prediction: Prediction) -> float:
        """Return the largest difference of any output, relative to 1 and its value."""
        errors = (np.abs(getattr(prediction, name) - value) / (1.0 + np.abs(value)) for name, value in expected.items())
        return max(float(error.max()) for error in errors)


class _LightOutputs(nn.Module):
    """The network's outputs in the order of the model's."""

    def __init__(self, network: nn.Module, has_uncertainty: bool) -> None:
        super().__init__()
        self.network, self.has_uncertainty = network, has_uncertainty

    def forward(self, image: Tensor, overexposure: Tensor) -> tuple[Tensor, ...]:
        if not self.has_uncertainty:
            output = self.network(image, overexposure)
            return output.diffuse, output.concentrated
        output, uncertainty = self.network(image, overexposure)
        return output.diffuse, output.concentrated, uncertainty.log_stops, uncertainty.strength_range
