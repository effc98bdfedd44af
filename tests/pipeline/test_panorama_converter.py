"""The conversion pipeline with tiny models: exactness, order of stages, errors, and nothing left behind."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from PIL import Image
from tiny_models import tiny_network

import lanet_core
from lanet_core.colour import srgb_to_linear
from lanet_core.errors import (
    AlreadyHdrError,
    ConversionCancelled,
    ImageTooSmallError,
    InputError,
    InvalidPixelsError,
    ModelNotFoundError,
    NotEquirectangularError,
    OutputNotWritableError,
    UnsupportedColourModelError,
    UnsupportedFormatError,
    WrongModelError,
)
from lanet_core.geometry import sphere
from lanet_core.pipeline import panorama_converter as converter_module
from lanet_core.pipeline.panorama_converter import find_model, load_converter
from lanet_core.pipeline.reading_options import ReadingOptions
from lanet_core.reconstruction.overexposure import overexposure
from lanet_core.reconstruction.white_level import WhiteLevel


@pytest.fixture
def converter(make_model):
    return load_converter(make_model(), threads=1)


def linear(rgb_srgb8: np.ndarray) -> np.ndarray:
    return srgb_to_linear(rgb_srgb8 / 255.0).astype(np.float32)


def test_well_exposed_pixels_are_the_image_and_none_is_darker(converter, street):
    ldr_linear = linear(street)
    conversion = converter.convert(street)
    exposed = ldr_linear.mean(axis=-1) <= np.float32(0.83)
    np.testing.assert_array_equal(conversion.hdr[exposed], ldr_linear[exposed])
    assert (conversion.hdr >= ldr_linear).all()


def test_the_network_sees_the_mean_radiance_and_its_light_arrives(converter):
    ldr_linear = np.full((64, 128, 3), 0.2, dtype=np.float32)
    ldr_linear[20:24, 40:44] = 1.0
    conversion = converter.convert(ldr_linear)
    # Those are 2 x 2 pixels of the network, wholly white, which it multiplies by e³.
    np.testing.assert_allclose(conversion.hdr[20:24, 40:44], np.exp(3.0), rtol=1e-4)
    assert conversion.peak_ev == pytest.approx(3.0 / np.log(2.0), abs=1e-4)


def test_eight_and_sixteen_bits_and_floats_of_the_same_image_agree(converter, street):
    from_bytes = converter.convert(street).hdr
    np.testing.assert_array_equal(converter.convert(street.astype(np.uint16) * 257).hdr, from_bytes)
    np.testing.assert_array_equal(converter.convert(linear(street)).hdr, from_bytes)
    np.testing.assert_array_equal(converter.convert(linear(street).astype(np.float64)).hdr, from_bytes)


def test_the_clipped_fraction_is_a_share_of_solid_angle(converter):
    ldr_linear = np.zeros((64, 128, 3), dtype=np.float32)
    ldr_linear[:16] = 1.0  # a cap of 45°
    expected = (1.0 - np.cos(np.pi / 4.0)) / 2.0
    assert converter.convert(ldr_linear).clipped_fraction == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shift", [32, 64, 96])
def test_turning_the_panorama_turns_the_result(converter, street, shift):
    turned = converter.convert(np.roll(street, shift, axis=1)).hdr
    np.testing.assert_array_equal(turned, np.roll(converter.convert(street).hdr, shift, axis=1))


@pytest.mark.parametrize("size", [(32, 64), (48, 96), (100, 200)])
def test_images_of_other_sizes_than_the_network_s(make_model, size):
    converter = load_converter(make_model(height=64, width=128))
    ldr_linear = np.random.default_rng(1).random((*size, 3), dtype=np.float32) ** 0.3
    hdr = converter.convert(ldr_linear, options=ReadingOptions(white=WhiteLevel())).hdr
    exposed = overexposure(ldr_linear) == 0.0
    np.testing.assert_array_equal(hdr[exposed], ldr_linear[exposed])
    assert np.isfinite(hdr).all()


def test_a_white_image_converts_with_a_warning(converter):
    conversion = converter.convert(np.full((64, 128, 3), 255, dtype=np.uint8))
    np.testing.assert_allclose(conversion.hdr, np.exp(3.0), rtol=1e-5)
    assert conversion.clipped_fraction == pytest.approx(1.0)
    assert [warning for warning in conversion.warnings if "Every pixel is over-exposed" in warning]


def test_a_black_image_converts_with_a_warning(converter):
    conversion = converter.convert(np.zeros((64, 128, 3), dtype=np.uint8))
    np.testing.assert_array_equal(conversion.hdr, 0.0)
    assert conversion.peak_ev == -np.inf
    assert conversion.clipped_fraction == 0.0
    assert [warning for warning in conversion.warnings if "black" in warning]


@pytest.mark.parametrize(
    ("rgb", "error"),
    [
        (np.zeros((64, 128), np.uint8), UnsupportedColourModelError),
        (np.zeros((64, 128, 4), np.uint8), UnsupportedColourModelError),
        (np.zeros((0, 0, 3), np.uint8), InvalidPixelsError),
        (np.zeros((64, 128, 3), np.int32), UnsupportedFormatError),
        (np.zeros((64, 128, 3), bool), UnsupportedFormatError),
        (np.zeros((1, 1, 3), np.uint8), ImageTooSmallError),
        (np.zeros((64, 64, 3), np.uint8), NotEquirectangularError),
        (np.full((64, 128, 3), np.nan, np.float32), InvalidPixelsError),
        (np.full((64, 128, 3), np.inf, np.float32), InvalidPixelsError),
        (np.full((64, 128, 3), -0.5, np.float32), InvalidPixelsError),
        (np.full((64, 128, 3), 1.5, np.float32), AlreadyHdrError),
    ],
    ids=["grey", "alpha", "empty", "int32", "bool", "1x1", "square", "nan", "inf", "negative", "hdr"],
)
def test_arrays_that_are_no_ldr_panoramas_are_refused(converter, rgb, error):
    with pytest.raises(error):
        converter.convert(rgb)


def test_a_file_becomes_the_same_pixels_as_its_array(converter, street, tmp_path):
    Image.fromarray(street).save(tmp_path / "street.png")
    started_s = time.perf_counter()
    conversion = converter.convert_file(tmp_path / "street.png", tmp_path / "street.exr")
    seconds = time.perf_counter() - started_s
    expected = converter.convert(street)
    written = OpenImageIO.ImageBuf(str(tmp_path / "street.exr"))
    np.testing.assert_array_equal(written.get_pixels(OpenImageIO.FLOAT), expected.hdr)
    assert conversion.hdr is None  # it would not fit into memory for a large image
    assert (conversion.height, conversion.width) == expected.hdr.shape[:2] == (64, 128)
    assert conversion.peak_ev == expected.peak_ev
    assert conversion.clipped_fraction == expected.clipped_fraction
    assert written.spec().get_string_attribute("lanetModelSha256") == conversion.model_sha256
    assert conversion.model_name == "tiny 1.0"
    assert conversion.provider == converter.session.provider
    assert 0.0 < conversion.network_seconds < seconds


def test_the_stages_are_reported_in_order(converter, street, tmp_path):
    Image.fromarray(street).save(tmp_path / "street.png")
    reported: list[tuple[float, str]] = []
    converter.convert_file(
        tmp_path / "street.png", tmp_path / "street.exr", progress=lambda share, stage: reported.append((share, stage))
    )
    shares, stages = zip(*reported, strict=True)
    assert stages == ("reading", "network", "reconstruction", "writing", "done")
    assert list(shares) == sorted(set(shares))
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("asked", range(4))
def test_cancelling_before_any_stage_leaves_nothing(converter, street, tmp_path, asked):
    source = tmp_path / "street.png"
    Image.fromarray(street).save(source)
    folder = tmp_path / "out"
    folder.mkdir()
    replies = iter([False] * asked + [True])
    with pytest.raises(ConversionCancelled):
        converter.convert_file(source, folder / "street.exr", cancelled=lambda: next(replies))
    assert list(folder.iterdir()) == []


def test_a_finished_conversion_is_not_cancelled(converter, street, tmp_path):
    source = tmp_path / "street.png"
    Image.fromarray(street).save(source)
    converter.convert_file(source, tmp_path / "street.exr", cancelled=lambda: (tmp_path / "street.exr").exists())
    assert (tmp_path / "street.exr").exists()


def test_the_image_itself_is_never_overwritten(converter, street, tmp_path):
    source = tmp_path / "street.png"
    Image.fromarray(street).save(source)
    data = source.read_bytes()
    (tmp_path / "link.exr").symlink_to(source)
    for output in (source, tmp_path / "link.exr"):
        with pytest.raises(OutputNotWritableError):
            converter.convert_file(source, output)
    assert source.read_bytes() == data


def test_a_image_that_cannot_be_read_leaves_the_old_result(converter, tmp_path):
    (tmp_path / "street.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a JPEG")
    (tmp_path / "street.exr").write_bytes(b"from last time")
    with pytest.raises(InputError):
        converter.convert_file(tmp_path / "street.jpg", tmp_path / "street.exr")
    assert (tmp_path / "street.exr").read_bytes() == b"from last time"
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".onnx") == ["street.exr", "street.jpg"]


def test_a_model_for_single_images_is_refused(make_model):
    with pytest.raises(WrongModelError, match="64x64, not panoramas"):
        load_converter(make_model(height=64, width=64))


def test_the_model_is_the_one_named_or_the_variable_s_or_the_package_s(tmp_path, monkeypatch):
    package = tmp_path / "checkout" / "lanet_core"
    package.mkdir(parents=True)
    monkeypatch.setattr(converter_module, "__file__", str(package / "pipeline" / "panorama_converter.py"))
    monkeypatch.delenv("LANET_MODEL", raising=False)
    with pytest.raises(ModelNotFoundError, match="LANET_MODEL"):
        find_model()
    for folder in (package.parent, package):  # a wheel's own model comes before one outside it
        model = folder / "models" / "panolanet.onnx"
        model.parent.mkdir()
        model.touch()
        assert find_model() == model
    monkeypatch.setenv("LANET_MODEL", str(tmp_path / "mine.onnx"))
    assert find_model() == tmp_path / "mine.onnx"
    assert find_model("yours.onnx") == Path("yours.onnx")


def test_the_package_exports_its_functions():
    assert lanet_core.load_converter is load_converter
    assert set(lanet_core.__all__) <= set(dir(lanet_core))
    with pytest.raises(AttributeError):
        lanet_core.absent  # noqa: B018 - the look-up is what is tested


def test_the_tiny_network_of_these_tests_is_what_the_converter_runs(converter, street):
    ldr_linear = linear(street)
    small = sphere.downsample(ldr_linear, 32, 64)
    np.testing.assert_allclose(converter.session.run(ldr_linear=small).log_hdr, tiny_network(small, 3.0), atol=1e-5)
