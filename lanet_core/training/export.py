"""Export to ONNX: one file that holds the weights and says all that inference needs to know."""

from __future__ import annotations

import datetime
import hashlib
import warnings
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.errors import CheckpointError, ModelError
from lanet_core.images.replacing import replacing
from lanet_core.model_metadata import METADATA_KEY, OUTPUT_NAME, ModelMetadata
from lanet_core.networks.calibrated import Calibrated
from lanet_core.networks.ensemble import Ensemble
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.networks.light_exponent import LightExponent
from lanet_core.networks.padding import set_padding
from lanet_core.networks.panolanet import build_network
from lanet_core.networks.relit import Relit
from lanet_core.networks.scaled_confidence import ScaledConfidence
from lanet_core.reconstruction import REFINEMENT
from lanet_core.session import Session
from lanet_core.training.checkpoints import Checkpoint
from lanet_core.training.compact_onnx import forget_node_names, round_to_half, share_constants, store_as_half
from lanet_core.training.configuration import TrainingConfiguration

OPSET = 17  # the oldest with all that is used, so that old runtimes run the model

#: Largest relative difference between the radiances of torch and ONNX Runtime.
PARITY = 1e-3


class _Outputs(nn.Module):
    """The part of a network that inference uses, in the order of the model's outputs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ldr_linear: Tensor) -> tuple[Tensor, ...]:
        return tuple(named_outputs(self.network(ldr_linear)).values())


def named_outputs(output: NetworkOutput) -> dict[str, Tensor]:
    """Return what a network says under the names of :mod:`lanet_core.model_metadata`, in their order."""
    log_scale, log_stops = output.confidence or (None, None)
    tensors = {
        OUTPUT_NAME: output.log_hdr,
        "log_scale": log_scale,
        "log_stops": log_stops,
        "attention": output.attention,
        "segmentation_logits": output.segmentation_logits,
    }
    return {name: tensor.float() for name, tensor in tensors.items() if tensor is not None}


def export_checkpoints(
    checkpoints: Sequence[Checkpoint],
    path: Path,
    *,
    height: int | None = None,
    version: str,
    training_data: str,
    licence: str = "GPL-3.0-or-later",
    light_exponent: float = 1.0,
    confidence_scale: float = 1.0,
    half_weights: bool = False,
) -> float:
    """Write a checkpoint's averaged weights, or those of several as one, as an ONNX model of static shape.

    The file is compared with torch under ONNX Runtime's CPU provider before it gets its name.

    Args:
        checkpoints: a trained one; or several panoLANets, whose mean log HDR is exported, and light networks, which say
            how strong its light is.
        path: the file to write.
        height: rows that the networks see, a multiple of 128; those of the last stage by default. With light networks
            that see more, the model's input is as high as they need it.
        version: the weights' version.
        training_data: what they were trained on, one sentence.
        licence: SPDX identifier of the weights' licence.
        light_exponent: see :class:`lanet_core.networks.light_exponent.LightExponent`.
        confidence_scale: see :class:`lanet_core.networks.scaled_confidence.ScaledConfidence`.
        half_weights: round the weights to half floats, which take half the room; the graph computes in float32.

    Returns:
        The largest relative difference between torch and ONNX Runtime, in radiance.

    Raises:
        CheckpointError: the checkpoints do not make one model, or there is no confidence to scale.
        ModelError: the two differ by more than :data:`PARITY`, or half floats do not hold a weight.
        OutputError: the file cannot be written.
    """
    configurations = [checkpoint.configuration for checkpoint in checkpoints]
    detailed = [each for each in configurations if not _is_light(each)]
    if not detailed:
        raise CheckpointError(
            "A light network alone gives no detail.", remedy="Give the checkpoint of a panoLANet, too."
        )
    first = detailed[0]
    seen = height or _common_height(detailed)
    height = _height_for_all(seen, configurations)
    width = height if first.stages[-1].pictures == "crops" else 2 * height
    network = inference_network(checkpoints, light_exponent, confidence_scale, seen)
    half = rounded_to_half(network, path) if half_weights else set()
    example = torch.zeros(1, 3, height, width)
    with torch.no_grad():
        outputs = list(named_outputs(network(example)))
    metadata = ModelMetadata(
        name=first.name,
        version=version,
        architecture="panolanet" if first.network.ceiling_branch else "lanet",
        licence=licence,
        training_data=training_data,
        input_height=height,
        input_width=width,
        overexposure_threshold=OVEREXPOSURE_THRESHOLD,
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        configuration_sha256=_configurations_sha256(configurations),
        postprocessing=_postprocessing(configurations, light_exponent, confidence_scale),
        extra_outputs=tuple(outputs[1:]),
        members=len(detailed),
        weights="float16" if half_weights else "float32",
    )
    with replacing(path) as temporary:
        write_onnx(_Outputs(network), (example,), temporary, metadata, {f"network.{name}" for name in half})
        difference = parity(network, temporary)
        if not difference <= PARITY:
            raise ModelError(
                f"ONNX Runtime and torch differ by {difference:.2g} of the radiance, more than {PARITY:.0e}.",
                path=path,
            )
    return difference


def inference_network(
    checkpoints: Sequence[Checkpoint],
    light_exponent: float = 1.0,
    confidence_scale: float = 1.0,
    rows: int | None = None,
) -> nn.Module:
    """Return checkpoints' averaged networks as one, ready to predict calibrated log HDR of panoramas or crops.

    Light networks correct the others, whatever their place; alone, they are the network. ``rows`` are those that the
    others see, by default those that they were trained on.

    Raises:
        CheckpointError: there are several, and not all are networks for panoramas; or the confidence is to be scaled,
            and not all panoLANets have one.
    """
    if len(checkpoints) > 1:
        _check_ensemble([checkpoint.configuration for checkpoint in checkpoints])
    detailed, lights = (
        [each for each in checkpoints if _is_light(each.configuration) is wanted] for wanted in (False, True)
    )
    networks = [_averaged_network(checkpoint) for checkpoint in detailed or lights]
    network = Ensemble(networks) if len(networks) > 1 else networks[0]
    if detailed and lights:
        rows = rows or _common_height([checkpoint.configuration for checkpoint in detailed])
        network = Relit(network, rows, [_averaged_network(checkpoint) for checkpoint in lights])
    if light_exponent != 1.0:
        network = LightExponent(network, light_exponent)
    if confidence_scale != 1.0:
        _check_confidence(detailed)
        network = ScaledConfidence(network, confidence_scale)
    return network.eval()


def _averaged_network(checkpoint: Checkpoint) -> nn.Module:
    configuration = checkpoint.configuration
    network = build_network(configuration.network)
    network.load_state_dict(checkpoint.average)
    if configuration.stages[-1].pictures == "crops":
        set_padding(network, "symmetric")
    return Calibrated(network) if configuration.loss.is_scale_free else network


def _check_ensemble(configurations: Sequence[TrainingConfiguration]) -> None:
    for number, configuration in enumerate(configurations, start=1):
        if not _is_member(configuration):
            raise CheckpointError(
                f"Only panoLANets trained on panoramas make an ensemble, and number {number} of these checkpoints, "
                f"{configuration.name}, is none.",
                remedy="Export it on its own.",
            )


def _is_member(configuration: TrainingConfiguration) -> bool:
    is_panolanet = configuration.network.ceiling_branch and configuration.stages[-1].pictures == "panoramas"
    return is_panolanet or _is_light(configuration)


def _is_light(configuration: TrainingConfiguration) -> bool:
    return configuration.network.light_channels > 0


def _check_confidence(checkpoints: Sequence[Checkpoint]) -> None:
    if not all(checkpoint.configuration.network.confidence for checkpoint in checkpoints):
        raise CheckpointError(
            "The network has no confidence that could be scaled.",
            remedy="Train one (lanet train panolanet_confidence --initial …), or do not ask for its scale.",
        )


def _common_height(configurations: Sequence[TrainingConfiguration]) -> int:
    heights = [configuration.stages[-1].height for configuration in configurations]
    if len(set(heights)) > 1:
        raise CheckpointError(
            f"The networks of an ensemble see one size of picture, and these were trained on {heights} rows.",
            remedy="Give --height, or leave out those of another size.",
        )
    return heights[0]


def _height_for_all(rows: int, configurations: Sequence[TrainingConfiguration]) -> int:
    """Return the rows of the model's input: what the networks see, or the light networks where they see more."""
    seen = {rows, *(each.network.light_rows for each in configurations if _is_light(each))}
    height = max(seen)
    if any(height % each for each in seen) or height > REFINEMENT * rows:
        raise CheckpointError(
            f"Networks that see {rows} rows and light networks that see {sorted(seen - {rows})} do not make one model.",
            remedy=f"Leave some out: all must divide the largest, which is at most {REFINEMENT} times the first.",
        )
    return height


def _configurations_sha256(configurations: Sequence[TrainingConfiguration]) -> str:
    hashes = [configuration.sha256 for configuration in configurations]
    return hashes[0] if len(set(hashes)) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _postprocessing(
    configurations: Sequence[TrainingConfiguration], light_exponent: float, confidence_scale: float
) -> str:
    steps = ["calibrated by Eq. 1"] if any(configuration.loss.is_scale_free for configuration in configurations) else []
    lights = sum(map(_is_light, configurations))
    if len(configurations) - lights > 1:
        steps.append(f"mean of the log HDR of {len(configurations) - lights} networks")
    if lights:
        steps.append(f"its light in the amounts of {lights} light networks")
    if light_exponent != 1.0:
        steps.append(f"gain over the LDR to the power of {light_exponent:g}")
    if confidence_scale != 1.0:
        steps.append(f"expected errors times {confidence_scale:g}")
    return f"{', then '.join(steps)}; inside the graph" if steps else "none"


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
    """Return the largest relative difference between torch and ONNX Runtime on a made-up picture.

    In radiance and, if the network has a confidence, in the errors that it expects.
    """
    session = Session(path, provider="cpu")
    height, width = session.metadata.input_height, session.metadata.input_width
    ldr_linear = _test_picture(height, width, seed)
    with torch.no_grad():
        expected = named_outputs(network(torch.from_numpy(np.moveaxis(ldr_linear, -1, 0).copy())[None]))
    answer = session.run(ldr_linear)
    logs = {
        OUTPUT_NAME: np.moveaxis(answer.log_hdr, -1, 0),
        "log_scale": answer.log_scale,
        "log_stops": answer.log_stops,
    }
    return max(
        float(np.abs(np.expm1(logs[name] - tensor[0].numpy())).max())
        for name, tensor in expected.items()
        if name in logs
    )


def _test_picture(height: int, width: int, seed: int) -> np.ndarray:
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
