"""OpenEXR files with layers, with several parts and with a data window that is smaller than the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO
import pytest

from lanet_core import errors
from lanet_core.files import read_hdr, read_ldr

SIZE = (32, 64)


def ramp(level: float) -> np.ndarray:
    """Return an image of its own level in each channel, (32, 64, 3) float32, exact in half floats."""
    return np.linspace(0.25, 0.5, 64, dtype=np.float16).astype(np.float32)[None, :, None] * level * np.ones((32, 1, 3))


def part(name: str, channels: dict[str, np.ndarray]) -> tuple[OpenImageIO.ImageSpec, np.ndarray]:
    spec = OpenImageIO.ImageSpec(SIZE[1], SIZE[0], len(channels), "half")
    spec.channelnames = tuple(channels)
    spec.attribute("oiio:subimagename", name)
    return spec, np.stack(list(channels.values()), axis=-1).astype(np.float32)


def write(path: Path, *parts: tuple[OpenImageIO.ImageSpec, np.ndarray]) -> Path:
    output = OpenImageIO.ImageOutput.create(str(path))
    specs = [spec for spec, _ in parts]
    assert output.open(str(path), specs if len(specs) > 1 else specs[0]), output.geterror()
    for number, (spec, pixels) in enumerate(parts):
        assert number == 0 or output.open(str(path), spec, "AppendSubimage"), output.geterror()
        assert output.write_image(np.ascontiguousarray(pixels)), output.geterror()
    output.close()
    return path


def layer(prefix: str, level: float, alpha: np.ndarray | None = None) -> dict[str, np.ndarray]:
    channels = {f"{prefix}{letter}": ramp(level)[..., number] for number, letter in enumerate("RGB")}
    return channels if alpha is None else channels | {f"{prefix}A": alpha}


@pytest.mark.parametrize("main", ["ViewLayer.Combined.", "ViewLayer.Combined.left.", "beauty.", ""])
def test_the_main_layer_is_read(tmp_path, main):
    channels = layer("Albedo.", 0.5) | layer(main, 1.0) | layer("ViewLayer.Denoising Albedo.", 0.25)
    path = write(tmp_path / "layers.exr", part("", channels))
    np.testing.assert_array_equal(read_hdr(path), ramp(1.0))
    image = read_ldr(path)
    np.testing.assert_array_equal(image.rgb_linear, ramp(1.0))
    assert image.warnings == ((f"The EXR has layers; {main[:-1]} was read.",) if main else ())


def test_the_alpha_is_that_of_the_layer(tmp_path):
    alpha = np.ones(SIZE)
    alpha[:10] = 0.0
    channels = {"A": np.ones(SIZE)} | layer("Combined.", 1.0, alpha) | {"Depth.Z": np.ones(SIZE)}
    image = read_ldr(write(tmp_path / "layers.exr", part("", channels)))
    np.testing.assert_array_equal(image.transparent, alpha == 0.0)


def test_the_part_with_the_image_is_read(tmp_path):
    parts = [part("Depth", {"Z": np.full(SIZE, 100.0)}), part("Colour", layer("", 1.0)), part("x", layer("", 0.5))]
    path = write(tmp_path / "parts.exr", *parts)
    np.testing.assert_array_equal(read_hdr(path), ramp(1.0))
    assert read_ldr(path).warnings == ("The EXR contains 2 images; only the first was read.",)


def test_a_grey_image(tmp_path):
    path = write(tmp_path / "grey.exr", part("", {"Y": ramp(1.0)[..., 0]}))
    np.testing.assert_array_equal(read_hdr(path), ramp(1.0))


def test_layers_of_which_none_stands_out_are_named(tmp_path):
    path = write(tmp_path / "layers.exr", part("", layer("left.", 1.0) | layer("right.", 0.5)))
    with pytest.raises(errors.UnsupportedFormatError, match=r"left\.B.*right\.R"):
        read_hdr(path)


def test_what_is_outside_the_data_window_was_not_captured(tmp_path):
    spec, pixels = part("", layer("", 1.0))
    spec.x, spec.y, spec.full_x, spec.full_y, spec.full_width, spec.full_height = 16, 8, 0, 0, 128, 64
    image = read_ldr(write(tmp_path / "crop.exr", (spec, pixels)))
    inside = np.zeros((64, 128), bool)
    inside[8:40, 16:80] = True
    np.testing.assert_array_equal(~image.transparent, inside)
    np.testing.assert_array_equal(image.rgb_linear[inside], pixels.reshape(-1, 3))


@pytest.mark.parametrize("names", ["rgba", ("Red", "Green", "Blue", "Alpha"), ("main.r", "main.g", "main.b", "main.a")])
def test_other_spellings_of_the_channels_are_read(tmp_path, names):
    alpha = np.ones(SIZE)
    alpha[:10] = 0.0
    planes = [*np.moveaxis(ramp(1.0) * np.array([1.0, 0.5, 0.25]), -1, 0), alpha]
    image = read_ldr(write(tmp_path / "a.exr", part("", dict(zip(names, planes, strict=True)))))
    np.testing.assert_allclose(image.rgb_linear[..., 2], ramp(0.25)[..., 0], rtol=1e-3)
    np.testing.assert_array_equal(image.transparent, alpha == 0.0)


def test_the_usual_spelling_precedes_another(tmp_path):
    channels = layer("", 1.0) | {"b": np.zeros(SIZE), "red": np.zeros(SIZE)}
    np.testing.assert_array_equal(read_hdr(write(tmp_path / "a.exr", part("", channels))), ramp(1.0))


def test_integers_are_named(tmp_path):
    spec, pixels = part("", layer("", 1.0))
    spec.set_format(OpenImageIO.UINT)
    with pytest.raises(errors.UnsupportedFormatError, match="integers"):
        read_ldr(write(tmp_path / "a.exr", (spec, pixels)))
