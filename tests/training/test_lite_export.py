"""Export of the new network: ONNX Runtime computes what torch does, with and without the uncertainty."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import pytest
import torch
from lite_training import lite_checkpoint
from onnx import TensorProto
from torch import nn

from lanet_core.errors import ModelError
from lanet_core.inference.session import Session
from lanet_core.networks.panolanet_lite import PanoLANetLite
from lanet_core.networks.uncertainty_head import PanoLANetWithUncertainty, UncertaintyHead
from lanet_core.training import export
from lanet_core.training.export import export_checkpoint, exported_network

FACTS = {"version": "1.0", "training_data": "none: random weights"}


def make_head(network: PanoLANetLite) -> UncertaintyHead:
    torch.manual_seed(1)
    head = UncertaintyHead(network.statistics.count).eval()
    nn.init.normal_(head.layers[-1].weight, std=0.3)
    head.mean.normal_()
    return head


def network_of(checkpoint) -> PanoLANetLite:
    network = PanoLANetLite(checkpoint.configuration.network)
    network.load_state_dict(checkpoint.average)
    return network.eval()


def test_the_model_computes_what_the_network_does(tmp_path):
    checkpoint = lite_checkpoint(ceiling_branch=True)
    network, path = network_of(checkpoint), tmp_path / "model.onnx"
    head = make_head(network)
    assert export_checkpoint(checkpoint, path, uncertainty=head, **FACTS) < 1e-3
    session = Session(path, "cpu")
    image, overexposure = exported_network(checkpoint).inputs(seed=5)
    with torch.no_grad():
        output, uncertainty = PanoLANetWithUncertainty(network, head).eval()(image, overexposure)
    prediction = session.run(
        image=image[0].numpy().transpose(1, 2, 0), overexposure=overexposure[0].numpy().transpose(1, 2, 0)
    )
    for name in ("diffuse", "concentrated"):
        expected = getattr(output, name)[0].numpy().transpose(1, 2, 0)
        assert expected.max() > 0.1
        np.testing.assert_allclose(getattr(prediction, name), expected, rtol=2e-3, atol=1e-3)
    assert prediction.log_stops == pytest.approx(float(uncertainty.log_stops), abs=1e-3)
    np.testing.assert_allclose(prediction.strength_range, uncertainty.strength_range[0].numpy(), atol=1e-3)
    metadata = session.metadata
    assert (metadata.architecture, metadata.input_height, metadata.input_width) == ("panolanet_lite", 64, 128)
    assert metadata.configuration_sha256 == checkpoint.configuration.sha256


def test_a_model_without_uncertainty_and_with_half_floats(tmp_path):
    path, checkpoint = tmp_path / "model.onnx", lite_checkpoint()
    assert export_checkpoint(checkpoint, path, uncertainty=None, half_weights=True, **FACTS) < 1e-3
    session = Session(path, "cpu")
    assert (session.metadata.extra_outputs, session.metadata.weights) == ((), "float16")
    assert list(session.metadata.output_shapes) == ["diffuse", "concentrated"]
    stored = Counter()
    for each in onnx.load(path).graph.initializer:
        stored[each.data_type] += len(each.raw_data)
    assert stored[TensorProto.FLOAT16] > 6e6
    assert stored[TensorProto.FLOAT] < 0.1 * stored[TensorProto.FLOAT16]


def test_a_model_that_differs_from_torch_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "write_onnx", lambda outputs, examples, path, *rest: path.touch())
    monkeypatch.setattr(export, "parity", lambda network, path: 0.1)
    with pytest.raises(ModelError, match=r"differ by 0\.1"):
        export_checkpoint(lite_checkpoint(), tmp_path / "model.onnx", uncertainty=None, **FACTS)
    assert list(tmp_path.iterdir()) == []
