"""Methods that are networks: Expand-Net, checkpoints of ours and ONNX models."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_up_scenes import make_scene

from lanet_core.colour import quantise_srgb8
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR
from lanet_core.errors import CheckpointError, DamagedModelError, ModelNotFoundError
from lanet_core.geometry import sphere
from lanet_core.geometry.azimuth_alignment import columns_to_light
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.reconstruction.overexposure import overexposure
from lanet_core.reconstruction.panorama import Reconstruction, diffuse_from_log_hdr
from render_eval.methods import Method, MethodError, MethodOptions, Photograph, checked_prediction, parse_methods

torch = pytest.importorskip("torch")

from lanet_core.networks.panolanet import build_network as build_our_network  # noqa: E402
from lanet_core.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint  # noqa: E402
from lanet_core.training.configuration import from_dict  # noqa: E402
from lanet_core.training.paper_export import inference_network  # noqa: E402
from render_eval.methods.expandnet import PUBLISHED_SHA256, build_network, load_network, run_network  # noqa: E402

#: Names the file of Expand-Net's published weights, to test with them, too.
WEIGHTS_VARIABLE = "LANET_TEST_EXPANDNET_WEIGHTS"

#: The state of the published weights.pth: every convolution's weights.
PUBLISHED_SHAPES = {
    "local_net.0.0": (64, 3, 3, 3),
    "local_net.1.0": (128, 64, 3, 3),
    "mid_net.0.0": (64, 3, 3, 3),
    "mid_net.1.0": (64, 64, 3, 3),
    "mid_net.2.0": (64, 64, 3, 3),
    "mid_net.3": (64, 64, 3, 3),
    "glob_net.0.0": (64, 3, 3, 3),
    "glob_net.1.0": (64, 64, 3, 3),
    "glob_net.2.0": (64, 64, 3, 3),
    "glob_net.3.0": (64, 64, 3, 3),
    "glob_net.4.0": (64, 64, 3, 3),
    "glob_net.5.0": (64, 64, 3, 3),
    "glob_net.6": (64, 64, 4, 4),
    "end_net.0.0": (64, 256, 1, 1),
    "end_net.1": (3, 64, 1, 1),
}

NETWORKS = {
    "unet": {"attention_stream": False, "luminance_attention": False, "segmentation": False},
    "lanet": {},
    "panolanet": {
        "attention_stream": False,
        "luminance_attention": False,
        "segmentation": False,
        "ceiling_branch": True,
    },
}


def images_of(photograph: Photograph) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return photograph.rgb_srgb8, photograph.ldr_linear, photograph.truth


@pytest.fixture(scope="module")
def photograph() -> Photograph:
    """A small world, half of it clipped, turned so that the clipped light is in the middle already."""
    truth = np.float32(2.0) * sphere.downsample(make_scene(2), 128, 256)
    truth[:64, :80] *= np.float32(3.0)
    rgb_srgb8 = quantise_srgb8(truth)
    turn = columns_to_light(overexposure(SRGB8_TO_LINEAR[rgb_srgb8]))
    rgb_srgb8, truth = np.roll(rgb_srgb8, turn, axis=1), np.roll(truth, turn, axis=1)
    return Photograph("scene", rgb_srgb8, SRGB8_TO_LINEAR[rgb_srgb8], truth)


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("expandnet") / "random.pth"
    torch.save(build_network().state_dict(), path)
    return path


@pytest.fixture(scope="module")
def make_checkpoint(tmp_path_factory) -> Callable[[str], Path]:
    """Return a function that saves an untrained, narrow network as a checkpoint."""

    def make(architecture: str) -> Path:
        torch.manual_seed(1)
        stage = {"images": "panoramas", "height": 128, "batch_size": 1, "steps": 9, "learning_rate": 1e-3}
        sections = {"network": {"width": 1 / 16, "bottom_channels": 512, **NETWORKS[architecture]}, "stages": [stage]}
        configuration = from_dict({"name": architecture, "description": "Untrained.", **sections})
        network = build_our_network(configuration.network)
        for name, parameter in network.named_parameters():
            parameter.data += 0.05 * torch.randn_like(parameter)
            if name.endswith("head.bias"):
                parameter.data += 2.0  # brighter than the image, or the product would leave the image as it is
        state = network.state_dict()
        path = tmp_path_factory.mktemp("checkpoints") / f"{architecture}.pt"
        save_checkpoint(path, Checkpoint(configuration, 0, 7, state, state, {}))
        return path

    return functools.cache(make)


@pytest.fixture(scope="module")
def method_of(make_checkpoint) -> Callable[[str], Method]:
    """Return a function that makes the method of an untrained checkpoint, once: its export takes seconds."""

    def make(architecture: str) -> Method:
        (method,) = parse_methods("", {"mine": make_checkpoint(architecture)})
        return method

    return functools.cache(make)


def test_expandnet_has_the_published_state():
    shapes = {key: tuple(value.shape) for key, value in build_network().state_dict().items()}
    biases = {f"{key}.bias": shape[:1] for key, shape in PUBLISHED_SHAPES.items()}
    assert shapes == {f"{key}.weight": shape for key, shape in PUBLISHED_SHAPES.items()} | biases


def test_expandnet_gives_a_prediction_and_shows_whose_weights_it_has(photograph, random_weights):
    (method,) = parse_methods("expandnet", options=MethodOptions(expandnet_weights=random_weights))
    predicted = checked_prediction(method, photograph)
    assert (predicted.min(), predicted.max()) == (0.0, 1.0)
    assert hashlib.sha256(random_weights.read_bytes()).hexdigest() in method.record.source
    assert "not the published weights" in method.record.source


def test_expandnet_by_hand(random_weights):
    # All but a few weights are 0: red goes through the local branch, and a constant comes from the global one.
    network = load_network(random_weights)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network["local_net"][0][0].weight[5, 0, 1, 1] = 2.0
        network["local_net"][1][0].weight[9, 5, 1, 1] = 1.0
        network["end_net"][0][0].weight[3, 9] = 1.0
        network["end_net"][1].weight[1, 3] = 1.0
        network["end_net"][1].bias[2] = -1.0
        network["glob_net"][6].bias[:] = 0.25
        network["end_net"][0][0].weight[3, 192] = -1.0
    image = np.random.default_rng(0).random((20, 40, 3), np.float32)
    scale = 1.0507009873554805  # λ of SELU, Klambauer et al. 2017
    red = scale * scale * 2.0 * image[..., 0] - 0.25
    hidden = np.where(red > 0.0, scale * red, scale * 1.6732632423543772 * np.expm1(red))
    output = run_network(network, image)
    np.testing.assert_allclose(output[..., 0], 0.5, rtol=1e-6)
    np.testing.assert_allclose(output[..., 1], 1.0 / (1.0 + np.exp(-hidden)), rtol=1e-4)
    np.testing.assert_allclose(output[..., 2], 1.0 / (1.0 + np.exp(1.0)), rtol=1e-5)


def test_expandnet_wraps_in_azimuth_and_its_bands_leave_no_trace(random_weights):
    network = load_network(random_weights)
    image = np.random.default_rng(1).random((150, 64, 3), np.float32)
    with torch.no_grad():
        one = torch.from_numpy(image.transpose(2, 0, 1).copy())[None]
        three = one.repeat(1, 1, 1, 3)
        small = torch.nn.functional.interpolate(one, (256, 256), mode="bilinear")
        whole = network["glob_net"](small).expand(1, 64, *three.shape[2:])
        parts = [network["local_net"](three), network["mid_net"](three), whole]
        expected = network["end_net"](torch.cat(parts, dim=1))[0, :, :, 64:128].numpy().transpose(1, 2, 0)
    np.testing.assert_allclose(run_network(network, image), expected, rtol=0, atol=1e-6)


@pytest.mark.skipif(WEIGHTS_VARIABLE not in os.environ, reason=f"{WEIGHTS_VARIABLE} names no file of weights")
def test_expandnet_with_the_published_weights_is_the_published_program(photograph):
    path = Path(os.environ[WEIGHTS_VARIABLE])
    (method,) = parse_methods("expandnet", options=MethodOptions(expandnet_weights=path))
    assert f"the published weights, SHA-256 {PUBLISHED_SHA256}" in method.record.source
    checked_prediction(method, photograph)
    rows, columns = np.mgrid[:160, :320]
    codes = np.stack([rows * 3 + columns * 5, rows * 7 + columns, rows + columns * 2], axis=-1) % 256
    image = (codes / 255.0).astype(np.float32)
    image[40:60, 100:140] = 1.0
    output = run_network(load_network(path), image)
    # What the model.py of github.com/dmarnerides/hdr-expandnet gives with its weights.pth, torch 2.
    published = {
        (0, 50): (0.247630, 0.043757, 0.053245),
        (50, 120): (0.620669, 0.640229, 0.723539),
        (130, 200): (0.053246, 0.034887, 0.010143),
        (159, 311): (0.268173, 0.106076, 0.020548),
    }
    for pixel, expected in published.items():
        np.testing.assert_allclose(output[pixel], expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("kind", ["missing", "text", "other tensors", "no tensors", "folder"])
def test_other_weights_are_refused(tmp_path, kind):
    path = tmp_path / "weights.pth"
    if kind == "text":
        path.write_text("<html>Not found</html>", encoding="utf-8")
    elif kind == "other tensors":
        state = build_network().state_dict()
        state["end_net.1.bias"] = torch.zeros(4)
        torch.save(state, path)
    elif kind == "no tensors":
        torch.save([1, 2, 3], path)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(MethodError) as caught:
        parse_methods("expandnet", options=MethodOptions(expandnet_weights=path))
    assert caught.value.path == path


def converted_by_hand(network: torch.nn.Module, ldr_linear: np.ndarray) -> np.ndarray:
    reconstruction = Reconstruction(*ldr_linear.shape[:2], 128)
    reconstruction.observe(ldr_linear, 0)
    image, weight = reconstruction.network_inputs()
    with torch.no_grad():
        log_hdr = network(torch.from_numpy(image.transpose(2, 0, 1).copy())[None]).log_hdr[0].numpy()
    reconstruction.solve(diffuse_from_log_hdr(log_hdr.transpose(1, 2, 0), image, weight))
    return reconstruction.band(ldr_linear, 0)


@pytest.mark.parametrize("architecture", NETWORKS)
def test_a_checkpoint_predicts_as_its_network_does(make_checkpoint, method_of, photograph, architecture):
    path, method = make_checkpoint(architecture), method_of(architecture)
    predicted = checked_prediction(method, photograph)
    trained = load_checkpoint(path)
    network = inference_network(trained.configuration, trained.average)
    expected = converted_by_hand(network, photograph.ldr_linear)
    assert (expected > photograph.ldr_linear).mean() > 0.1
    np.testing.assert_allclose(predicted, expected, rtol=5e-4)  # ONNX Runtime against torch
    assert method.record.name == "mine"
    assert method.record.label == f"{architecture}, stage 1, step 7"
    assert hashlib.sha256(path.read_bytes()).hexdigest() in method.record.source


def test_a_checkpoint_is_shown_panoramas_with_their_light_in_the_middle(method_of, photograph):
    method = method_of("panolanet")
    turned = Photograph("turned", *(np.roll(each, 32, axis=1) for each in images_of(photograph)))
    np.testing.assert_allclose(
        np.roll(method.predict(turned), -32, axis=1), checked_prediction(method, photograph), rtol=1e-4
    )


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "mine.pt"
    with pytest.raises(CheckpointError):
        parse_methods("", {"mine": path})
    path.write_bytes(b"no checkpoint")
    with pytest.raises(CheckpointError) as caught:
        parse_methods("", {"mine": path})
    assert caught.value.path == path


def test_an_onnx_model_predicts_as_the_converter_does(make_model, street):
    path = make_model()
    (method,) = parse_methods("ldr,mine", {"mine": path})[1:]
    ldr_linear = SRGB8_TO_LINEAR[street]
    predicted = checked_prediction(method, Photograph("street", street, ldr_linear, ldr_linear))
    np.testing.assert_array_equal(predicted, load_converter(path, "cpu").convert(street).hdr)
    assert method.record.label == "tiny 1.0"
    assert method.record.source == f"tiny.onnx, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}"


def test_panolanet_is_the_model_of_the_option(make_model):
    path = make_model()
    (method,) = parse_methods("panolanet", options=MethodOptions(model=path))
    assert (method.record.name, method.record.label) == ("panolanet", "tiny 1.0")


def test_bad_models_are_refused(tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.raises(ModelNotFoundError):
        parse_methods("", {"mine": path})
    path.write_bytes(b"no model")
    with pytest.raises(DamagedModelError):
        parse_methods("", {"mine": path})
