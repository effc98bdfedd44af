"""Export to ONNX: one file that holds the weights and says all that inference needs to know."""

from __future__ import annotations

import datetime
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.errors import ModelError
from lanet_core.images.replacing import replacing
from lanet_core.model_metadata import INPUT_NAME, METADATA_KEY, OUTPUT_NAME, ModelMetadata
from lanet_core.networks.calibrated import Calibrated
from lanet_core.networks.light_exponent import LightExponent
from lanet_core.networks.padding import set_padding
from lanet_core.networks.panolanet import build_network
from lanet_core.session import Session
from lanet_core.training.checkpoints import Checkpoint

OPSET = 17  # the oldest with all that is used, so that old runtimes run the model

#: Largest relative difference between the radiances of torch and ONNX Runtime.
PARITY = 1e-3


class _LogHdr(nn.Module):
    """The part of a network that inference uses."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ldr_linear: Tensor) -> Tensor:
        return self.network(ldr_linear).log_hdr


def export_checkpoint(
    checkpoint: Checkpoint,
    path: Path,
    *,
    height: int | None = None,
    version: str,
    training_data: str,
    licence: str = "GPL-3.0-or-later",
    light_exponent: float = 1.0,
) -> float:
    """Write a checkpoint's averaged weights as an ONNX model of static shape.

    The file is compared with torch under ONNX Runtime's CPU provider before it gets its name.

    Args:
        checkpoint: a trained one.
        path: the file to write.
        height: rows of the network's input, a multiple of 128; that of the last stage by default.
        version: the weights' version.
        training_data: what they were trained on, one sentence.
        licence: SPDX identifier of the weights' licence.
        light_exponent: see :class:`lanet_core.networks.light_exponent.LightExponent`.

    Returns:
        The largest relative difference between torch and ONNX Runtime, in radiance.

    Raises:
        ModelError: the two differ by more than :data:`PARITY`.
        OutputError: the file cannot be written.
    """
    configuration = checkpoint.configuration
    height = height or configuration.stages[-1].height
    width = height if configuration.stages[-1].pictures == "crops" else 2 * height
    network = inference_network(checkpoint, light_exponent)
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
        postprocessing=_postprocessing(configuration.loss.is_scale_free, light_exponent),
    )
    with replacing(path) as temporary:
        _write(network, temporary, metadata)
        difference = parity(network, temporary)
        if not difference <= PARITY:
            raise ModelError(
                f"ONNX Runtime and torch differ by {difference:.2g} of the radiance, more than {PARITY:.0e}.",
                path=path,
            )
    return difference


def inference_network(checkpoint: Checkpoint, light_exponent: float = 1.0) -> nn.Module:
    """Return a checkpoint's averaged network, ready to predict calibrated log HDR of panoramas or crops."""
    configuration = checkpoint.configuration
    network = build_network(configuration.network)
    network.load_state_dict(checkpoint.average)
    if configuration.stages[-1].pictures == "crops":
        set_padding(network, "symmetric")
    network.eval()
    if configuration.loss.is_scale_free:
        network = Calibrated(network)
    if light_exponent != 1.0:
        network = LightExponent(network, light_exponent)
    return network.eval()


def _postprocessing(is_scale_free: bool, light_exponent: float) -> str:
    steps = ["calibrated by Eq. 1"] if is_scale_free else []
    if light_exponent != 1.0:
        steps.append(f"gain over the LDR to the power of {light_exponent:g}")
    return f"{', then '.join(steps)}; inside the graph" if steps else "none"


def parity(network: nn.Module, path: Path, seed: int = 0) -> float:
    """Return the largest relative difference in radiance between torch and ONNX Runtime on a made-up picture."""
    session = Session(path, provider="cpu")
    height, width = session.metadata.input_height, session.metadata.input_width
    ldr_linear = _test_picture(height, width, seed)
    with torch.no_grad():
        expected = network(torch.from_numpy(np.moveaxis(ldr_linear, -1, 0).copy())[None]).log_hdr[0].numpy()
    return float(np.abs(np.expm1(session.run(ldr_linear) - np.moveaxis(expected, 0, -1))).max())


def _test_picture(height: int, width: int, seed: int) -> np.ndarray:
    """Return blocks of random brightness, black to clipped, (height, width, 3) float32."""
    rng = np.random.default_rng(seed)
    blocks = np.clip(rng.random((height // 16, width // 16, 3)) * 1.4 - 0.1, 0.0, 1.0)
    return blocks.repeat(16, axis=0).repeat(16, axis=1).astype(np.float32)


def _write(network: nn.Module, path: Path, metadata: ModelMetadata) -> None:
    example = torch.zeros(1, 3, metadata.input_height, metadata.input_width)
    with warnings.catch_warnings():
        # The tracer warns of every shape that it takes for constant: static shapes are what is wanted.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _LogHdr(network).eval(),
            (example,),
            str(path),
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
