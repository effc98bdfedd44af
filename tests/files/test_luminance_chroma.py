"""OpenEXR files with luminance and chroma in place of red, green and blue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from luminance_chroma_files import write_channels

from lanet_core.colour import REC709_CHROMATICITIES
from lanet_core.errors import UnsupportedFormatError
from lanet_core.files import read_hdr, read_ldr
from lanet_core.files.primaries import rgb_to_xyz, to_rec709

SIZE = (64, 128)
P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)


def smooth() -> np.ndarray:
    """Return an image whose chroma loses nothing at half of the resolution."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    rgb = [0.4 + 0.3 * np.cos(2.0 * np.pi * x / SIZE[1]), 0.3 + 0.4 * y / SIZE[0], 0.5 + 0.0 * x]
    return np.stack(rgb, axis=-1)


def channels(rgb: np.ndarray, chromaticities=REC709_CHROMATICITIES, step: int = 2) -> dict[str, tuple[np.ndarray, int]]:
    """Return Y, (R - Y) / Y and (B - Y) / Y, with the weights of the primaries."""
    luminance = rgb @ rgb_to_xyz(chromaticities)[1]
    red, blue = ((rgb[..., each] - luminance) / luminance for each in (0, 2))
    return {"Y": (luminance, 1), "RY": (red[::step, ::step], step), "BY": (blue[::step, ::step], step)}


@pytest.mark.parametrize("chromaticities", [None, P3])
def test_luminance_and_chroma_are_read_as_rgb(tmp_path, chromaticities):
    header = {} if chromaticities is None else {"chromaticities": chromaticities}
    write_channels(tmp_path / "a.exr", SIZE, channels(smooth(), chromaticities or REC709_CHROMATICITIES), **header)
    expected = smooth() if chromaticities is None else np.maximum(smooth() @ to_rec709(P3).T, 0.0)
    np.testing.assert_allclose(read_hdr(tmp_path / "a.exr"), expected, atol=0.006)
    if chromaticities is None:
        np.testing.assert_allclose(read_ldr(tmp_path / "a.exr").rgb_linear, expected, atol=0.006)


def test_alpha_is_read_without_writing_beyond_memory(tmp_path):
    alpha = np.ones(SIZE)
    alpha[:8] = 0.0
    write_channels(tmp_path / "a.exr", SIZE, {**channels(smooth()), "A": (alpha, 1)})
    for _ in range(20):
        np.testing.assert_allclose(read_hdr(tmp_path / "a.exr"), smooth(), atol=0.006)
    image = read_ldr(tmp_path / "a.exr")
    assert image.transparent is not None
    np.testing.assert_array_equal(image.transparent, alpha == 0.0)


def test_chroma_next_to_a_sun_leaves_no_negative_light(tmp_path):
    rgb = np.full((*SIZE, 3), (0.02, 0.1, 0.3))
    rgb[20:30, 40:60] = (1.0, 0.5, 0.05)
    write_channels(tmp_path / "a.exr", SIZE, channels(rgb))
    read = read_hdr(tmp_path / "a.exr")
    assert read.min() >= 0.0
    np.testing.assert_allclose(read[25, 50], rgb[25, 50], atol=0.06)  # chroma that was not filtered rings


def write_unsampled(path: Path, **attributes: int) -> None:
    spec = OpenImageIO.ImageSpec(SIZE[1], SIZE[0], 3, "half")
    spec.channelnames = ("Y", "RY", "BY")
    for name, value in attributes.items():
        setattr(spec, name, value)
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.full((*SIZE, 3), 0.2, np.float32))
    output.close()


@pytest.mark.parametrize(
    ("attributes", "what"),
    [({}, "another size"), ({"tile_width": 32, "tile_height": 32}, "tiles"), ({"x": 8}, "data window")],
)
def test_chroma_that_openexr_does_not_reconstruct_is_named(tmp_path, attributes, what):
    write_unsampled(tmp_path / "a.exr", **attributes)
    with pytest.raises(UnsupportedFormatError, match=what) as caught:
        read_ldr(tmp_path / "a.exr")
    assert "Export it as RGB" in str(caught.value)


def test_other_subsampled_channels_are_named(tmp_path):
    grey = np.full(SIZE, 0.5)
    write_channels(tmp_path / "a.exr", SIZE, {"R": (grey, 1), "G": (grey[::2, ::2], 2), "B": (grey, 1)})
    with pytest.raises(UnsupportedFormatError, match="different resolutions"):
        read_ldr(tmp_path / "a.exr")


def test_luminance_alone_is_a_grey_image(tmp_path):
    luminance = smooth()[..., 0]
    write_channels(tmp_path / "a.exr", SIZE, {"Y": (luminance, 1)})
    np.testing.assert_allclose(read_ldr(tmp_path / "a.exr").rgb_linear, luminance[..., None].repeat(3, -1), atol=1e-3)
