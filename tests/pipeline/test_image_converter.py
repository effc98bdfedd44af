"""Single images of any size and shape: exact where exposed, light where clipped, and no sphere about them."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import OpenImageIO
import pytest
from PIL import Image

from lanet_core import load_image_converter
from lanet_core.cli.main import main
from lanet_core.errors import ModelNotFoundError, WrongModelError
from lanet_core.pipeline import image_converter as image_converter_module
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.pipeline.reading_options import ReadingOptions
from lanet_core.reconstruction.image import ImageReconstruction
from lanet_core.reconstruction.luminance_maps import CLASS_COLOURS_SRGB8, attention_image, segmentation_image
from lanet_core.reconstruction.overexposure import overexposure
from lanet_core.reconstruction.white_level import WhiteLevel


@pytest.fixture
def model(make_model):
    return make_model("lanet.onnx", height=64, width=64, architecture="lanet")


@pytest.fixture
def converter(model):
    return load_image_converter(model, threads=1)


def noise(height: int, width: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32) ** 0.3


@pytest.mark.parametrize(
    "size", [(64, 64), (96, 160), (333, 101), (20, 30), (1, 1), (1, 300), (300, 2), (64, 128), (37, 2000)]
)
def test_any_size_is_exact_where_exposed_and_nowhere_darker(converter, size):
    ldr_linear = noise(*size)
    conversion = converter.convert(ldr_linear, options=ReadingOptions(white=WhiteLevel()))
    exposed = overexposure(ldr_linear) == 0.0
    assert (conversion.hdr.shape, conversion.hdr.dtype) == ((*size, 3), np.float32)
    np.testing.assert_array_equal(conversion.hdr[exposed], ldr_linear[exposed])
    assert (conversion.hdr >= ldr_linear).all()
    assert np.isfinite(conversion.hdr).all()
    assert conversion.clipped_fraction == pytest.approx(float((~exposed).mean()), abs=1e-5)


@pytest.mark.parametrize("corner", [(20, 40), (0, 0), (0, 104), (72, 0)])
def test_a_white_window_is_flat_to_its_edges_wherever_it_is(converter, corner):
    ldr_linear = np.full((96, 128, 3), 0.2, dtype=np.float32)
    row, column = corner
    window = np.s_[row : row + 24, column : column + 24]
    ldr_linear[window] = 1.0  # the network multiplies it by e³
    hdr = converter.convert(ldr_linear).hdr
    np.testing.assert_allclose(hdr[window], np.exp(3.0), rtol=0.03)
    outside = np.ones(hdr.shape[:2], dtype=bool)
    outside[window] = False
    np.testing.assert_array_equal(hdr[outside], ldr_linear[outside])


def test_light_at_one_edge_is_not_light_at_the_other(converter):
    ldr_linear = np.full((64, 128, 3), 0.9, dtype=np.float32)
    ldr_linear[:, -8:] = 1.0
    dim = ldr_linear.copy()
    dim[:, -8:] = 0.2
    options = ReadingOptions(white=WhiteLevel())
    bright, without = (converter.convert(each, options=options).hdr for each in (ldr_linear, dim))
    np.testing.assert_allclose(bright[:, :8], without[:, :8], rtol=1e-6)


def test_mirroring_the_image_mirrors_the_result(converter):
    ldr_linear = noise(50, 90)
    for flip in (np.s_[:, ::-1], np.s_[::-1]):
        flipped = converter.convert(np.ascontiguousarray(ldr_linear[flip])).hdr
        np.testing.assert_allclose(flipped, converter.convert(ldr_linear).hdr[flip], rtol=2e-4)


def test_the_network_sees_the_image_in_proportion_and_mirrored_around():
    reconstruction = ImageReconstruction((100, 200), (64, 64))
    columns = np.broadcast_to(np.linspace(0.0, 1.0, 200, dtype=np.float32)[None, :, None], (100, 200, 3))
    reconstruction.observe(np.ascontiguousarray(columns[:30]), 0)
    reconstruction.observe(np.ascontiguousarray(columns[30:]), 30)
    seen = reconstruction.network_input()
    assert seen.shape == (64, 64, 3)
    np.testing.assert_allclose(seen, np.broadcast_to(np.linspace(0, 1, 64)[None, :, None], seen.shape), atol=0.02)
    assert reconstruction.shown_part(seen).shape == (32, 64, 3)
    np.testing.assert_array_equal(seen[:16], seen[16:32][::-1])
    np.testing.assert_array_equal(seen[48:], seen[32:48][::-1])


def test_a_file_becomes_the_same_pixels_and_no_environment_map(converter, tmp_path, monkeypatch):
    image = np.round(255.0 * noise(100, 60)).astype(np.uint8)
    Image.fromarray(image).save(tmp_path / "photo.png")
    whole = converter.convert(image)
    monkeypatch.setattr(image_converter_module, "_BAND_PIXELS", 1)  # sixteen rows a band
    conversion = converter.convert_file(tmp_path / "photo.png", tmp_path / "photo.exr")
    written = OpenImageIO.ImageBuf(str(tmp_path / "photo.exr"))
    np.testing.assert_allclose(written.get_pixels(OpenImageIO.FLOAT), whole.hdr, rtol=1e-5)
    assert written.spec().getattribute("textureformat") is None
    assert written.spec().getattribute("envmap") is None
    assert written.spec().getattribute("lanetModel") == "tiny 1.0"
    assert (conversion.hdr, conversion.expected_error_stops) == (None, None)


def test_the_maps_show_the_image_s_part(converter):
    ldr_linear = np.zeros((40, 80, 3), dtype=np.float32)
    ldr_linear[..., 0] = 1.0  # the attention maps of this model are red and green, its classes the brightest channel
    ldr_linear[:, 40:, 2] = 1.0
    ldr_linear[:, 40:, 0] = 0.0
    conversion = converter.convert(ldr_linear)
    assert conversion.attention.shape == (32, 64, 2)
    np.testing.assert_allclose(conversion.attention[:, :32, 0], 1.0)
    np.testing.assert_allclose(conversion.attention[..., 1], 0.0)
    assert (conversion.segmentation.dtype, conversion.segmentation.shape) == (np.uint8, (32, 64))
    np.testing.assert_array_equal(conversion.segmentation[:, :32], 0)
    np.testing.assert_array_equal(conversion.segmentation[:, 32:], 2)


def test_images_of_the_maps():
    attention = np.dstack([np.ones((4, 6)), np.zeros((4, 6))]).astype(np.float32)
    assert (attention_image(attention, (40, 60)) == [255, 0, 0]).all()
    assert attention_image(attention, (2000, 3000)).shape == (683, 1024, 3)
    assert attention_image(attention, (2, 3)).shape == (2, 3, 3)
    classes = np.array([[0, 1, 2]], dtype=np.uint8)
    np.testing.assert_array_equal(
        segmentation_image(classes, (2, 6)), np.tile(CLASS_COLOURS_SRGB8.repeat(2, axis=0), (2, 1, 1))
    )


def test_models_of_the_other_kind_are_refused(make_model, model):
    with pytest.raises(WrongModelError, match="trained on panoramas"):
        load_image_converter(make_model())
    with pytest.raises(WrongModelError, match="not panoramas"):
        load_converter(model)


def test_the_model_is_the_one_named_or_the_variable_s(model, monkeypatch, tmp_path):
    monkeypatch.setenv("LANET_IMAGE_MODEL", str(model))
    monkeypatch.setenv("LANET_MODEL", str(tmp_path / "panorama.onnx"))
    assert load_image_converter().session.path == model
    monkeypatch.setenv("LANET_IMAGE_MODEL", str(tmp_path / "missing.onnx"))
    with pytest.raises(ModelNotFoundError, match="no model file"):
        load_image_converter()


def test_a_large_image_is_in_memory_once(converter, tmp_path):
    height, width = 3000, 4000
    image = np.full((height, width, 3), 250, dtype=np.uint8)
    image[:, : width // 2] = 120
    Image.fromarray(image).save(tmp_path / "large.png", compress_level=1)
    del image
    tracemalloc.start()
    converter.convert_file(tmp_path / "large.png", tmp_path / "large.exr", half=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * height * width + 160e6  # its samples, and some bands of a million pixels as light


@pytest.fixture
def photos(tmp_path, model, monkeypatch):
    monkeypatch.setenv("LANET_IMAGE_MODEL", str(model))
    for name, size in (("a", (50, 90)), ("b", (90, 50))):
        Image.fromarray(np.round(255.0 * noise(*size)).astype(np.uint8)).save(tmp_path / f"{name}.png")
    return [str(tmp_path / f"{name}.png") for name in "ab"]


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_on_the_command_line(photos, tmp_path, capsys):
    assert main(["convert", "--image", photos[0], "-o", str(tmp_path / "out.exr")]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/out.exr: 90x50, ")
    folder = tmp_path / "hdr"
    assert main(["convert", "--image", *photos, "-o", f"{folder}/", "--maps", "--json"]) == 0
    summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert names(folder) == sorted(f"{n}{e}" for n in "ab" for e in (".exr", "-attention.png", "-segmentation.png"))
    assert summary[1]["attention"] == str(folder / "b-attention.png")
    with Image.open(folder / "b-segmentation.png") as shown:
        assert shown.size == (50, 90)
    assert main(["convert", "--image", photos[0], "-o", str(tmp_path / "one.exr"), "--maps"]) == 0
    assert {"one-attention.png", "one-segmentation.png"} <= set(names(tmp_path))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--maps"], "--maps requires --image"),
        (["--image", "--preview"], "--preview requires a panorama"),
        (["--image", "--confidence"], "does not predict its uncertainty"),
    ],
)
def test_options_that_do_not_go_together(photos, tmp_path, capsys, options, words):
    assert main(["convert", photos[0], "-o", str(tmp_path / "x.exr"), *options]) == 2
    errors = capsys.readouterr().err
    assert words in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "x.exr").exists()


def test_maps_of_a_model_without_any(photos, make_model, tmp_path, capsys):
    bare = str(make_model("bare.onnx", height=64, width=64))
    assert main(["convert", "--image", photos[0], "-o", str(tmp_path / "x.exr"), "--maps", "--model", bare]) == 2
    assert "does not output attention" in capsys.readouterr().err
    assert main(["convert", "--image", photos[0], "-o", str(tmp_path / "x.exr"), "--model", bare]) == 0
