"""Export of the paper's networks: the description, weights as half floats, additional outputs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto
from random_checkpoints import FACTS, LANET, blocks, checkpoint
from torch import nn

from lanet_core.errors import ModelError
from lanet_core.inference.session import Session
from lanet_core.training.compact_onnx import round_to_half
from lanet_core.training.configuration import LossConfiguration
from lanet_core.training.export import PARITY, check_parity, export_checkpoint
from lanet_core.training.paper_export import inference_network


def test_half_weights_halve_the_file_and_cost_nothing_when_it_runs(tmp_path):
    for half in (False, True):
        difference = export_checkpoint(checkpoint(0), tmp_path / f"{half}.onnx", half_weights=half, **FACTS)
        assert difference < 1e-4
    models = {half: onnx.load(tmp_path / f"{half}.onnx") for half in (False, True)}
    stored = {half: sum(len(each.raw_data) for each in models[half].graph.initializer) for half in (False, True)}
    assert stored[True] < 0.55 * stored[False]
    assert Session(tmp_path / "True.onnx", "cpu").metadata.weights == "float16"
    # What ONNX Runtime runs: no half floats, no casts of weights, norms merged into convolutions as ever.
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    onnxruntime.InferenceSession(tmp_path / "True.onnx", options, providers=["CPUExecutionProvider"])
    graph = onnx.load(tmp_path / "optimised.onnx").graph
    assert TensorProto.FLOAT16 not in {each.data_type for each in graph.initializer}
    weights = {each.name for each in graph.initializer}
    assert not [node for node in graph.node if node.op_type == "Cast" and node.input[0] in weights]
    assert "BatchNormalization" not in {node.op_type for node in graph.node}
    image = blocks(3)
    whole, half = (Session(tmp_path / f"{each}.onnx", "cpu").run(ldr_linear=image).log_hdr for each in (False, True))
    assert 0.0 < np.abs(whole - half).max() < 0.05


def test_weights_beyond_half_floats_are_refused(tmp_path):
    network = nn.Linear(2, 2)
    network.weight.data[0, 0] = 1e5
    with pytest.raises(ValueError, match="weight has weights beyond half floats"):
        round_to_half(network)
    huge = checkpoint(0)
    huge.average["panorama.head.weight"][0] = 1e5
    with pytest.raises(ModelError, match="cannot be rounded"):
        export_checkpoint(huge, tmp_path / "huge.onnx", half_weights=True, **FACTS)


def test_the_exported_model_computes_what_the_network_does(tmp_path):
    trained = checkpoint(0, loss=LossConfiguration(scale_invariant=1.0))
    path, image = tmp_path / "model.onnx", blocks(5)
    assert export_checkpoint(trained, path, **FACTS) < 1e-3
    session = Session(path, "cpu")
    with torch.no_grad():
        network = inference_network(trained.configuration, trained.average)
        log_hdr = network(torch.from_numpy(np.moveaxis(image, -1, 0).copy())[None]).log_hdr
    np.testing.assert_allclose(session.run(ldr_linear=image).log_hdr, np.moveaxis(log_hdr[0].numpy(), 0, -1), atol=1e-3)
    assert session.metadata.configuration_sha256 == trained.configuration.sha256
    assert session.metadata.postprocessing == "calibrated by Eq. 1; inside the graph"
    # Each large constant, such as the maps to and from the ceiling view, is stored once.
    model = onnx.load(path)
    large = [node.attribute[0].t.raw_data for node in model.graph.node if node.op_type == "Constant"]
    assert max(Counter(data for data in large if len(data) >= 1024).values()) == 1
    assert not any(node.name for node in model.graph.node)


def test_additional_outputs_of_lanet(tmp_path):
    export_checkpoint(checkpoint(0, LANET, "crops"), tmp_path / "lanet.onnx", **FACTS)
    session = Session(tmp_path / "lanet.onnx", "cpu")
    assert (session.metadata.architecture, session.metadata.input_width) == ("lanet", 128)
    assert session.metadata.extra_outputs == ("attention", "segmentation_logits")
    prediction = session.run(ldr_linear=blocks(1, width=128))
    assert prediction.attention.shape == (128, 128, 2)
    assert prediction.segmentation_logits.shape == (128, 128, 3)
    assert prediction.log_stops is None


def test_a_difference_between_torch_and_onnx_runtime_is_an_error(tmp_path):
    check_parity(0.9 * PARITY, tmp_path)
    for difference in (1.1 * PARITY, float("nan")):
        with pytest.raises(ModelError, match="ONNX Runtime and torch differ"):
            check_parity(difference, tmp_path)
