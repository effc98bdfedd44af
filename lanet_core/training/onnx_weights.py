"""A network's weights read back from the ONNX file that was exported from it.

A shipped model can so be given a confidence head, or be measured in torch, without the checkpoint that it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor, nn

from lanet_core.errors import CheckpointError
from lanet_core.model_metadata import METADATA_KEY, ModelMetadata
from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.panolanet import build_network

_PREFIX = "network."


def read_onnx_weights(path: Path, configuration: NetworkConfiguration) -> tuple[dict[str, Tensor], bool]:
    """Return the weights of an ONNX model of one network that ``lanet export`` wrote.

    The exporter merges norms into the convolutions before them, gives those names of its own, and stores what is equal
    but once. So layers are told by the order in which the network runs them; a norm that was merged comes back as one
    that only adds the bias: in use the same network, but none to train further.

    Args:
        path: the model.
        configuration: of its network; heads that the model lacks are left out of the result.

    Returns:
        The weights by the names of the network's state, and whether norms were merged.

    Raises:
        CheckpointError: the file is no such model, holds several networks or another one.
    """
    model, metadata = _load(path)
    constants = _constants(model)
    named = {
        name.removeprefix(_PREFIX): torch.from_numpy(value.astype(np.float32))
        for name, value in constants.items()
        if name.startswith(_PREFIX)
    }
    exported = replace(configuration, confidence="log_scale" in metadata.extra_outputs)
    network = build_network(exported).eval()
    in_order, merged = _weights_in_order(model, constants, network)
    found = named | in_order
    weights = {}
    for name, own in network.state_dict().items():
        if name in found and found[name].shape == own.shape:
            weights[name] = found[name].to(own.dtype)
        elif name.endswith("num_batches_tracked"):
            weights[name] = own
    return weights, merged


def _load(path: Path) -> tuple[onnx.ModelProto, ModelMetadata]:
    remedy = "Give a checkpoint, or a model of one network that lanet export wrote."
    if not path.is_file():
        raise CheckpointError("There is no such model.", path=path)
    try:
        model = onnx.load(path)
        properties = {each.key: each.value for each in model.metadata_props}
        metadata = ModelMetadata.from_json(properties[METADATA_KEY])
    except (DecodeError, KeyError, ValueError, TypeError) as error:
        raise CheckpointError("This is no model of this program.", path=path, remedy=remedy) from error
    if metadata.members != 1:
        raise CheckpointError(f"It is an ensemble of {metadata.members} networks.", path=path, remedy=remedy)
    return model, metadata


def _constants(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Return what does not depend on the input by name, half floats and what is stored once for several among it."""
    constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        elif node.op_type in ("Identity", "Cast") and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    return constants


def _weights_in_order(
    model: onnx.ModelProto, constants: Mapping[str, np.ndarray], network: nn.Module
) -> tuple[dict[str, Tensor], bool]:
    """Return the weights of convolutions and linear layers, and of norms that were merged, and whether some were.

    Nothing where the model has other layers than the network.
    """
    nodes = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    layers = _layers_with_norms(network)
    if [node.op_type == "Conv" for node in nodes] != [isinstance(layer, nn.Conv2d) for layer, _ in layers]:
        return {}, False
    names = {module: name for name, module in network.named_modules()}
    weights, merged = {}, False
    for node, (layer, norm) in zip(nodes, layers, strict=True):
        values = [
            torch.from_numpy(constants[each].astype(np.float32)) if each in constants else None
            for each in node.input[1:]
        ]
        named = {f"{names[layer]}.weight": values[0]}
        if layer.bias is not None:
            named[f"{names[layer]}.bias"] = values[1]
        elif norm is not None and len(values) > 1 and values[1] is not None:
            merged = True
            named |= {f"{names[norm]}.{name}": value for name, value in _only_adding(values[1], norm.eps).items()}
        weights |= {name: value for name, value in named.items() if value is not None}
    return weights, merged


def _only_adding(bias: Tensor, epsilon: float) -> dict[str, Tensor]:
    """Return the state of a norm that, in use, adds a bias and does nothing else."""
    return {
        "weight": torch.ones_like(bias),
        "bias": bias,
        "running_mean": torch.zeros_like(bias),
        "running_var": torch.full_like(bias, 1.0 - epsilon),
    }


def _layers_with_norms(network: nn.Module) -> list[tuple[nn.Conv2d | nn.Linear, nn.BatchNorm2d | None]]:
    """Return convolutions and linear layers in the order in which they run, each with the norm that follows."""
    run: list[nn.Module] = []
    handles = [
        module.register_forward_hook(lambda module, inputs, output: run.append(module))
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d)
    ]
    with torch.no_grad():
        network(torch.zeros(1, 3, 128, 256))
    for handle in handles:
        handle.remove()
    return [
        (module, after if isinstance(after, nn.BatchNorm2d) else None)
        for module, after in zip(run, [*run[1:], None], strict=True)
        if not isinstance(module, nn.BatchNorm2d)
    ]
