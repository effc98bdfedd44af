"""ONNX graphs made smaller: weights as half floats, each large constant once, and nodes without names."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

#: Constants of fewer bytes are not worth the search.
_LARGE_BYTES = 1024


def round_to_half(network: nn.Module) -> set[str]:
    """Round a network's weights to numbers that half floats hold, and return their names.

    Convolutions' and matrices' weights alone: norms and biases are few, and the whole network hangs on each.

    Raises:
        ValueError: a weight is larger than any half float.
    """
    rounded = set()
    for name, parameter in network.named_parameters():
        if parameter.ndim > 1:
            half = parameter.data.half()
            if not half.isfinite().all():
                raise ValueError(f"{name} has weights beyond half floats")
            parameter.data = half.float()
            rounded.add(name)
    return rounded


def store_as_half(model: onnx.ModelProto, names: Collection[str]) -> None:
    """Store weights as half floats, each with a node that makes it float32 again when the model is loaded.

    Args:
        model: changed in place.
        names: of the weights; half floats hold their values exactly, see :func:`round_to_half`.
    """
    casts = []
    for initializer in model.graph.initializer:
        if initializer.name in names and initializer.data_type == TensorProto.FLOAT:
            name = initializer.name
            half = numpy_helper.to_array(initializer).astype(np.float16)
            initializer.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def share_constants(model: onnx.ModelProto) -> None:
    """Let nodes share large constants that are equal, such as the maps to and from the ceiling view; in place."""
    known: dict[tuple[int, tuple[int, ...], bytes], str] = {}
    duplicates: dict[str, str] = {}
    for node in list(model.graph.node):
        tensor = node.attribute[0].t if node.op_type == "Constant" else None
        if tensor is None or len(tensor.raw_data) < _LARGE_BYTES:
            continue
        first = known.setdefault((tensor.data_type, tuple(tensor.dims), tensor.raw_data), node.output[0])
        if first != node.output[0]:
            duplicates[node.output[0]] = first
            model.graph.node.remove(node)
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = duplicates.get(name, name)


def forget_node_names(model: onnx.ModelProto) -> None:
    """Leave out the names of nodes, which nothing refers to, in place."""
    for node in model.graph.node:
        node.ClearField("name")
