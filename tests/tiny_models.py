"""Tiny models: a network that multiplies what is bright, as an ONNX file and in numpy."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from lanet_core.model_metadata import INPUT_NAME, METADATA_KEY, OUTPUT_NAME, ModelMetadata

MODEL_FLOOR = 1e-4
MODEL_THRESHOLD = 0.5


def tiny_metadata(**changes) -> ModelMetadata:
    values = {
        "name": "tiny",
        "version": "1.0",
        "architecture": "panolanet",
        "licence": "CC0-1.0",
        "training_data": "None: it multiplies what is bright.",
        "input_height": 32,
        "input_width": 64,
        "overexposure_threshold": 0.83,
        "created": "2026-01-01",
        "configuration_sha256": "0" * 64,
    }
    return ModelMetadata(**(values | changes))


def tiny_network(ldr_linear: np.ndarray, gain: float) -> np.ndarray:
    """What a tiny model computes: log(max(I, floor)) + gain where the channel mean is above the threshold."""
    bright = ldr_linear.mean(axis=-1, keepdims=True) > MODEL_THRESHOLD
    return np.log(np.maximum(ldr_linear, MODEL_FLOOR)) + gain * bright


def write_tiny_model(
    path: Path,
    *,
    gain: float = 3.0,
    height: int = 32,
    width: int = 64,
    text: str | None = "",
    input_name: str = INPUT_NAME,
    graph_height: int | None = None,
    expected_stops: float | None = None,
    architecture: str = "panolanet",
) -> None:
    """Write a tiny model.

    Args:
        path: the ONNX file.
        gain: see :func:`tiny_network`.
        height: rows, as the metadata say.
        width: columns.
        text: the metadata; right ones by default, None for none at all.
        input_name: of the graph's input.
        graph_height: rows of the graph's input, if other than the metadata say.
        expected_stops: the expected error of the scene; the model then has a confidence, and expects of each pixel an
            error of its channels' mean, in natural logs, or of 2 % if it is less.
        architecture: ``lanet`` has attention maps, I's red and green, and segmentation logits, I itself.
    """
    shape = [1, 3, graph_height or height, width]
    scalars = {"floor": MODEL_FLOOR, "threshold": MODEL_THRESHOLD, "gain": gain}
    nodes, outputs = [], {}
    if expected_stops is not None:
        scalars["least"] = 0.02
        nodes += [
            helper.make_node("Max", ["mean", "least"], ["error"]),
            helper.make_node("Log", ["error"], ["log_scale"]),
            helper.make_node("Constant", [], ["log_stops"], value_floats=[math.log(expected_stops)]),
        ]
        outputs |= {"log_scale": [1, 1, *shape[2:]], "log_stops": [1]}
    if architecture == "lanet":
        nodes += [
            helper.make_node("Split", [input_name, "parts"], ["attention", "blue"], axis=1),
            helper.make_node("Identity", [input_name], ["segmentation_logits"]),
        ]
        outputs |= {"attention": [1, 2, *shape[2:]], "segmentation_logits": shape}
    constants = [helper.make_tensor(key, TensorProto.FLOAT, [], [value]) for key, value in scalars.items()]
    constants.append(helper.make_tensor("parts", TensorProto.INT64, [2], [2, 1]))
    graph = helper.make_graph(
        [
            helper.make_node("Max", [input_name, "floor"], ["floored"]),
            helper.make_node("Log", ["floored"], ["log_ldr"]),
            helper.make_node("ReduceMean", [input_name], ["mean"], axes=[1], keepdims=1),
            helper.make_node("Greater", ["mean", "threshold"], ["is_bright"]),
            helper.make_node("Cast", ["is_bright"], ["bright"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["bright", "gain"], ["added"]),
            helper.make_node("Add", ["log_ldr", "added"], [OUTPUT_NAME]),
            *nodes,
        ],
        "tiny",
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, size)
            for name, size in {OUTPUT_NAME: shape, **outputs}.items()
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if text is not None:
        metadata = tiny_metadata(
            input_height=height, input_width=width, architecture=architecture, extra_outputs=tuple(outputs)
        )
        text = text or metadata.to_json()
        helper.set_model_props(model, {METADATA_KEY: text})
    onnx.save(model, path)
