"""Checkpoints as methods: what trained on crops is an image model, and all predict as their exported models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from random_checkpoints import FACTS, LANET, PANOLANET, checkpoint  # noqa: E402

from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR  # noqa: E402
from lanet_core.errors import CheckpointError  # noqa: E402
from lanet_core.networks.panolanet_lite import PanoLANetLite  # noqa: E402
from lanet_core.pipeline.image_converter import load_image_converter  # noqa: E402
from lanet_core.pipeline.panorama_converter import load_converter  # noqa: E402
from lanet_core.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint  # noqa: E402
from lanet_core.training.configuration import from_dict  # noqa: E402
from lanet_core.training.export import export_checkpoint  # noqa: E402
from render_eval.methods import Photograph, checked_prediction, parse_methods  # noqa: E402


def photograph(height: int, width: int, *, is_panorama: bool) -> Photograph:
    rgb_srgb8 = np.random.default_rng(0).integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8)
    rgb_srgb8 = rgb_srgb8.repeat(16, axis=0).repeat(16, axis=1)
    rgb_srgb8[:16, :32] = 255
    linear = SRGB8_TO_LINEAR[rgb_srgb8]
    return Photograph("scene", rgb_srgb8, linear, linear, is_panorama)


def lite_checkpoint() -> Checkpoint:
    torch.manual_seed(1)
    values = {"task": "lite", "name": "small", "description": "Untrained.", "schedule": {"height": 64}}
    configuration = from_dict(values)
    state = PanoLANetLite(configuration.network).state_dict()
    return Checkpoint(configuration, 0, 7, state, state, {})


@pytest.mark.parametrize("kind", ["panoramas", "crops", "lite"])
def test_a_checkpoint_predicts_as_its_exported_model_does(tmp_path: Path, kind: str):
    path, model = tmp_path / "best.pt", tmp_path / "model.onnx"
    network = PANOLANET if kind == "panoramas" else LANET
    save_checkpoint(path, lite_checkpoint() if kind == "lite" else checkpoint(1, network, images=kind))
    export_checkpoint(load_checkpoint(path), model, **FACTS)
    shown = photograph(96, 160, is_panorama=False) if kind == "crops" else photograph(96, 192, is_panorama=True)
    (method,) = parse_methods("", {"mine": path})
    load = load_image_converter if kind == "crops" else load_converter
    expected = load(model, "cpu").convert(shown.rgb_srgb8).hdr
    np.testing.assert_array_equal(checked_prediction(method, shown), expected)
    label = {"panoramas": "random, stage 2, step 0", "crops": "random, stage 2, step 0", "lite": "small, step 7"}
    assert method.record.label == label[kind]


def test_a_state_of_another_network_is_an_error(tmp_path: Path):
    path = tmp_path / "best.pt"
    other = checkpoint(1, PANOLANET)
    other.average.pop(next(iter(other.average)))
    save_checkpoint(path, other)
    with pytest.raises(CheckpointError, match="does not fit its own configuration") as caught:
        parse_methods("", {"mine": path})
    assert caught.value.path == path
