"""The trainer, in a few real steps: it resumes exactly, trains in several processes, and exports what it learned."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
import torch
from training_runs import train, weights_of

from lanet_core.cli.main import main
from lanet_core.errors import CheckpointError
from lanet_core.inference.model_metadata import METADATA_KEY
from lanet_core.inference.session import Session
from lanet_core.training.average import start_average, update_average
from lanet_core.training.checkpoints import load_checkpoint
from lanet_core.training.configuration import StageConfiguration, load_configuration
from lanet_core.training.export import exported_network, parity
from lanet_core.training.optimisation import learning_rate
from lanet_core.training.paper_stage import PaperStage
from lanet_core.training.tasks import PanoramaTask


@pytest.fixture(scope="module")
def finished_run(small_configuration, scene_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    assert train(small_configuration, scene_folder, folder) == 0
    return folder


def test_a_stopped_run_continues_as_if_it_had_never_stopped(small_configuration, scene_folder, finished_run, tmp_path):
    # Stops within the first stage and within the second.
    for steps in ("1", "3", "2"):
        assert train(small_configuration, scene_folder, tmp_path, "--stop-after", steps) == 0
    expected, resumed = weights_of(finished_run), weights_of(tmp_path)
    assert expected.keys() == resumed.keys()
    for name, value in expected.items():
        torch.testing.assert_close(resumed[name], value, rtol=0, atol=0, msg=name)
    checkpoint = load_checkpoint(tmp_path / "checkpoint.pt")
    assert (checkpoint.stage, checkpoint.step) == (1, 4)


def test_the_log_shows_every_step(finished_run):
    with (finished_run / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    losses = {int(row["step"]): float(row["value"]) for row in rows if row["name"] == "loss"}
    assert sorted(losses) == [1, 2, 3, 4, 5, 6]
    assert all(np.isfinite(list(losses.values())))
    assert {"val_mean_stops", "val_ldr_mean_stops", "overexposed"} <= {row["name"] for row in rows}
    assert list((finished_run / "tensorboard").iterdir())
    assert list((finished_run / "images").glob("*.png"))


def test_the_ceiling_encoder_starts_from_the_pretrained_panorama_encoder(
    small_configuration, scene_folder, tmp_path, monkeypatch
):
    copied = []
    original = PaperStage.prepare

    def spy(self, network, previous):
        original(self, network, previous)
        if isinstance(self.task, PanoramaTask) and previous is not None:
            encoders = (network.ceiling.encoder, network.panorama.encoder)
            pairs = zip(*(encoder.parameters() for encoder in encoders), strict=True)
            copied.append(all(torch.equal(first, second) for first, second in pairs))

    monkeypatch.setattr(PaperStage, "prepare", spy)
    assert train(small_configuration, scene_folder, tmp_path, "--stop-after", "3") == 0
    assert copied == [True, True]  # the network and its average


def test_a_folder_of_another_configuration_is_refused(
    small_configuration, scene_folder, finished_run, tmp_path, capsys
):
    other = tmp_path / "other.toml"
    other.write_text(small_configuration.read_text(encoding="utf-8").replace("seed = 3", "seed = 4"), encoding="utf-8")
    before = (finished_run / "checkpoint.pt").read_bytes()
    assert train(other, scene_folder, finished_run) == 2
    assert "another configuration" in capsys.readouterr().err
    assert (finished_run / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None])
def test_damaged_checkpoints(finished_run, tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    whole = (finished_run / "checkpoint.pt").read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


def test_two_processes_train_one_model(small_configuration, scene_folder, tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--rdzv-backend", "c10d"]
    # A bare machine may resolve neither its own name nor localhost.
    command += ["--rdzv-endpoint", "127.0.0.1:0", "--local-addr", "127.0.0.1"]
    command += ["-m", "lanet_core.cli.main", "train", str(small_configuration), "--data", str(scene_folder)]
    command += ["-o", str(tmp_path), "--device", "cpu", "--threads", "1", "--workers", "0", "--log-every", "1"]
    finished = subprocess.run(
        command, capture_output=True, text=True, timeout=600, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert finished.stdout.count("stage 1:") == 1  # only the first process speaks
    checkpoint = load_checkpoint(tmp_path / "checkpoint.pt")
    assert (checkpoint.stage, checkpoint.step) == (1, 4)
    configuration = load_configuration(small_configuration)
    assert checkpoint.configuration == configuration
    with (tmp_path / "log.csv").open(newline="", encoding="utf-8") as file:
        steps = [int(row["step"]) for row in csv.DictReader(file) if row["name"] == "loss"]
    assert steps == [1, 2, 3, 4, 5, 6]


@pytest.fixture(scope="module")
def exported(finished_run, tmp_path_factory):
    """The finished run's model, and what ``lanet export --json`` prints."""
    path = tmp_path_factory.mktemp("model") / "small.onnx"
    arguments = ["export", str(finished_run / "checkpoint.pt"), "-o", str(path), "--json"]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main([*arguments, "--training-data", "Four made-up scenes."]) == 0
    return path, json.loads(printed.getvalue())


def test_a_finished_run_prints_json(finished_run, small_configuration, scene_folder, capsys):
    assert train(small_configuration, scene_folder, finished_run, "--json") == 0
    [record] = map(json.loads, capsys.readouterr().out.splitlines())
    assert record["configuration_sha256"] == load_configuration(small_configuration).sha256
    assert str(finished_run / "checkpoint.pt") in record["checkpoints"]


def test_export_describes_the_model_and_agrees_with_torch(finished_run, small_configuration, exported):
    path, record = exported
    assert (record["output"], record["status"]) == (str(path), "written")
    assert record["largest_difference"] < 1e-3
    checkpoint = load_checkpoint(finished_run / "checkpoint.pt")
    metadata = json.loads({entry.key: entry.value for entry in onnx.load(path).metadata_props}[METADATA_KEY])
    assert (metadata["input_height"], metadata["input_width"]) == (128, 256)
    assert metadata["configuration_sha256"] == load_configuration(small_configuration).sha256
    assert metadata["training_data"] == "Four made-up scenes."
    network = exported_network(checkpoint)
    assert parity(network, path, seed=9) < 1e-3
    assert Session(path).metadata.architecture == "panolanet"
    with torch.no_grad():
        network.outputs.network.panorama.log_join.bias += 0.01
    assert parity(network, path, seed=9) > 5e-3  # the measure sees a difference


def test_learning_rates():
    values = {"images": "crops", "height": 128, "batch_size": 1, "learning_rate": 1.0}
    step = StageConfiguration(**values, steps=20_000)
    assert [learning_rate(step, at) for at in (0, 4_999, 5_000, 10_000)] == pytest.approx([1.0, 1.0, 0.8, 0.64])
    cosine = StageConfiguration(**values, steps=1_000, schedule="cosine", warmup_steps=10)
    assert learning_rate(cosine, 4) == pytest.approx(0.5, rel=1e-3)
    assert learning_rate(cosine, 500) == pytest.approx(0.505, rel=1e-6)
    assert learning_rate(cosine, 1_000) == pytest.approx(0.01)


def test_the_average_follows_slowly():
    network = torch.nn.BatchNorm1d(1)
    average = start_average(network)
    with torch.no_grad():
        network.weight.fill_(3.0)
        network.num_batches_tracked.fill_(7)
    update_average(average, network, decay=0.9, step=10_000)
    assert float(average.weight) == pytest.approx(1.0 + 0.1 * 2.0)
    assert int(average.num_batches_tracked) == 7
    assert not average.weight.requires_grad


def test_a_supplement_is_refused(small_configuration, scene_folder, tmp_path, capsys):
    assert train(small_configuration, scene_folder, tmp_path, "--supplement", str(scene_folder)) == 2
    assert "small takes 0% of its photographs from synthetic scenes" in capsys.readouterr().err


def test_the_ceiling_branch_keeps_the_edges_of_a_perspective_view(finished_run, small_configuration, scene_folder):
    """Crops and panoramas change the padding of the panorama branch alone."""
    from lanet_core.networks.panolanet import build_network
    from lanet_core.training.distributed import training_process
    from lanet_core.training.trainer import Trainer, TrainerOptions

    configuration = load_configuration(small_configuration)
    with training_process("cpu") as process:
        trainer = Trainer(
            configuration, scene_folder, finished_run, process, TrainerOptions(), report=lambda line: None
        )
    network = build_network(configuration.network)
    for stage, expected in zip(trainer.stages, ("symmetric", "sphere"), strict=True):
        stage.prepare(network, None)
        assert _edges(network.panorama) == {expected}
        assert _edges(network.ceiling) == {"symmetric"}


def _edges(network):
    return {module.edge for module in network.modules() if hasattr(module, "edge")}
