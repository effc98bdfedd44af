"""Other authors' methods: published shapes, hand-made weights, and what the original frameworks compute."""

from __future__ import annotations

import functools
import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from published_arrays import (
    drtmo_shapes,
    hdrcnn_shapes,
    random_array,
    random_arrays,
    santos_shapes,
    singlehdr_shapes,
    write_checkpoint,
    write_components,
    write_drtmo,
    write_hdrcnn,
)

from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR
from render_eval.methods import MethodError, MethodOptions, Photograph, checked_prediction, parse_methods

torch = pytest.importorskip("torch")

from render_eval.methods.drtmo import DrTmo, exposures  # noqa: E402
from render_eval.methods.networks.drtmo import ExposureNetwork  # noqa: E402
from render_eval.methods.networks.published_names import CHAINER, published_names  # noqa: E402

PAGES = {
    "hdrcnn": "github.com/gabrieleilertsen/hdrcnn",
    "drtmo": "npal.cs.tsukuba.ac.jp/~endo/projects/DrTMO",
    "santos": "github.com/marcelsan/Deep-HdrReconstruction",
    "liu": "github.com/alex04072000/SingleHDR",
    "expandnet": "github.com/dmarnerides/hdr-expandnet",
}
DRTMO_CHANNELS = 4


def pattern(height: int, width: int) -> np.ndarray:
    """An image of all codes with a white rectangle."""
    rows, columns = np.mgrid[:height, :width]
    codes = np.stack([rows * 3 + columns * 5, rows * 7 + columns, rows + columns * 2], axis=-1) % 256
    image = codes.astype(np.uint8)
    image[height // 4 : height // 2, width // 4 : width // 2] = 255
    return image


def photograph(rgb_srgb8: np.ndarray, *, is_panorama: bool = False) -> Photograph:
    linear = SRGB8_TO_LINEAR[rgb_srgb8]
    return Photograph("scene", rgb_srgb8, linear, linear, is_panorama)


def write_weights(folder: Path, name: str, make: Callable = random_array) -> None:
    """Write a method's weights into a folder as the authors publish them."""

    def made(shapes):
        return {key: make(key, shape) for key, shape in shapes.items()}

    if name == "hdrcnn":
        write_hdrcnn(folder / "hdrcnn/hdrcnn_params.npz", made(hdrcnn_shapes()))
    elif name == "liu":
        write_checkpoint(folder / "liu/ckpt_deq_lin_hal_ref/model.ckpt.index", made(singlehdr_shapes()))
        write_components(folder / "liu/invemor.txt")
    elif name == "santos":
        (folder / "santos").mkdir(parents=True)
        state = {key: torch.from_numpy(array) for key, array in made(santos_shapes()).items()}
        checkpoint = {"n_iter": 1, "step": 2, "model": state}
        torch.save(checkpoint, folder / "santos/checkpoint.pth", _use_new_zipfile_serialization=False)
    else:
        for which in ("down", "up"):
            shapes = {f"{which}/{key}": shape for key, shape in drtmo_shapes(DRTMO_CHANNELS).items()}
            arrays = {key.partition("/")[2]: array for key, array in made(shapes).items()}
            write_drtmo(folder / f"drtmo/{which}exposure_model.chainer", arrays)


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for name in ("hdrcnn", "liu", "santos", "drtmo"):
        write_weights(folder, name)
    return folder


def parsed(name: str, folder: Path):
    if name == "drtmo":
        return DrTmo(folder, DRTMO_CHANNELS)
    (method,) = parse_methods(name, options=MethodOptions(weights=folder))
    return method


@pytest.fixture(scope="module")
def method_of(random_weights) -> Callable:
    """Return a function from a method's name to the method with random weights, read once."""
    return functools.cache(lambda name: parsed(name, random_weights))


#: What TensorFlow 2.21 (hdrcnn, liu), Chainer 7.8 with OpenCV 4.8 (drtmo), and torch 2 with the authors' own network
#: (santos) compute with these weights, each by a program of the original's operations.
IMAGES = {
    "hdrcnn": pattern(64, 128),
    "liu": pattern(64, 128),
    "santos": pattern(128, 256),
    "drtmo": (100 + pattern(512, 512) // 3).astype(np.uint8),
}
EXPECTED = {
    "hdrcnn": {(20, 40): (0.803995, 0.858889, 0.844685), (63, 127): (0.0482276, 0.0482276, 0.0572241)},
    "liu": {(0, 5): (0.3918, 0.0159153, 0.0), (40, 100): (4.61005, 1.07683, 4.70284), (63, 127): (0.237536, 0, 0)},
    "santos": {(40, 100): (0.0, 0.870005, 0.0208427), (80, 200): (0.717509, 0.60147, 0.771642)},
    "drtmo": {(0, 5): (9379.62, 9242.27, 8792.18), (200, 200): (10562.4, 10833.1, 10335.5)},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_original_framework_computes_the_same(name, method_of):
    predicted = checked_prediction(method_of(name), photograph(IMAGES[name]))
    for place, expected in EXPECTED[name].items():
        # DrTMO cuts its exposures to 8 bits, so that one value in a thousand is a code away.
        np.testing.assert_allclose(predicted[place], expected, rtol=2e-3 if name == "drtmo" else 1e-4, atol=1e-5)


def test_drtmos_exposures_are_those_of_chainer(method_of):
    network = method_of("drtmo")._up
    bgr = IMAGES["drtmo"][..., ::-1]
    with torch.inference_mode():
        planes = torch.from_numpy((bgr / np.float32(255.0)).transpose(2, 0, 1)[None].copy())
        predicted = network(planes)[0].numpy()
    assert predicted.shape == (3, 8, 512, 512)
    for place, expected in {(0, 0, 0, 0): 0.576083, (1, 3, 200, 300): 0.654918, (2, 7, 511, 511): 0.651424}.items():
        assert predicted[place] == pytest.approx(expected, abs=1e-5)
    eighth = exposures(network, bgr)[7]
    assert eighth.dtype == np.uint8
    np.testing.assert_array_equal(eighth[511, 511], (255.0 * predicted[:, 7, 511, 511]).astype(np.uint8))


def test_drtmo_has_the_published_shapes():
    with torch.device("meta"):  # its 155 million weights need no memory here
        network = ExposureNetwork()
    state = network.state_dict()
    names = published_names(network, CHAINER)
    assert set(names) == set(state)
    # The statistics of the training are in the file, and are not used.
    published = {name: shape for name, shape in drtmo_shapes().items() if not name.endswith(("avg_mean", "avg_var"))}
    assert {names[key]: tuple(value.shape) for key, value in state.items()} == published


# -- graphs by hand: nearly all weights are 0 -------------------------------------------------------------------------


def test_hdrcnn_by_hand(tmp_path):
    # The last skip connection passes the logarithm of the squared input on, which the prediction takes back.
    def make(name: str, shape: tuple[int, ...]) -> np.ndarray:
        array = np.zeros(shape, np.float32)
        if name == "decoder/h7/fuse_skip_connection/W_conv2d":
            array[0, 0, [3, 4, 5], [0, 1, 2]] = 1.0
        if name == "decoder/h7/fuse_skip_connection/b_conv2d":
            array[1] = np.log(2.0)
        return array

    write_weights(tmp_path, "hdrcnn", make)
    image = pattern(32, 64)
    predicted = parsed("hdrcnn", tmp_path).predict(photograph(image))
    encoded = image / 255.0
    share = np.clip((encoded.max(axis=2) - 0.95) / 0.05, 0.0, 1.0)
    np.testing.assert_allclose(predicted[..., 0], encoded[..., 0] ** 2, rtol=1e-4, atol=1e-6)
    green = encoded[..., 1] ** 2
    expected = (1.0 - share) * green + share * (2.0 * (green + 1.0 / 255.0) - 1.0 / 255.0)
    np.testing.assert_allclose(predicted[..., 1], expected, rtol=1e-4, atol=1e-6)


def test_santos_by_hand(tmp_path):
    # The last layer passes the normalised input on, which counts as valid there, white or not.
    def make(name: str, shape: tuple[int, ...]) -> np.ndarray:
        array = np.zeros(shape, np.float32)
        if name == "dec_1.conv.input_conv.weight":
            array[[0, 1, 2], [64, 65, 66], 1, 1] = 1.0
        return array

    write_weights(tmp_path, "santos", make)
    image = pattern(128, 128)
    predicted = parsed("santos", tmp_path).predict(photograph(image))
    encoded = image / 255.0
    normalised = (encoded - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    valid = 1.0 - np.clip((encoded - 0.95) / 0.05, 0.0, 1.0)
    expected = valid * encoded**2 + (1.0 - valid) * np.expm1(normalised)
    np.testing.assert_allclose(predicted, expected, rtol=1e-4, atol=1e-5)


def test_liu_by_hand(tmp_path):
    # Nothing is restored, the curve is the mean one, and the first network after it adds 3 to red where it is white.
    def make(name: str, shape: tuple[int, ...]) -> np.ndarray:
        array = np.zeros(shape, np.float32)
        if name == "Hallucination_Net/decoder/h7/fuse_skip_connection/b_conv2d":
            array[0] = 3.0
        return array

    write_weights(tmp_path, "liu", make)
    image = pattern(64, 64)
    predicted = parsed("liu", tmp_path).predict(photograph(image))
    linear = np.interp(image / 255.0, np.linspace(0.0, 1.0, 1024), np.linspace(0.0, 1.0, 1024) ** 2.2)
    share = np.clip((linear.max(axis=2) - 0.88) / 0.12, 0.0, 1.0)
    np.testing.assert_allclose(predicted[..., 0], linear[..., 0] + 3.0 * share, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(predicted[..., 1:], linear[..., 1:], rtol=1e-4, atol=1e-5)


def test_drtmo_by_hand(tmp_path):
    # Each exposure is the sigmoid of the input and a bias, of channels in the order blue, green, red.
    def make(name: str, shape: tuple[int, ...]) -> np.ndarray:
        array = np.zeros(shape, np.float32)
        if name.endswith("dc7/b"):
            array[:] = (0.5, 0.25, -0.25)
        return array

    write_weights(tmp_path, "drtmo", make)
    method = parsed("drtmo", tmp_path)
    codes = np.full((512, 512, 3), (10, 120, 240), np.uint8)
    image = exposures(method._down, codes)[3]
    expected = 255.0 / (1.0 + np.exp(-(codes[0, 0] / 255.0 + [0.5, 0.25, -0.25])))
    np.testing.assert_array_equal(image[100, 100], expected.astype(np.uint8))


# -- panoramas --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "size"), [("liu", (40, 80)), ("santos", (64, 128))])
def test_a_panorama_of_any_size_has_no_seam(name, size, method_of):
    method = method_of(name)
    height, width = size
    # The same columns all round: without wrapping, those at the edge come out otherwise than those in the middle.
    codes = np.array([20, 128, 230, 255], np.uint8)
    image = np.tile(np.random.default_rng(0).choice(codes, (height, 4, 3)), (1, width // 4, 1))
    predicted = checked_prediction(method, photograph(image, is_panorama=True))
    with_edges = checked_prediction(method, photograph(image))
    middle = predicted[:, width // 2 - 16 : width // 2]

    def difference(panorama: np.ndarray) -> float:
        return float(np.abs(panorama[:, :16] - middle).mean())

    assert difference(predicted) < 0.5 * difference(with_edges)


@pytest.mark.parametrize("is_panorama", [False, True])
@pytest.mark.parametrize("name", ["hdrcnn", "liu", "santos", "drtmo"])
def test_a_image_of_any_size_keeps_its_size(name, is_panorama, method_of):
    image = pattern(21, 42)
    checked_prediction(method_of(name), photograph(image, is_panorama=is_panorama))


# -- files that are missing, or something else ------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_missing_weights_are_an_error_with_the_projects_page(name, tmp_path):
    with pytest.raises(MethodError, match="were not given") as caught:
        parse_methods(name)
    assert PAGES[name] in str(caught.value)
    assert "--weights" in str(caught.value)
    with pytest.raises(MethodError, match="There are no weights of") as caught:
        parse_methods(name, options=MethodOptions(weights=tmp_path))
    assert caught.value.path == tmp_path
    assert PAGES[name] in str(caught.value)


@pytest.mark.parametrize("name", ["hdrcnn", "drtmo", "santos", "liu"])
def test_the_page_for_people_shows_the_error(name, tmp_path, monkeypatch):
    text = (Path(__file__).resolve().parents[2] / "docs/comparing.md").read_text(encoding="utf-8")
    (tmp_path / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MethodError) as caught:
        parse_methods(name, options=MethodOptions(weights=Path("weights")))
    assert f"    lanet-eval: error: {caught.value}\n" in text


@pytest.mark.parametrize("name", ["hdrcnn", "liu", "santos"])
def test_the_record_names_the_paper_and_hashes_the_files(name, method_of, random_weights):
    source = method_of(name).record.source
    for path in (random_weights / name).rglob("*.*"):
        if path.is_file():
            assert f"{path.name}, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}" in source


def test_components_are_needed_too(tmp_path):
    write_checkpoint(tmp_path / "liu/ckpt_deq_lin_hal_ref/model.ckpt.index", {})
    with pytest.raises(MethodError, match=r"invemor\.txt"):
        parse_methods("liu", options=MethodOptions(weights=tmp_path))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("hdrcnn", "hdrcnn/hdrcnn_params.npz"),
        ("santos", "santos/checkpoint.pth"),
        ("liu", "liu/ckpt_deq_lin_hal_ref/model.ckpt.index"),
        ("drtmo", "drtmo/downexposure_model.chainer"),
    ],
)
@pytest.mark.parametrize("contents", [b"", b"<html>Not found</html>", pickle.dumps({"model": 1})])
def test_other_files_are_refused(name, file, contents, tmp_path):
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_bytes(contents)
    write_components(tmp_path / "liu/invemor.txt")
    (tmp_path / "drtmo").mkdir(exist_ok=True)
    (tmp_path / "drtmo/upexposure_model.chainer").write_bytes(contents)
    with pytest.raises(MethodError, match="These are not the weights of") as caught:
        parse_methods(name, options=MethodOptions(weights=tmp_path))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda arrays: arrays.pop("decoder/h7/conv2d/b_conv2d"), "contains 79 arrays instead of 80"),
        (lambda arrays: arrays.update({"decoder/h7/conv2d/b_conv2d": np.zeros(4, np.float32)}), "has the shape"),
        (lambda arrays: arrays.update({"decoder/h7/conv2d/b_conv2d": np.full(3, np.nan)}), "NaN"),
    ],
)
def test_other_arrays_are_refused(change, problem, tmp_path):
    arrays = random_arrays(hdrcnn_shapes())
    change(arrays)
    write_hdrcnn(tmp_path / "hdrcnn_params.npz", arrays)
    with pytest.raises(MethodError, match=problem):
        parse_methods("hdrcnn", options=MethodOptions(weights=tmp_path))


def test_a_checkpoint_without_one_of_the_arrays_is_refused(tmp_path):
    arrays = random_arrays(singlehdr_shapes())
    del arrays["Refinement_Net/conv2d_18/bias"]
    write_checkpoint(tmp_path / "model.ckpt.index", arrays)
    write_components(tmp_path / "invemor.txt")
    with pytest.raises(MethodError, match="lacks Refinement_Net/conv2d_18/bias"):
        parse_methods("liu", options=MethodOptions(weights=tmp_path))
