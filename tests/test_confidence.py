"""What the model says of its own errors, on its way into the result: array, file, command line and worker."""

from __future__ import annotations

import json

import numpy as np
import OpenImageIO
import pytest
from PIL import Image

from lanet_core import panorama as panorama_module
from lanet_core import sphere
from lanet_core.calibration import overexposure_ramp
from lanet_core.cli.main import main
from lanet_core.colour import srgb_to_linear
from lanet_core.conversion import HIGH_EXPECTED_ERROR_STOPS
from lanet_core.converter import load_converter
from lanet_core.errors import WrongModelError
from lanet_core.images import read_hdr
from lanet_core.uncertainty import UncertaintyMap
from lanet_core.worker import Worker


@pytest.fixture
def converter(make_model):
    return load_converter(make_model("confident.onnx", expected_stops=0.25), threads=1)


@pytest.fixture
def picture(tmp_path, street):
    Image.fromarray(street).save(tmp_path / "street.png")
    return tmp_path / "street.png"


def test_the_map_is_zero_where_the_picture_is_well_exposed(converter, street):
    conversion = converter.convert(street)
    ramp = overexposure_ramp(srgb_to_linear(street / 255.0).astype(np.float32))
    assert (conversion.uncertainty.shape, conversion.uncertainty.dtype) == ((64, 128), np.float32)
    np.testing.assert_array_equal(conversion.uncertainty > 0.0, ramp > 0.0)
    assert conversion.expected_error_stops == pytest.approx(0.25, rel=1e-5)


def test_the_map_is_in_stops(converter):
    ldr_linear = np.full((64, 128, 3), 0.2, dtype=np.float32)
    ldr_linear[20:28, 40:48] = 1.0  # 4 x 4 pixels of the network, which expects an error of 1 in natural logs
    uncertainty = converter.convert(ldr_linear).uncertainty
    np.testing.assert_allclose(uncertainty[22:26, 42:46], 1.0 / np.log(2.0), rtol=1e-5)


@pytest.mark.parametrize("size", [(16, 32), (48, 96), (100, 200)])
def test_a_strip_s_map_is_the_whole_s(size):
    log_scale = np.random.default_rng(0).normal(size=(32, 64)).astype(np.float32)
    white = np.ones((*size, 3), dtype=np.float32)
    uncertainty_of = UncertaintyMap(log_scale, size)
    whole = uncertainty_of(white, 0)
    strips = [uncertainty_of(white[first : first + 7], first) for first in range(0, size[0], 7)]
    np.testing.assert_array_equal(np.concatenate(strips), whole)
    stops = np.exp(log_scale) / np.log(2.0)
    # What is enlarged or reduced keeps its mean.
    assert sphere.sphere_mean(whole) == pytest.approx(sphere.sphere_mean(stops), rel=0.02)


def test_a_file_holds_the_map_as_a_channel(converter, street, picture, tmp_path, monkeypatch):
    monkeypatch.setattr(panorama_module, "_STRIP_PIXELS", 1)  # sixteen rows a strip
    plain, confident = tmp_path / "plain.exr", tmp_path / "confident.exr"
    converter.convert_file(picture, plain)
    conversion = converter.convert_file(picture, confident, confidence=True)
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
        assert ("expect it to be wrong by 1.0 stops" in " ".join(conversion.warnings)) == warned


def test_a_model_without_confidence_says_so(make_model, street, picture, tmp_path):
    path = make_model()
    converter = load_converter(path, threads=1)
    conversion = converter.convert(street)
    assert conversion.expected_error_stops is None
    assert conversion.uncertainty is None
    with pytest.raises(WrongModelError, match="does not say how sure it is") as caught:
        converter.convert_file(picture, tmp_path / "street.exr", confidence=True)
    assert caught.value.path == path
    assert not (tmp_path / "street.exr").exists()


def test_on_the_command_line(make_model, picture, tmp_path, capsys):
    model = ["--model", str(make_model("confident.onnx", expected_stops=0.25))]
    output = ["-o", str(tmp_path / "street.exr"), "--confidence"]
    assert main(["convert", str(picture), *output, *model]) == 0
    assert "expected error 0.25 stops" in capsys.readouterr().out
    assert main(["convert", str(picture), *output, *model, "--json"]) == 0
    (summary,) = json.loads(capsys.readouterr().out)["pictures"]
    assert summary["expected_error_stops"] == pytest.approx(0.25, rel=1e-5)
    assert OpenImageIO.ImageBuf(str(tmp_path / "street.exr")).nchannels == 4
    assert main(["convert", str(picture), *output, "--model", str(make_model("plain.onnx"))]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert main(["info", "--json", *model]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["extra_outputs"] == ["log_scale", "log_stops"]


def test_in_the_worker(make_model, picture, tmp_path):
    output = tmp_path / "street.exr"
    request = {"id": 1, "do": "convert", "source": str(picture), "output": str(output), "confidence": True}
    answers = []
    Worker(answers.append, model=str(make_model("confident.onnx", expected_stops=0.25))).serve(request)
    last = json.loads(json.dumps(answers[-1]))
    assert (last["event"], last["expected_error_stops"]) == ("result", pytest.approx(0.25, rel=1e-5))
    assert not {"hdr", "uncertainty", "attention", "segmentation"} & last.keys()
    assert OpenImageIO.ImageBuf(str(output)).nchannels == 4
