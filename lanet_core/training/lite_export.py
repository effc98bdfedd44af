"""Export of panoLANet on the pretrained encoder, with its uncertainty, as one ONNX model."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.files.replacing import replacing
from lanet_core.inference.model_metadata import LITE, ModelMetadata
from lanet_core.inference.session import Session
from lanet_core.networks.efficientnet import fold_normalisation
from lanet_core.networks.panolanet_lite import PanoLANetLite
from lanet_core.networks.uncertainty_head import PanoLANetWithUncertainty, UncertaintyHead
from lanet_core.training.checkpoints import LiteCheckpoint
from lanet_core.training.export import check_parity, rounded_to_half, write_onnx


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


def export_lite(
    checkpoint: LiteCheckpoint,
    path: Path,
    *,
    uncertainty: UncertaintyHead | None,
    version: str,
    training_data: str,
    licence: str = "GPL-3.0-or-later",
    half_weights: bool = False,
) -> float:
    """Write a checkpoint's averaged weights as an ONNX model of static shape.

    Args:
        checkpoint: of a finished run.
        path: the file to write; it gets its name once ONNX Runtime agrees with torch.
        uncertainty: the head that was fitted to networks of the same configuration; None for a model without.
        version: of the weights.
        training_data: what they were trained on, one sentence.
        licence: SPDX identifier of the weights' licence.
        half_weights: round the weights to half floats; the graph computes in float32.

    Returns:
        The largest relative difference between torch and ONNX Runtime, in radiance.

    Raises:
        ModelError: the two differ by more than :data:`lanet_core.training.export.PARITY`, or half floats do not hold a
            weight.
        OutputError: the file cannot be written.
    """
    configuration = checkpoint.configuration
    network = lite_network(checkpoint)
    fold_normalisation(network)
    whole = network if uncertainty is None else PanoLANetWithUncertainty(network, uncertainty).eval()
    half = rounded_to_half(whole, path) if half_weights else set()
    height = configuration.schedule.height
    metadata = ModelMetadata(
        name=configuration.name,
        version=version,
        architecture=LITE,
        licence=licence,
        training_data=training_data,
        input_height=height,
        input_width=2 * height,
        overexposure_threshold=OVEREXPOSURE_THRESHOLD,
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        configuration_sha256=configuration.sha256,
        input_colour_space="linear Rec.709 relative to the white level, [0, 1]",
        output="linear Rec.709 radiance to add, relative to the white level",
        preprocessing="sRGB encoding; inside the graph",
        extra_outputs=() if uncertainty is None else ("log_stops", "strength_range"),
        weights="float16" if half_weights else "float32",
    )
    outputs = _LightOutputs(whole, uncertainty is not None).eval()
    with replacing(path) as temporary:
        write_onnx(outputs, example_inputs(height), temporary, metadata, {f"network.{name}" for name in half})
        difference = lite_parity(outputs, temporary)
        check_parity(difference, path)
    return difference


def lite_network(checkpoint: LiteCheckpoint) -> PanoLANetLite:
    """Return a checkpoint's averaged network, ready to predict."""
    network = PanoLANetLite(checkpoint.configuration.network)
    network.load_state_dict(checkpoint.average)
    return network.eval()


def example_inputs(height: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return blocks of random brightness, black to clipped: (1, 3, h, 2h) and (1, 2, h, 2h)."""
    rng = np.random.default_rng(seed)
    blocks = np.clip(rng.random((1, 3, height // 16, height // 8)) * 1.6 - 0.2, 0.0, 1.0)
    image = blocks.repeat(16, axis=2).repeat(16, axis=3).astype(np.float32)
    ramp = np.clip((image.mean(axis=1, keepdims=True) - 0.7) / 0.3, 0.0, 1.0)
    overexposure = np.concatenate([ramp**3, ramp], axis=1)
    return torch.from_numpy(image), torch.from_numpy(overexposure)


@torch.inference_mode()
def lite_parity(outputs: nn.Module, path: Path) -> float:
    """Return the largest difference between torch and ONNX Runtime, relative to 1 and the radiance."""
    session = Session(path, provider="cpu")
    image, overexposure = example_inputs(session.metadata.input_height)
    expected = outputs(image, overexposure)
    prediction = session.run(
        **{
            name: np.moveaxis(each[0].numpy(), 0, -1)
            for name, each in (("image", image), ("overexposure", overexposure))
        }
    )
    difference = 0.0
    for name, tensor in zip(session.metadata.output_shapes, expected, strict=True):
        value = getattr(prediction, name)
        wanted = tensor[0].numpy()
        wanted = np.moveaxis(wanted, 0, -1) if wanted.ndim == 3 else wanted
        difference = max(difference, float((np.abs(value - wanted) / (1.0 + np.abs(wanted))).max()))
    return difference
