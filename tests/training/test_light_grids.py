"""The light network's training: pairs on the grid, their loss by hand, a run that resumes, and a model relit by it."""

from __future__ import annotations

import csv
import math

import numpy as np
import onnx
import pytest
import torch
from network_values import LIGHT
from random_checkpoints import FACTS, blocks, checkpoint
from training_runs import train, weights_of

from lanet_core.errors import CheckpointError, DataError
from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.light_context import LightContext
from lanet_core.networks.panolanet import build_network
from lanet_core.networks.reconstruction import reconstruct
from lanet_core.networks.relit import relight
from lanet_core.networks.resampling import pool_by_solid_angle
from lanet_core.session import Session
from lanet_core.training.configuration import AugmentationConfiguration, StageConfiguration, from_dict
from lanet_core.training.export import export_checkpoints, inference_network
from lanet_core.training.light_grids import LightGridLoss, LightGrids, LightSamples, reduce_to_grid
from lanet_core.training.pairs import TrainingPairs, load_scenes
from lanet_core.training.scenes import find_scenes

SMALL_LIGHT = """
name = "small_light"
description = "A light network of a few steps."
seed = 3

[network]
light_channels = 8
bottom_dropout = 0.2
attention_stream = false
luminance_attention = false
segmentation = false

[augmentation]
supplement_share = 0.5

[[stages]]
pictures = "light_grids"
height = 128
batch_size = 4
steps = 6
pool = 10
learning_rate = 1e-2
"""


@pytest.fixture(scope="module")
def pairs(scene_folder) -> TrainingPairs:
    stage = StageConfiguration("light_grids", 128, batch_size=2, steps=1, learning_rate=1e-3)
    scenes = load_scenes(find_scenes(scene_folder, "train"), 256)
    return TrainingPairs(scenes, stage, AugmentationConfiguration(tone_mapped_share=0.0), seed=1)


def test_what_is_given_on_the_grid_is_what_the_reconstruction_gives(pairs):
    ldr_linear, hdr, picture = (each[None] for each in pairs[0])
    samples = reduce_to_grid(ldr_linear, hdr, picture, LightContext())
    assert [each.shape[1] for each in samples] == [21, 17, 3, 1, 3]
    lacking = 37.0
    panorama = reconstruct(picture, (pool_by_solid_angle(picture, 2) + lacking).log())
    assert samples.given.max() > 0.01
    torch.testing.assert_close(
        samples.picture + lacking * samples.given, pool_by_solid_angle(panorama, 16), rtol=1e-3, atol=1e-4
    )
    torch.testing.assert_close(samples.target, pool_by_solid_angle(hdr, 8))
    brightest = reduce_to_grid(ldr_linear, hdr, picture, LightContext(), target_maximum=2.0).target.max()
    assert brightest <= 2.0 < samples.target.max()


def test_the_loss_counts_stops_of_irradiance():
    grey = torch.full((2, 3, 16, 32), 0.5)
    samples = LightSamples(torch.zeros(0), torch.zeros(0), grey, torch.full((2, 1, 16, 32), 0.1), 4.0 * grey)
    loss, terms = LightGridLoss()(torch.full((2, 3, 16, 32), math.log(5.0)), samples)
    assert loss == pytest.approx(1.0, abs=1e-4)  # 0.5 + 0.1 · 5 = 1, and 2 was wanted
    assert terms["irradiance"] == loss


def test_a_pool_is_seen_whole_before_it_is_seen_again(pairs):
    first, again = (LightGrids(pairs, 5, seed=7, workers=0, target_maximum=1e4) for _ in range(2))
    seen = [[float(first[number].target.sum()) for number in range(5 * epoch, 5 * epoch + 5)] for epoch in range(3)]
    assert len(set(seen[0])) == 5
    assert sorted(seen[0]) == sorted(seen[1]) == sorted(seen[2])
    assert len({tuple(order) for order in seen}) > 1
    assert seen[1] == [float(again[number].target.sum()) for number in range(5, 10)]


@pytest.fixture(scope="module")
def light_configuration(tmp_path_factory):
    path = tmp_path_factory.mktemp("light") / "small_light.toml"
    path.write_text(SMALL_LIGHT, encoding="utf-8")
    return path


def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(light_configuration, scene_folder, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    supplement = ("--supplement", str(scene_folder))
    assert train(light_configuration, scene_folder, whole, *supplement) == 0
    for steps in ("4", "2"):
        assert train(light_configuration, scene_folder, parts, *supplement, "--stop-after", steps) == 0
    expected, resumed = weights_of(whole), weights_of(parts)
    for name, value in expected.items():
        torch.testing.assert_close(resumed[name], value, rtol=0, atol=0, msg=name)
    with (whole / "log.csv").open(newline="", encoding="utf-8") as file:
        figures = {row["name"]: float(row["value"]) for row in csv.DictReader(file)}
    assert 0.0 < figures["val_mean_stops"] < 10.0
    assert any(not torch.equal(value, expected[f"average.{name}"]) for name, value in resumed.items() if name[0] == "g")


def test_an_exported_model_is_relit(tmp_path):
    panolanets = [checkpoint(seed) for seed in range(2)]
    lights = [
        checkpoint(seed, NetworkConfiguration(**LIGHT, light_rows=rows), "light_grids", height=rows)
        for seed, rows in enumerate((128, 64, 64))
    ]
    path, picture = tmp_path / "relit.onnx", blocks(5)
    assert export_checkpoints([lights[0], *panolanets, *lights[1:]], path, **FACTS) < 1e-3
    session = Session(path, "cpu")
    assert session.metadata.members == 2
    assert session.metadata.postprocessing == (
        "mean of the log HDR of 2 networks, then its light in the amounts of 3 light networks; inside the graph"
    )
    tensor = torch.from_numpy(np.moveaxis(picture, -1, 0).copy())[None]
    with torch.no_grad():
        plain = inference_network(panolanets)(tensor).log_hdr
        logs = []
        for light in lights:
            network = build_network(light.configuration.network).eval()
            network.load_state_dict(light.average)
            logs.append(network.grid(*network.seen(tensor)))
    relit = relight(tensor, plain, torch.stack(logs).mean(dim=0))
    assert (relit - plain).abs().max() > 0.1
    np.testing.assert_allclose(session.run(picture).log_hdr, np.moveaxis(relit[0].numpy(), 0, -1), atol=1e-3)
    # The lobes of the sphere are in the file once, whatever the number of networks.
    sizes = [len(node.attribute[0].t.raw_data) for node in onnx.load(path).graph.node if node.op_type == "Constant"]
    assert sizes.count(max(sizes)) == 1


def test_light_networks_that_see_more_rows_make_the_input_larger(tmp_path):
    light = checkpoint(1, NetworkConfiguration(**LIGHT, light_rows=256), "light_grids", height=256)
    path, picture = tmp_path / "relit.onnx", blocks(5, 256, 512)
    assert export_checkpoints([checkpoint(0), light], path, **FACTS) < 1e-3
    session = Session(path, "cpu")
    assert (session.metadata.input_height, session.metadata.input_width) == (256, 512)
    with torch.no_grad():
        network = inference_network([checkpoint(0), light])
        expected = network(torch.from_numpy(np.moveaxis(picture, -1, 0).copy())[None]).log_hdr[0].numpy()
    np.testing.assert_allclose(session.run(picture).log_hdr, np.moveaxis(expected, 0, -1), atol=1e-3)


@pytest.mark.parametrize("rows", [192, 512])
def test_light_networks_that_see_too_much_make_no_model(tmp_path, rows):
    light = checkpoint(1, NetworkConfiguration(**LIGHT, light_rows=rows), "light_grids", height=rows)
    with pytest.raises(CheckpointError, match="do not make one model"):
        export_checkpoints([checkpoint(0), light], tmp_path / "relit.onnx", **FACTS)


def test_a_light_network_alone_is_no_model(tmp_path):
    path = tmp_path / "light.onnx"
    with pytest.raises(CheckpointError, match="no detail"):
        export_checkpoints(
            [checkpoint(0, network=NetworkConfiguration(**LIGHT), pictures="light_grids")], path, **FACTS
        )
    assert not path.exists()


@pytest.mark.parametrize(
    ("network", "pictures", "said"),
    [
        ({"light_channels": 8}, "light_grids", "no attention_stream"),
        ({"light_channels": 6}, "light_grids", "multiple of 4"),
        (LIGHT, "panoramas", "light_grids are"),
        ({}, "light_grids", "light_grids are"),
        ({**LIGHT, "light_rows": 64}, "light_grids", "sees 64 rows"),
    ],
)
def test_configurations_that_name_no_light_network(network, pictures, said):
    stage = {"pictures": pictures, "height": 128, "batch_size": 1, "steps": 1, "learning_rate": 1e-3}
    with pytest.raises(DataError, match=said):
        from_dict({"name": "", "description": "", "network": network, "stages": [stage]})
