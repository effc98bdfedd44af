"""Export: several checkpoints as one model, weights as half floats, and what a network says beside its light."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto
from random_checkpoints import FACTS, LANET, PANOLANET, blocks, checkpoint
from torch import nn

from lanet_core.cli.main import main
from lanet_core.errors import CheckpointError, ModelError
from lanet_core.networks.confidence import Confidence
from lanet_core.networks.ensemble import Ensemble
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.session import Session
from lanet_core.training.checkpoints import save_checkpoint
from lanet_core.training.compact_onnx import round_to_half
from lanet_core.training.configuration import LossConfiguration
from lanet_core.training.export import export_checkpoints, inference_network


class Says(nn.Module):
    """A network that says the same of every picture."""

    def __init__(self, log_hdr: float, confidence: float | None = None) -> None:
        super().__init__()
        self.log_hdr, self.confidence = log_hdr, confidence

    def forward(self, ldr_linear):
        like = torch.full_like(ldr_linear, self.log_hdr)
        confidence = None
        if self.confidence is not None:
            confidence = Confidence(torch.full_like(like[:, :1], self.confidence), torch.tensor([self.confidence]))
        return NetworkOutput(like, attention=like[:, :2], confidence=confidence)


def test_an_ensemble_says_the_mean_of_the_logs():
    picture = torch.zeros(1, 3, 4, 8)
    output = Ensemble([Says(1.0, -1.0), Says(2.0, 0.0), Says(6.0, 0.4)])(picture)
    torch.testing.assert_close(output.log_hdr, torch.full((1, 3, 4, 8), 3.0))
    torch.testing.assert_close(output.confidence.log_scale, torch.full((1, 1, 4, 8), -0.2))
    torch.testing.assert_close(output.confidence.log_stops, torch.tensor([-0.2]))
    assert output.attention is None
    assert Ensemble([Says(1.0, -1.0), Says(2.0)])(picture).confidence is None


def test_an_exported_ensemble_is_the_mean_of_its_members(tmp_path):
    members = [checkpoint(seed) for seed in range(3)]
    path, picture = tmp_path / "ensemble.onnx", blocks(5)
    assert export_checkpoints(members, path, **FACTS) < 1e-3
    session = Session(path, "cpu")
    tensor = torch.from_numpy(np.moveaxis(picture, -1, 0).copy())[None]
    with torch.no_grad():
        logs = [inference_network([member])(tensor).log_hdr[0].numpy() for member in members]
    assert np.abs(logs[0] - logs[1]).max() > 0.1
    np.testing.assert_allclose(session.run(picture).log_hdr, np.moveaxis(np.mean(logs, axis=0), 0, -1), atol=1e-3)
    assert (session.metadata.members, session.metadata.architecture) == (3, "panolanet")
    assert session.metadata.configuration_sha256 == members[0].configuration.sha256
    assert session.metadata.postprocessing == "mean of the log HDR of 3 networks; inside the graph"
    # The maps to and from the ceiling view are there once, not three times.
    model = onnx.load(path)
    large = [node.attribute[0].t.raw_data for node in model.graph.node if node.op_type == "Constant"]
    assert max(Counter(data for data in large if len(data) >= 1024).values()) == 1
    assert not any(node.name for node in model.graph.node)


def test_members_that_were_trained_otherwise_have_a_hash_of_their_own(tmp_path):
    members = [checkpoint(0), checkpoint(0, loss=LossConfiguration(scale_invariant=1.0))]
    export_checkpoints(members, tmp_path / "two.onnx", **FACTS)
    metadata = Session(tmp_path / "two.onnx", "cpu").metadata
    assert metadata.configuration_sha256 not in {member.configuration.sha256 for member in members}
    assert metadata.postprocessing == "calibrated by Eq. 1, then mean of the log HDR of 2 networks; inside the graph"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda: checkpoint(1, LANET, pictures="crops"), "number 2 of these checkpoints, random, is none"),
        (lambda: checkpoint(1, replace(PANOLANET, light_context=False), pictures="crops"), "number 2"),
        (lambda: checkpoint(1, height=256), r"trained on \[128, 256\] rows"),
    ],
    ids=["lanet", "crops", "height"],
)
def test_checkpoints_that_are_no_ensemble(tmp_path, other, words):
    with pytest.raises(CheckpointError, match=words):
        export_checkpoints([checkpoint(0), other()], tmp_path / "none.onnx", **FACTS)
    assert list(tmp_path.iterdir()) == []


def test_half_weights_halve_the_file_and_cost_nothing_when_it_runs(tmp_path):
    for half in (False, True):
        difference = export_checkpoints([checkpoint(0)], tmp_path / f"{half}.onnx", half_weights=half, **FACTS)
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
    # Both say nearly the same.
    picture = blocks(3)
    whole, half = (Session(tmp_path / f"{each}.onnx", "cpu").run(picture).log_hdr for each in (False, True))
    assert 0.0 < np.abs(whole - half).max() < 0.05


def test_weights_beyond_half_floats_are_refused(tmp_path):
    network = nn.Linear(2, 2)
    network.weight.data[0, 0] = 1e5
    with pytest.raises(ValueError, match="weight has weights beyond half floats"):
        round_to_half(network)
    huge = checkpoint(0)
    huge.average["panorama.head.weight"][0] = 1e5
    with pytest.raises(ModelError, match="cannot be rounded"):
        export_checkpoints([huge], tmp_path / "huge.onnx", half_weights=True, **FACTS)


def test_an_ensemble_on_the_command_line(tmp_path, capsys):
    paths = [tmp_path / f"{seed}.pt" for seed in range(2)]
    for seed, path in enumerate(paths):
        save_checkpoint(path, checkpoint(seed))
    output = tmp_path / "ensemble.onnx"
    arguments = [*map(str, paths), "-o", str(output), "--training-data", "none", "--half-weights"]
    assert main(["export", *arguments]) == 0
    assert Session(output, "cpu").metadata.members == 2
    save_checkpoint(paths[1], checkpoint(1, LANET, pictures="crops"))
    assert main(["export", *arguments]) == 2
    assert "lanet: error: Only panoLANets" in capsys.readouterr().err


def test_extra_outputs_of_lanet_and_of_the_confidence_head(tmp_path):
    export_checkpoints([checkpoint(0, LANET, "crops")], tmp_path / "lanet.onnx", **FACTS)
    session = Session(tmp_path / "lanet.onnx", "cpu")
    assert (session.metadata.architecture, session.metadata.input_width) == ("lanet", 128)
    assert session.metadata.extra_outputs == ("attention", "segmentation_logits")
    answer = session.run(blocks(1, width=128))
    assert answer.attention.shape == (128, 128, 2)
    assert answer.segmentation_logits.shape == (128, 128, 3)
    assert answer.log_scale is None
    assert answer.log_stops is None

    member = checkpoint(0, replace(PANOLANET, confidence=True))
    export_checkpoints([member], tmp_path / "confident.onnx", light_exponent=1.1, **FACTS)
    session = Session(tmp_path / "confident.onnx", "cpu")
    assert session.metadata.extra_outputs == ("log_scale", "log_stops")
    picture = blocks(1)
    answer = session.run(picture)
    assert "expected errors" not in session.metadata.postprocessing
    with torch.no_grad():
        expected = inference_network([member], 1.1)(torch.from_numpy(np.moveaxis(picture, -1, 0).copy())[None])
    np.testing.assert_allclose(answer.log_scale, expected.confidence.log_scale[0, 0], atol=1e-3)
    assert answer.log_stops == pytest.approx(float(expected.confidence.log_stops), abs=1e-3)
    assert answer.attention is None


def test_expected_errors_are_scaled_and_the_light_is_not(tmp_path):
    members = [checkpoint(seed, replace(PANOLANET, confidence=True)) for seed in range(2)]
    picture, answers = blocks(1), {}
    for scale in (1.0, 2.5):
        export_checkpoints(members, tmp_path / f"{scale}.onnx", confidence_scale=scale, **FACTS)
        answers[scale] = Session(tmp_path / f"{scale}.onnx", "cpu").run(picture)
    np.testing.assert_array_equal(answers[2.5].log_hdr, answers[1.0].log_hdr)
    np.testing.assert_allclose(answers[2.5].log_scale, answers[1.0].log_scale + np.log(2.5), atol=1e-5)
    assert answers[2.5].log_stops == pytest.approx(answers[1.0].log_stops + np.log(2.5), abs=1e-5)
    metadata = Session(tmp_path / "2.5.onnx", "cpu").metadata
    assert metadata.postprocessing.endswith("networks, then expected errors times 2.5; inside the graph")


def test_there_is_no_confidence_to_scale(tmp_path, capsys):
    save_checkpoint(tmp_path / "plain.pt", checkpoint(0))
    arguments = ["export", str(tmp_path / "plain.pt"), "-o", str(tmp_path / "model.onnx"), "--training-data", "none"]
    assert main([*arguments, "--confidence-scale", "2"]) == 2
    assert "no confidence that could be scaled" in capsys.readouterr().err
    for scale in ("0", "-1", "nan", "inf", "much"):
        with pytest.raises(SystemExit):
            main([*arguments, "--confidence-scale", scale])
    assert not (tmp_path / "model.onnx").exists()
