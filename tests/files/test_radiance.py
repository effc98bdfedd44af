"""Radiance files as results: the nearest colours that the format holds, read by OpenImageIO."""

from __future__ import annotations

import numpy as np
import OpenImageIO
import pytest

from lanet_core import errors
from lanet_core.files import open_radiance, read_hdr
from lanet_core.files.radiance import read_variable, rounded_to_rgbe


def light(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((40, 64, 3)) * np.exp(rng.normal(0.0, 4.0, (40, 64, 1)))).astype(np.float32)


def write(path, pixels: np.ndarray, rows: int = 16) -> None:
    with open_radiance(path, pixels.shape[:2]) as writer:
        for first in range(0, len(pixels), rows):
            writer.write(pixels[first : first + rows])


def test_every_pixel_is_the_nearest_that_the_format_holds(tmp_path):
    write(tmp_path / "light.hdr", light())
    read = read_hdr(tmp_path / "light.hdr")
    step = np.exp2(np.floor(np.log2(light().max(axis=-1, keepdims=True))) - 7)
    assert (np.abs(read - light()) <= 0.5 * step * 1.001).mean() > 0.999
    assert np.abs(read - light()).max() <= np.max(step)
    assert (
        np.log2((read + 1e-12) / (light() + 1e-12))[light() > 0.3 * light().max(axis=-1, keepdims=True)]
    ).mean() == (pytest.approx(0.0, abs=1e-4))


def test_rounding_beyond_a_power_of_two_and_black():
    values = np.array([[255.9, 100.0, 3.0], [0.0, 0.0, 0.0], [1e-38, 0.0, 0.0], [1.0, 0.5, 0.25]], dtype=np.float32)
    rounded = rounded_to_rgbe(values)
    np.testing.assert_array_equal(rounded[0], [256.0, 100.0, 4.0])
    np.testing.assert_array_equal(rounded[1:3], 0.0)
    np.testing.assert_array_equal(rounded[3], values[3])


def test_a_row_of_black_and_a_sun_read_back(tmp_path):
    pixels = light()
    pixels[5] = 0.0
    pixels[6, 7] = (3e6, 2e6, 1e6)
    write(tmp_path / "light.hdr", pixels)
    image = OpenImageIO.ImageInput.open(str(tmp_path / "light.hdr"))
    read = image.read_image(0, 0, 0, 3, OpenImageIO.FLOAT)
    image.close()
    np.testing.assert_array_equal(read, rounded_to_rgbe(pixels))
    assert read[6, 7, 0] == pytest.approx(3e6, rel=0.004)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_invalid_values_leave_nothing(tmp_path, value):
    pixels = light()
    pixels[20, 3, 1] = value
    with pytest.raises(errors.OutputError):
        write(tmp_path / "light.hdr", pixels)
    assert list(tmp_path.iterdir()) == []


def test_missing_rows_leave_nothing(tmp_path):
    with pytest.raises(ValueError, match="16 of 40"), open_radiance(tmp_path / "light.hdr", (40, 64)) as writer:
        writer.write(light()[:16])
    assert list(tmp_path.iterdir()) == []


def test_variables_of_the_header_change_no_pixel(tmp_path):
    write(tmp_path / "plain.hdr", light())
    rng = np.random.default_rng(3)
    wide = (rng.random((700, 1400, 3)) + 0.1).astype(np.float32)  # more than a block of the file
    for pixels in (light(), wide):
        with open_radiance(tmp_path / "light.hdr", pixels.shape[:2], {"lanetModel": "a = b", "x": "é"}) as writer:
            writer.write(pixels)
        np.testing.assert_array_equal(read_hdr(tmp_path / "light.hdr"), rounded_to_rgbe(pixels))
        assert (tmp_path / "light.hdr").read_bytes().startswith(b"#?RADIANCE\nlanetModel=a = b\nx=\xc3\xa9\n")
    assert read_variable(tmp_path / "light.hdr", "lanetModel") == "a = b"
    assert read_variable(tmp_path / "light.hdr", "x") == "é"
    assert read_variable(tmp_path / "light.hdr", "lanet") is None
    assert read_variable(tmp_path / "plain.hdr", "lanetModel") is None


def test_damaged_headers_have_no_variable(tmp_path):
    for number, data in enumerate((b"", b"#?RADIANCE\nx=1", b"x=1\n\n", b"\xff" * 40)):
        path = tmp_path / f"{number}.hdr"
        path.write_bytes(data)
        assert read_variable(path, "x") is None
