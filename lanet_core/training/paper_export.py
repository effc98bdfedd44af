"""How the paper's networks are exported: inputs, outputs and description of their models."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lanet_core.inference.model_metadata import OUTPUT_NAME
from lanet_core.inference.session import Prediction
from lanet_core.networks.calibrated import Calibrated
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.networks.padding import set_padding
from lanet_core.networks.panolanet import build_network
from lanet_core.training.configuration import TrainingConfiguration


class PaperExport:
    """A trained network as a model of ``architecture`` ``lanet`` or ``panolanet``.

    Args:
        configuration: of the run.
        weights: state of the network.
        height: rows of the input, a multiple of 128; those of the last stage by default.

    Attributes:
        outputs: takes the model's inputs and returns its outputs in their order; ``outputs.network`` has the weights.
        facts: fields of the model's description that depend on the kind of network.
    """

    def __init__(
        self, configuration: TrainingConfiguration, weights: dict[str, Any], height: int | None = None
    ) -> None:
        last = configuration.stages[-1]
        self._height = height or last.height
        self._width = self._height if last.images == "crops" else 2 * self._height
        self.outputs = _ImageOutputs(inference_network(configuration, weights)).eval()
        with torch.no_grad():
            names = list(named_outputs(self.outputs.network(*self.inputs())))
        self.facts = {
            "architecture": "panolanet" if configuration.network.ceiling_branch else "lanet",
            "input_height": self._height,
            "input_width": self._width,
            "postprocessing": "calibrated by Eq. 1; inside the graph" if configuration.loss.is_scale_free else "none",
            "extra_outputs": tuple(names[1:]),
        }

    def inputs(self, seed: int = 0) -> tuple[Tensor]:
        """Return blocks of random brightness, black to clipped: (1, 3, height, width)."""
        rng = np.random.default_rng(seed)
        blocks = np.clip(rng.random((self._height // 16, self._width // 16, 3)) * 1.4 - 0.1, 0.0, 1.0)
        image = blocks.repeat(16, axis=0).repeat(16, axis=1).astype(np.float32)
        return (torch.from_numpy(np.moveaxis(image, -1, 0).copy())[None],)

    def difference(self, expected: dict[str, np.ndarray], prediction: Prediction) -> float:
        """Return the largest relative difference of radiance."""
        assert prediction.log_hdr is not None, "the network predicts it"
        return float(np.abs(np.expm1(prediction.log_hdr - expected[OUTPUT_NAME])).max())


class _ImageOutputs(nn.Module):
    """The part of a network that inference uses, in the order of the model's outputs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ldr_linear: Tensor) -> tuple[Tensor, ...]:
        return tuple(named_outputs(self.network(ldr_linear)).values())


def named_outputs(output: NetworkOutput) -> dict[str, Tensor]:
    """Return a network's outputs under the names of :mod:`lanet_core.inference.model_metadata`, in their order."""
    tensors = {
        OUTPUT_NAME: output.log_hdr,
        "attention": output.attention,
        "segmentation_logits": output.segmentation_logits,
    }
    return {name: tensor.float() for name, tensor in tensors.items() if tensor is not None}


def inference_network(configuration: TrainingConfiguration, weights: dict[str, Any]) -> nn.Module:
    """Return a network that predicts calibrated log HDR of panoramas or crops."""
    network = build_network(configuration.network)
    network.load_state_dict(weights)
    if configuration.stages[-1].images == "crops":
        set_padding(network, "symmetric")
    return (Calibrated(network) if configuration.loss.is_scale_free else network).eval()
