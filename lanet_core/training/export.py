"""Export of the paper's networks to ONNX: one file with the weights and the description that inference needs."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Collection
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.errors import ModelError
from lanet_core.files.replacing import replacing
from lanet_core.inference.model_metadata import INPUT_NAME, METADATA_KEY, OUTPUT_NAME, ModelMetadata
from lanet_core.inference.session import Session
from lanet_core.networks.calibrated import Calibrated
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.networks.padding import set_padding
from lanet_core.networks.panolanet import build_network
from lanet_core.training.checkpoints import Checkpoint
from lanet_core.training.compact_onnx import forget_node_names, round_to_half, share_constants, store_as_half

OPSET = 17  # the oldest with all that is used, so that old runtimes run the model

#: Largest relative difference between the radiances of torch and ONNX Runtime.
PARITY = 1e-3


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


def export_checkpoint(
    checkpoint: Checkpoint,
    path: Path,
    *,
    height: int | None = None,
    version: str,
    training_data: str,
    licence: str = "GPL-3.0-or-later",
    half_weights: bool = False,
) -> float:
    """Write a checkpoint's averaged weights as an ONNX model of static shape.

    Args:
        checkpoint: of a network of the paper.
        path: the file to write; it gets its name once ONNX Runtime agrees with torch.
        height: rows of the network's input, a multiple of 128; those of the last stage by default.
        version: of the weights.
        training_data: what they were trained on, one sentence.
        licence: SPDX identifier of the weights' licence.
        half_weights: round the weights to half floats; the graph computes in float32.

    Returns:
        The largest relative difference between torch and ONNX Runtime, in radiance.

    Raises:
        ModelError: the two differ by more than :data:`PARITY`, or half floats do not hold a weight.
        OutputError: the file cannot be written.
    """
    configuration = checkpoint.configuration
    last = configuration.stages[-1]
    height = height or last.height
    width = height if last.images == "crops" else 2 * height
    network = inference_network(checkpoint)
    half = rounded_to_half(network, path) if half_weights else set()
    example = torch.zeros(1, 3, height, width)
    with torch.no_grad():
        outputs = list(named_outputs(network(example)))
    metadata = ModelMetadata(
        name=configuration.name,
        version=version,
        architecture="panolanet" if configuration.network.ceiling_branch else "lanet",
        licence=licence,
        training_data=training_data,
        input_height=height,
        input_width=width,
        overexposure_threshold=OVEREXPOSURE_THRESHOLD,
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        configuration_sha256=configuration.sha256,
        postprocessing="calibrated by Eq. 1; inside the graph" if configuration.loss.is_scale_free else "none",
        extra_outputs=tuple(outputs[1:]),
        weights="float16" if half_weights else "float32",
    )
    with replacing(path) as temporary:
        write_onnx(_ImageOutputs(network), (example,), temporary, metadata, {f"network.{name}" for name in half})
        difference = parity(network, temporary)
        check_parity(difference, path)
    return difference


def inference_network(checkpoint: Checkpoint) -> nn.Module:
    """Return a checkpoint's averaged network, ready to predict calibrated log HDR of panoramas or crops."""
    configuration = checkpoint.configuration
    network = build_network(configuration.network)
    network.load_state_dict(checkpoint.average)
    if configuration.stages[-1].images == "crops":
        set_padding(network, "symmetric")
    return (Calibrated(network) if configuration.loss.is_scale_free else network).eval()


def check_parity(difference: float, path: Path) -> None:
    """Raise ModelError if torch and ONNX Runtime differ by more than :data:`PARITY`."""
    if not difference <= PARITY:
        raise ModelError(
            f"ONNX Runtime and torch differ by {difference:.2g} of the radiance, more than {PARITY:.0e}.", path=path
        )


def rounded_to_half(network: nn.Module, path: Path) -> set[str]:
    """Round a network's weights to half floats and return their names.

    Raises:
        ModelError: half floats do not hold a weight.
    """
    try:
        return round_to_half(network)
    except ValueError as error:
        raise ModelError(f"The weights cannot be rounded: {error}.", path=path) from error


def parity(network: nn.Module, path: Path, seed: int = 0) -> float:
    """Return the largest relative difference of radiance between torch and ONNX Runtime on a random image."""
    session = Session(path, provider="cpu")
    ldr_linear = _test_image(session.metadata.input_height, session.metadata.input_width, seed)
    with torch.no_grad():
        expected = network(torch.from_numpy(np.moveaxis(ldr_linear, -1, 0).copy())[None]).log_hdr[0].numpy()
    log_hdr = session.run(**{INPUT_NAME: ldr_linear}).log_hdr
    assert log_hdr is not None, "the network predicts it"
    return float(np.abs(np.expm1(np.moveaxis(log_hdr, -1, 0) - expected)).max())


def _test_image(height: int, width: int, seed: int) -> np.ndarray:
    """Return blocks of random brightness, black to clipped, (height, width, 3) float32."""
    rng = np.random.default_rng(seed)
    blocks = np.clip(rng.random((height // 16, width // 16, 3)) * 1.4 - 0.1, 0.0, 1.0)
    return blocks.repeat(16, axis=0).repeat(16, axis=1).astype(np.float32)


def write_onnx(
    outputs: nn.Module,
    examples: tuple[Tensor, ...],
    path: Path,
    metadata: ModelMetadata,
    half_weights: Collection[str],
) -> None:
    """Write a network with its description as an ONNX file.

    Args:
        outputs: the network; returns the model's outputs in their order.
        examples: its inputs, of the model's shapes.
        path: the file to write.
        metadata: names the inputs and outputs.
        half_weights: names of the weights that are stored as half floats.
    """
    # With half floats, norms stay apart from the convolutions before them until the model is loaded: merged into the
    # weights they would be rounded once more.
    training = torch.onnx.TrainingMode.PRESERVE if half_weights else torch.onnx.TrainingMode.EVAL
    with warnings.catch_warnings():
        # The tracer warns of every shape that it takes for constant: static shapes are what is wanted.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            outputs.eval(),
            examples,
            str(path),
            input_names=list(metadata.input_shapes),
            output_names=list(metadata.output_shapes),
            opset_version=OPSET,
            training=training,
            dynamo=False,
        )
    model = onnx.load(path)
    share_constants(model)
    store_as_half(model, half_weights)
    forget_node_names(model)
    onnx.helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
