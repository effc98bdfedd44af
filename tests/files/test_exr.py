"""The EXR that write_exr leaves, read by OpenImageIO; and the checks before it writes."""

from __future__ import annotations

import numpy as np
import OpenImageIO
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lanet_core import errors
from lanet_core.files import open_exr, read_hdr, write_exr

LARGEST = float(np.finfo(np.float32).max)
MODEL = {"model_name": "panolanet 1.0", "model_sha256": "0123456789abcdef" * 4}


def light(height=32, width=64):
    return np.exp(np.random.default_rng(0).normal(-1, 3, (height, width, 3))).astype(np.float32)


def decoded_exr(path):
    image = OpenImageIO.ImageInput.open(str(path))
    assert image is not None, OpenImageIO.geterror()
    spec = image.spec()
    pixels = image.read_image(0, 0, 0, spec.nchannels, OpenImageIO.UNKNOWN)
    assert image.geterror() == ""
    image.close()
    return spec, pixels


@given(hnp.arrays(np.float32, (5, 6, 3), elements=st.floats(0, LARGEST, width=32)))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_floats_come_back_bit_for_bit(tmp_path, pixels):
    path = tmp_path / "light.exr"
    write_exr(path, pixels, **MODEL)
    spec, read = decoded_exr(path)
    assert tuple(spec.channelnames) == ("R", "G", "B")
    assert (spec.width, spec.height, str(spec.format)) == (6, 5, "float")
    np.testing.assert_array_equal(read.view(np.uint32), pixels.view(np.uint32))
    np.testing.assert_array_equal(read_hdr(path), pixels)


@pytest.mark.parametrize(
    "view", [lambda a: a[::-1], lambda a: a[:, ::2], lambda a: np.asfortranarray(a), lambda a: a.astype(np.float64)]
)
def test_any_memory_layout_and_float_type(tmp_path, view):
    pixels = view(light())
    write_exr(tmp_path / "light.exr", pixels, **MODEL)
    np.testing.assert_array_equal(decoded_exr(tmp_path / "light.exr")[1], pixels)


def test_the_header_shows_what_it_is(tmp_path):
    path = tmp_path / "light.exr"
    write_exr(path, light(), **MODEL, pose_heading_deg=123.5, attributes={"scene": "street", "exposure": 2.5})
    spec, _ = decoded_exr(path)
    assert spec.getattribute("compression") == "zip"
    assert spec.getattribute("textureformat") == "LatLong Environment"  # OpenImageIO's name of envmap = latlong
    np.testing.assert_allclose(
        spec.getattribute("chromaticities"), (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290), rtol=1e-6
    )
    assert spec.getattribute("lanetModel") == MODEL["model_name"]
    assert spec.getattribute("lanetModelSha256") == MODEL["model_sha256"]
    assert spec.getattribute("software") == "lanet"
    assert "relative luminance" in spec.getattribute("ImageDescription")  # its name of comments
    assert spec.getattribute("gpanoPoseHeadingDegrees") == 123.5
    assert (spec.getattribute("scene"), spec.getattribute("exposure")) == ("street", 2.5)
    assert spec.tile_width == 0


def test_no_heading_is_written_where_none_is_known(tmp_path):
    write_exr(tmp_path / "light.exr", light(), **MODEL)
    assert decoded_exr(tmp_path / "light.exr")[0].getattribute("gpanoPoseHeadingDegrees") is None


def test_half_floats_round_to_the_nearest(tmp_path):
    path = tmp_path / "light.exr"
    pixels = np.minimum(light(), 65504)
    pixels[0, 0] = 65504
    write_exr(path, pixels, half=True, **MODEL)
    spec, read = decoded_exr(path)
    assert str(spec.format) == "half"
    np.testing.assert_array_equal(read, pixels.astype(np.float16))
    assert read.max() == 65504


def test_half_is_refused_where_the_peak_would_be_lost(tmp_path):
    path = tmp_path / "light.exr"
    pixels = light()
    pixels[3, 4, 1] = 70000
    with pytest.raises(errors.OutputError, match="70000"):
        write_exr(path, pixels, half=True, **MODEL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1.0])
def test_values_that_are_no_light_are_not_written(tmp_path, value):
    pixels = light()
    pixels[3, 4, 1] = value
    with pytest.raises(errors.OutputError):
        write_exr(tmp_path / "light.exr", pixels, **MODEL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pixels", [np.ones((4, 8), "f4"), np.ones((4, 8, 4), "f4"), np.ones((4, 8, 3), int)])
def test_arrays_of_another_kind(tmp_path, pixels):
    with pytest.raises(ValueError, match="expected"):
        write_exr(tmp_path / "light.exr", pixels, **MODEL)


@pytest.mark.parametrize("rows", [1, 7, 16, 32])
@pytest.mark.parametrize("half", [False, True])
def test_strips_become_the_same_file_as_the_whole(tmp_path, rows, half):
    pixels = np.minimum(light(), 65504)
    write_exr(tmp_path / "whole.exr", pixels, half=half, **MODEL)
    with open_exr(tmp_path / "strips.exr", pixels.shape[:2], half=half, **MODEL) as writer:
        for start in range(0, len(pixels), rows):
            writer.write(pixels[start : start + rows])
    assert (tmp_path / "strips.exr").read_bytes() == (tmp_path / "whole.exr").read_bytes()


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(tmp_path, threads):
    write_exr(tmp_path / "light.exr", light(), **MODEL)
    write_exr(tmp_path / "other.exr", light(), threads=threads, **MODEL)
    assert (tmp_path / "other.exr").read_bytes() == (tmp_path / "light.exr").read_bytes()


def test_a_file_that_lacks_rows_does_not_appear(tmp_path):
    with (
        pytest.raises(ValueError, match="20 of 32 rows"),
        open_exr(tmp_path / "light.exr", (32, 64), **MODEL) as writer,
    ):
        writer.write(light()[:20])
    assert list(tmp_path.iterdir()) == []


def test_rows_beyond_the_last_and_of_another_width_are_refused(tmp_path):
    with open_exr(tmp_path / "light.exr", (32, 64), **MODEL) as writer:
        writer.write(light()[:20])
        for strip in (light()[:13], light()[20:, :63]):
            with pytest.raises(ValueError, match="n up to 12"):
                writer.write(strip)
        writer.write(light()[20:])
    np.testing.assert_array_equal(read_hdr(tmp_path / "light.exr"), light())


def test_a_bad_value_in_a_late_strip_leaves_what_was_there(tmp_path):
    path = tmp_path / "light.exr"
    path.write_bytes(b"old")
    pixels = light()
    pixels[31, 0, 0] = np.nan
    with pytest.raises(errors.OutputError, match="NaN"), open_exr(path, (32, 64), **MODEL) as writer:
        for start in range(0, 32, 8):
            writer.write(pixels[start : start + 8])
    assert [file.name for file in tmp_path.iterdir()] == ["light.exr"]
    assert path.read_bytes() == b"old"
