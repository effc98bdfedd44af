"""Export of checkpoints to ONNX: one file with the weights and the description that inference needs."""

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
from lanet_core.inference.model_metadata import METADATA_KEY, ModelMetadata
from lanet_core.inference.session import Session
from lanet_core.networks.uncertainty_head import UncertaintyHead
from lanet_core.training.checkpoints import Checkpoint
from lanet_core.training.compact_onnx import forget_node_names, round_to_half, share_constants, store_as_half
from lanet_core.training.lite.export import LiteExport
from lanet_core.training.lite_configuration import LiteTrainingConfiguration
from lanet_core.training.paper_export import PaperExport

OPSET = 17  # the oldest with all that is used, so that old runtimes run the model

#: Largest relative difference between the radiances of torch and ONNX Runtime.
PARITY = 1e-3


def exported_network(
    checkpoint: Checkpoint, *, height: int | None = None, uncertainty: UncertaintyHead | None = None
) -> PaperExport | LiteExport:
    """Return a checkpoint's averaged network with what the model's file needs.

    Args:
        checkpoint: of any network.
        height: rows of the input of the paper's networks; those of the last stage by default.
        uncertainty: a head for panoLANet on the pretrained encoder.
    """
    configuration = checkpoint.configuration
    if isinstance(configuration, LiteTrainingConfiguration):
        assert height is None, "the configuration defines the height"
        return LiteExport(configuration, checkpoint.average, uncertainty)
    assert uncertainty is None, "the paper's networks have no uncertainty"
    return PaperExport(configuration, checkpoint.average, height)


def export_checkpoint(
    checkpoint: Checkpoint,
    path: Path,
    *,
    height: int | None = None,
    uncertainty: UncertaintyHead | None = None,
    version: str,
    training_data: str,
    licence: str = "GPL-3.0-or-later",
    half_weights: bool = False,
) -> float:
    """Write a checkpoint's averaged weights as an ONNX model of static shape.

    Args:
        checkpoint: of a run.
        path: the file to write; it gets its name once ONNX Runtime agrees with torch.
        height: see :func:`exported_network`.
        uncertainty: see :func:`exported_network`.
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
    network = exported_network(checkpoint, height=height, uncertainty=uncertainty)
    half = _rounded_to_half(network.outputs, path) if half_weights else set()
    metadata = ModelMetadata(
        name=checkpoint.configuration.name,
        version=version,
        licence=licence,
        training_data=training_data,
        overexposure_threshold=OVEREXPOSURE_THRESHOLD,
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        configuration_sha256=checkpoint.configuration.sha256,
        weights="float16" if half_weights else "float32",
        **network.facts,
    )
    with replacing(path) as temporary:
        write_onnx(network.outputs, network.inputs(), temporary, metadata, half)
        difference = parity(network, temporary)
        check_parity(difference, path)
    return difference


def check_parity(difference: float, path: Path) -> None:
    """Raise ModelError if torch and ONNX Runtime differ by more than :data:`PARITY`."""
    if not difference <= PARITY:
        raise ModelError(
            f"ONNX Runtime and torch differ by {difference:.2g} of the radiance, more than {PARITY:.0e}.", path=path
        )


def _rounded_to_half(network: nn.Module, path: Path) -> set[str]:
    """Round a network's weights to half floats and return their names."""
    try:
        return round_to_half(network)
    except ValueError as error:
        raise ModelError(f"The weights cannot be rounded: {error}.", path=path) from error


@torch.inference_mode()
def parity(network: PaperExport | LiteExport, path: Path, seed: int = 0) -> float:
    """Return the largest difference between a network and a model's file on a random image."""
    session = Session(path, provider="cpu")
    inputs = network.inputs(seed)
    expected = zip(session.metadata.output_shapes, network.outputs(*inputs), strict=True)
    images = zip(session.metadata.input_shapes, inputs, strict=True)
    prediction = session.run(**{name: _channels_last(image) for name, image in images})
    return network.difference({name: _channels_last(output) for name, output in expected}, prediction)


def _channels_last(batch: Tensor) -> np.ndarray:
    """Return the one image of (1, C, H, W) as (H, W, C), or any other value without its first axis."""
    values = batch[0].numpy()
    return np.moveaxis(values, 0, -1) if values.ndim == 3 else values


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
