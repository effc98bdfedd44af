"""LANet on crops, from training to a converted photograph, and the validation that chooses its best weights."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch
from made_up_scenes import make_scene
from PIL import Image
from torch import nn

from lanet_core.calibration import calibration_scale, overexposure_ramp
from lanet_core.cli.main import main
from lanet_core.data.pairs import LoadedScene
from lanet_core.data.scenes import Scene
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.training.checkpoints import load_checkpoint
from lanet_core.training.configuration import load_configuration
from lanet_core.training.export import export_checkpoint
from lanet_core.training.tasks.crops import CropTask, overexposed_error_stops

LANET = """
name = "lanet"
description = "A LANet of a few steps."

[network]
width = 0.0625
decoder_normalisation = "batch"

[loss]
scale_invariant = 1.0
segmentation = 0.05

[[stages]]
images = "crops"
height = 128
batch_size = 2
steps = 4
learning_rate = 1e-3
"""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    path = tmp_path_factory.mktemp("scene") / "0.exr"
    scenes = [LoadedScene(Scene(f"scene_{seed}", path, "val", "outdoor-sun"), make_scene(seed)) for seed in range(3)]
    return CropTask(64).validation_pairs(scenes)


class Oracle(nn.Module):
    """A network that gives the truth of the pair whose turn it is, brighter by some stops where it is over-exposed."""

    def __init__(self, pairs, stops=0.0) -> None:
        super().__init__()
        self.left, self.stops = list(pairs), stops

    def forward(self, ldr_linear):
        hdr = self.left.pop(0).hdr * 2.0**self.stops
        return NetworkOutput(torch.from_numpy(np.moveaxis(np.log(np.maximum(hdr, 1e-8)), -1, 0))[None])


def test_the_photographs_are_calibrated_and_over_exposed_in_part(pairs):
    assert pairs
    for pair in pairs:
        assert pair.image.shape == pair.hdr.shape == (64, 64, 3)
        assert 0.0 < (overexposure_ramp(pair.image) > 0.0).mean() < 1.0
        assert calibration_scale(pair.image, pair.hdr) == pytest.approx(1.0, rel=1e-4)


def test_the_truth_has_a_small_error_and_brighter_light_a_larger_one(pairs):
    truth, validated, images = CropTask(64).validate(Oracle(pairs), pairs, torch.device("cpu"))
    assert len(images) == len(pairs)
    assert truth["val_overexposed_stops"] < 0.5 * truth["val_ldr_overexposed_stops"]
    assert truth["val_scale_invariant"] < 1e-6
    assert validated == truth["val_overexposed_stops"]
    brighter = CropTask(64).validate(Oracle(pairs, stops=2.0), pairs, torch.device("cpu")).figures
    assert brighter["val_overexposed_stops"] > truth["val_overexposed_stops"] + 1.0


def test_scenes_that_are_never_over_exposed_are_validated_by_the_loss(tmp_path):
    grey = LoadedScene(Scene("grey", tmp_path / "grey.exr", "val"), np.full((128, 256, 3), 0.2, np.float32))
    pairs = CropTask(64).validation_pairs([grey])
    figures, validated, _ = CropTask(64).validate(Oracle(pairs), pairs, torch.device("cpu"))
    assert validated == figures["val_scale_invariant"]
    assert figures.keys() == {"val_scale_invariant"}


def test_the_error_is_in_stops_and_only_of_what_is_over_exposed():
    ldr_linear = np.full((4, 4, 3), 0.2, dtype=np.float32)
    ldr_linear[0] = 1.0
    hdr = ldr_linear.copy()
    hdr[0, :2] = 8.0
    image = hdr.copy()
    image[1:] = 0.01
    assert overexposed_error_stops(image, hdr, ldr_linear) == 0.0
    assert overexposed_error_stops(ldr_linear, hdr, ldr_linear) == pytest.approx(1.5)


def test_from_training_to_a_converted_photograph(scene_folder, tmp_path, capsys):
    from lanet_core import load_image_converter

    configuration = tmp_path / "lanet.toml"
    configuration.write_text(LANET, encoding="utf-8")
    run = tmp_path / "run"
    arguments = ["train", str(configuration), "--data", str(scene_folder), "-o", str(run), "--device", "cpu"]
    options = ["--threads", "1", "--workers", "0", "--log-every", "1", "--validate-every", "2"]
    assert main([*arguments, *options]) == 0
    with (run / "log.csv").open(newline="", encoding="utf-8") as file:
        validated = [float(row["value"]) for row in csv.DictReader(file) if row["name"] == "val_scale_invariant"]
    assert len(validated) == 2
    stage, best = load_checkpoint(run / "best.pt").best
    assert (stage, best) == (0, pytest.approx(min(validated), abs=1e-5))
    assert list((run / "images").glob("*.png"))

    model = tmp_path / "lanet.onnx"
    export_checkpoint(load_checkpoint(run / "best.pt"), model, version="1.0", training_data="Three made-up scenes.")
    converter = load_image_converter(model, threads=1)
    assert converter.session.metadata.postprocessing == "calibrated by Eq. 1; inside the graph"
    image = np.full((90, 160, 3), 90, dtype=np.uint8)
    image[20:40, 30:70] = 255
    Image.fromarray(image).save(tmp_path / "photo.jpg", quality=95)
    capsys.readouterr()
    arguments = [str(tmp_path / "photo.jpg"), "-o", str(tmp_path / "photo.exr"), "--model", str(model)]
    assert main(["convert", "--image", "--maps", "--json", *arguments]) == 0
    summary = json.loads(capsys.readouterr().out)
    with Image.open(summary["attention"]) as attention:
        assert attention.size == (160, 90)


def test_the_shipped_configuration_for_single_images():
    configuration = load_configuration("lanet_lean")
    assert configuration.network.architecture == "lanet"
    assert configuration.network.luminance_attention
    assert (configuration.loss.scale_invariant, configuration.loss.segmentation) == (1.0, 0.05)
    assert [(stage.images, stage.height) for stage in configuration.stages] == [("crops", 256)]
