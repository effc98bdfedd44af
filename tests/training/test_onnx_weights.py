"""Weights read back from a model: the network that was exported, norms merged or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from random_checkpoints import FACTS, PANOLANET, blocks, checkpoint

from lanet_core.errors import CheckpointError
from lanet_core.networks.panolanet import build_network
from lanet_core.session import Session
from lanet_core.training.export import export_checkpoints
from lanet_core.training.onnx_weights import read_onnx_weights


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("confidence", [False, True])
def test_the_network_that_comes_back_says_the_same(tmp_path, half, confidence):
    configuration = replace(PANOLANET, confidence=confidence)
    path = tmp_path / "model.onnx"
    export_checkpoints([checkpoint(4, configuration)], path, half_weights=half, **FACTS)
    # The head that the model lacks, the network may have.
    wanted = replace(PANOLANET, confidence=True)
    weights, merged = read_onnx_weights(path, wanted)
    assert merged is not half
    network = build_network(wanted).eval()
    own = network.state_dict()
    assert {name for name in own if name not in weights} == (
        set() if confidence else {name for name in own if name.startswith("confidence.")}
    )
    network.load_state_dict(own | weights)
    picture = blocks(5)
    with torch.no_grad():
        output = network(torch.from_numpy(np.moveaxis(picture, -1, 0).copy())[None])
    answer = Session(path, "cpu").run(picture)
    np.testing.assert_allclose(np.moveaxis(output.log_hdr[0].numpy(), 0, -1), answer.log_hdr, atol=1e-3)
    if confidence:
        np.testing.assert_allclose(output.confidence.log_scale[0, 0].numpy(), answer.log_scale, atol=1e-3)


def test_what_holds_no_single_network(tmp_path, make_model):
    ensemble, text, foreign = (tmp_path / name for name in ("two.onnx", "text.onnx", "foreign.onnx"))
    export_checkpoints([checkpoint(0), checkpoint(1)], ensemble, **FACTS)
    text.write_text("no model")
    model = onnx.load(ensemble)
    del model.metadata_props[:]
    onnx.save(model, foreign)
    for path, words in (
        (ensemble, "an ensemble of 2 networks"),
        (text, "no model of this program"),
        (foreign, "no model of this program"),
        (tmp_path / "missing.onnx", "no such model"),
    ):
        with pytest.raises(CheckpointError, match=words):
            read_onnx_weights(path, PANOLANET)


def test_another_network_s_weights_are_left_out(tmp_path):
    export_checkpoints([checkpoint(0)], tmp_path / "model.onnx", **FACTS)
    weights, _ = read_onnx_weights(tmp_path / "model.onnx", replace(PANOLANET, width=0.125))
    assert len(weights) < len(build_network(replace(PANOLANET, width=0.125)).state_dict())
