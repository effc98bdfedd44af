"""Tiny models of each architecture: fixed functions of the input, as an ONNX file and in numpy."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from lanet_core.inference.model_metadata import CELL_PIXELS, INPUT_NAME, LITE, METADATA_KEY, OUTPUT_NAME, ModelMetadata

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
    """Return the log HDR of a tiny model: log(max(I, floor)) + gain where the channel mean is above the threshold."""
    bright = ldr_linear.mean(axis=-1, keepdims=True) > MODEL_THRESHOLD
    return np.log(np.maximum(ldr_linear, MODEL_FLOOR)) + gain * bright


def tiny_light(
    image: np.ndarray, overexposure: np.ndarray, gain: float, sun: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs of a tiny model of the shipped architecture: diffuse and concentrated radiance.

    The diffuse radiance is the mean of image times over-exposure in each cell, times the gain; the concentrated
    radiance is the mean over-exposure, times ``sun``.
    """
    share = overexposure[..., :1]

    def cells(field: np.ndarray) -> np.ndarray:
        height, width, channels = field.shape
        return field.reshape(height // CELL_PIXELS, CELL_PIXELS, width // CELL_PIXELS, CELL_PIXELS, channels).mean(
            axis=(1, 3)
        )

    return gain * cells(image * share), np.repeat(sun * cells(share), 3, axis=-1)


def write_tiny_model(
    path: Path,
    *,
    gain: float = 3.0,
    sun: float = 0.0,
    height: int = 32,
    width: int = 64,
    text: str | None = "",
    input_name: str = INPUT_NAME,
    graph_height: int | None = None,
    expected_stops: float | None = None,
    strength_range: tuple[float, float] = (-0.5, 1.0),
    architecture: str = "panolanet",
) -> None:
    """Write a tiny model.

    Args:
        path: the ONNX file.
        gain: see :func:`tiny_network`, and :func:`tiny_light` for the shipped architecture, ``panolanet_lite``.
        sun: see :func:`tiny_light`.
        height: rows, in the metadata.
        width: columns.
        text: the metadata; right ones by default, None for none at all.
        input_name: of the input of the paper's networks.
        graph_height: rows of the graph's input, if other than in the metadata.
        expected_stops: the expected error of every image; the model then also predicts ``strength_range``.
        strength_range: the range of the strength of every image, in stops.
        architecture: ``lanet`` has attention maps, I's red and green, and segmentation logits, I itself.
    """
    size = [graph_height or height, width]
    constants = [helper.make_tensor("parts", TensorProto.INT64, [2], [2, 1])]
    if architecture == LITE:
        nodes, inputs, outputs = _lite_graph(size, constants, gain, sun)
    else:
        nodes, inputs, outputs = _log_hdr_graph(size, constants, gain, input_name)
    extra = {}
    if expected_stops is not None:
        nodes += [
            helper.make_node("Constant", [], ["log_stops"], value_floats=[math.log(expected_stops)]),
            helper.make_node("Constant", [], ["range"], value_floats=list(strength_range)),
            helper.make_node("Unsqueeze", ["range", "axis"], ["strength_range"]),
        ]
        constants.append(helper.make_tensor("axis", TensorProto.INT64, [1], [0]))
        extra |= {"log_stops": [1], "strength_range": [1, 2]}
    if architecture == "lanet":
        nodes += [
            helper.make_node("Split", [input_name, "parts"], ["attention", "blue"], axis=1),
            helper.make_node("Identity", [input_name], ["segmentation_logits"]),
        ]
        extra |= {"attention": [1, 2, *size], "segmentation_logits": [1, 3, *size]}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in {**outputs, **extra}.items()],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if text is not None:
        metadata = tiny_metadata(
            input_height=height, input_width=width, architecture=architecture, extra_outputs=tuple(extra)
        )
        text = text or metadata.to_json()
        helper.set_model_props(model, {METADATA_KEY: text})
    onnx.save(model, path)


Graph = tuple[list[onnx.NodeProto], dict[str, list[int]], dict[str, list[int]]]


def _scalar(name: str, value: float) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.FLOAT, [], [value])


def _log_hdr_graph(size: list[int], constants: list[onnx.TensorProto], gain: float, input_name: str) -> Graph:
    constants += [_scalar("floor", MODEL_FLOOR), _scalar("threshold", MODEL_THRESHOLD), _scalar("gain", gain)]
    nodes = [
        helper.make_node("Max", [input_name, "floor"], ["floored"]),
        helper.make_node("Log", ["floored"], ["log_ldr"]),
        helper.make_node("ReduceMean", [input_name], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Greater", ["mean", "threshold"], ["is_bright"]),
        helper.make_node("Cast", ["is_bright"], ["bright"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["bright", "gain"], ["added"]),
        helper.make_node("Add", ["log_ldr", "added"], [OUTPUT_NAME]),
    ]
    return nodes, {input_name: [1, 3, *size]}, {OUTPUT_NAME: [1, 3, *size]}


def _lite_graph(size: list[int], constants: list[onnx.TensorProto], gain: float, sun: float) -> Graph:
    constants += [_scalar("gain", gain), _scalar("sun", sun)]
    constants.append(helper.make_tensor("channels", TensorProto.INT64, [2], [1, 1]))
    constants.append(helper.make_tensor("rgb", TensorProto.INT64, [4], [1, 3, 1, 1]))
    pool = {"kernel_shape": [CELL_PIXELS] * 2, "strides": [CELL_PIXELS] * 2}
    nodes = [
        helper.make_node("Split", ["overexposure", "channels"], ["share", "maximum"], axis=1),
        helper.make_node("Mul", ["image", "share"], ["white"]),
        helper.make_node("AveragePool", ["white"], ["white_cells"], **pool),
        helper.make_node("Mul", ["white_cells", "gain"], ["diffuse"]),
        helper.make_node("AveragePool", ["share"], ["share_cells"], **pool),
        helper.make_node("Mul", ["share_cells", "sun"], ["grey"]),
        helper.make_node("Expand", ["grey", "rgb"], ["concentrated"]),
    ]
    cells = [1, 3, *(side // CELL_PIXELS for side in size)]
    inputs = {"image": [1, 3, *size], "overexposure": [1, 2, *size]}
    return nodes, inputs, {"diffuse": cells, "concentrated": cells}
