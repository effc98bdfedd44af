"""The predicted error of the model, on its way into the result: array, file, command line and worker."""

from __future__ import annotations

import json

import numpy as np
import OpenImageIO
import pytest
from PIL import Image

from lanet_core.cli.main import main
from lanet_core.colour import srgb_to_linear
from lanet_core.errors import WrongModelError
from lanet_core.files import read_hdr
from lanet_core.pipeline import panorama as panorama_module
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.pipeline.result import HIGH_EXPECTED_ERROR_STOPS
from lanet_core.pipeline.worker import Worker
from lanet_core.reconstruction.overexposure import overexposure
from lanet_core.reconstruction.uncertainty import UncertaintyMap
from lanet_core.reconstruction.white_level import WhiteLevel


@pytest.fixture
def converter(make_model):
    return load_converter(make_model("confident.onnx", expected_stops=0.25), threads=1)


@pytest.fixture
def image(tmp_path, street):
    Image.fromarray(street).save(tmp_path / "street.png")
    return tmp_path / "street.png"


def test_the_map_is_zero_where_the_image_is_well_exposed(converter, street):
    conversion = converter.convert(street)
    weight = overexposure(srgb_to_linear(street / 255.0).astype(np.float32))
    assert (conversion.uncertainty.shape, conversion.uncertainty.dtype) == ((64, 128), np.float32)
    np.testing.assert_array_equal(conversion.uncertainty > 0.0, weight > 0.0)
    assert conversion.expected_error_stops == pytest.approx(0.25, rel=1e-5)


def test_a_pixel_s_uncertainty_is_half_the_range_of_the_strength(make_model):
    converter = load_converter(make_model(expected_stops=0.3, strength_range=(-0.5, 1.5)), threads=1)
    ldr_linear = np.full((64, 128, 3), 0.2, dtype=np.float32)
    ldr_linear[20:28, 40:48] = 1.0
    conversion = converter.convert(ldr_linear)
    np.testing.assert_allclose(conversion.uncertainty[22:26, 42:46], 1.0, rtol=1e-5)
    assert conversion.strength_range_ev == pytest.approx((-0.5, 1.5))


def test_the_map_is_measured_against_the_white_level():
    white = WhiteLevel((0.9, 0.8, 0.7))
    uncertainty_of = UncertaintyMap(np.array([-1.0, 1.0], np.float32), white)
    clipped = np.broadcast_to(white.linear, (4, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(uncertainty_of(clipped, 0), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(uncertainty_of(0.8 * clipped, 0), 0.0)


def test_a_file_holds_the_map_as_a_channel(converter, street, image, tmp_path, monkeypatch):
    monkeypatch.setattr(panorama_module, "_BAND_PIXELS", 1)  # sixteen rows a band
    plain, confident = tmp_path / "plain.exr", tmp_path / "confident.exr"
    converter.convert_file(image, plain)
    conversion = converter.convert_file(image, confident, confidence=True)
    assert conversion.uncertainty is None
    assert conversion.expected_error_stops == pytest.approx(0.25, rel=1e-5)
    written = OpenImageIO.ImageBuf(str(confident))
    assert tuple(written.spec().channelnames) == ("R", "G", "B", "uncertainty")
    expected = converter.convert(street)
    pixels = written.get_pixels(OpenImageIO.FLOAT)
    np.testing.assert_array_equal(pixels[..., :3], expected.hdr)
    np.testing.assert_array_equal(pixels[..., 3], expected.uncertainty)
    np.testing.assert_array_equal(read_hdr(confident), read_hdr(plain))
    assert tuple(OpenImageIO.ImageBuf(str(plain)).spec().channelnames) == ("R", "G", "B")


def test_a_large_error_is_warned_of(make_model, street):
    for stops, warned in ((HIGH_EXPECTED_ERROR_STOPS - 0.01, False), (HIGH_EXPECTED_ERROR_STOPS + 0.25, True)):
        conversion = load_converter(make_model(expected_stops=stops), threads=1).convert(street)
        assert ("The predicted error of the light is 1.0 stops" in " ".join(conversion.warnings)) == warned


def test_a_model_without_confidence_is_reported(make_model, street, image, tmp_path):
    path = make_model()
    converter = load_converter(path, threads=1)
    conversion = converter.convert(street)
    assert conversion.expected_error_stops is None
    assert conversion.uncertainty is None
    with pytest.raises(WrongModelError, match="does not predict its uncertainty") as caught:
        converter.convert_file(image, tmp_path / "street.exr", confidence=True)
    assert caught.value.path == path
    assert not (tmp_path / "street.exr").exists()


def test_on_the_command_line(make_model, image, tmp_path, capsys):
    model = ["--model", str(make_model("confident.onnx", expected_stops=0.25))]
    output = ["-o", str(tmp_path / "street.exr"), "--confidence"]
    assert main(["convert", str(image), *output, *model]) == 0
    assert "expected error 0.25 stops" in capsys.readouterr().out
    assert main(["convert", str(image), *output, *model, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["expected_error_stops"] == pytest.approx(0.25, rel=1e-5)
    assert OpenImageIO.ImageBuf(str(tmp_path / "street.exr")).nchannels == 4
    assert main(["convert", str(image), *output, "--model", str(make_model("plain.onnx"))]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert main(["info", "--json", *model]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["extra_outputs"] == ["log_stops", "strength_range"]


def test_in_the_worker(make_model, image, tmp_path):
    output = tmp_path / "street.exr"
    request = {"id": 1, "do": "convert", "source": str(image), "output": str(output), "confidence": True}
    replies = []
    Worker(replies.append, model=str(make_model("confident.onnx", expected_stops=0.25))).serve(request)
    last = json.loads(json.dumps(replies[-1]))
    assert (last["event"], last["expected_error_stops"]) == ("result", pytest.approx(0.25, rel=1e-5))
    assert not {"hdr", "uncertainty", "attention", "segmentation"} & last.keys()
    assert OpenImageIO.ImageBuf(str(output)).nchannels == 4
