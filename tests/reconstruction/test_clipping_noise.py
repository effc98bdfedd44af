"""Noise of compression at the edges of clipped areas does not reach the network; edges and textures do."""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from PIL import Image

from lanet_core.colour import quantise_srgb8
from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import diffuse_irradiance
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.reconstruction.clipping_noise import without_clipping_noise


def disc(radius_deg: float) -> np.ndarray:
    """Which pixels of a panorama are in a disc, (64, 128) bool."""
    return sphere.pixel_directions(64, 128) @ np.array([0.8, 0.0, 0.6]) > np.cos(np.radians(radius_deg))


def clipped_disc(specks: float = 1.0) -> np.ndarray:
    """A clipped disc of 20° with an exposed surrounding and single pixels of another level, (64, 128, 3) float32."""
    panorama = np.where(disc(20.0)[..., None], 1.0, 0.4).astype(np.float32).repeat(3, axis=-1)
    rows, columns = np.nonzero(disc(15.0))
    panorama[rows[::7], columns[::7]] = specks
    return panorama


def test_pixels_a_little_below_white_amid_white_become_white():
    np.testing.assert_array_equal(without_clipping_noise(clipped_disc(0.87)), clipped_disc())


@pytest.mark.parametrize("specks", [1.0, 0.75])
def test_edges_and_darker_pixels_stay(specks):
    np.testing.assert_array_equal(without_clipping_noise(clipped_disc(specks)), clipped_disc(specks))


def test_it_wraps_in_azimuth():
    turned = np.roll(without_clipping_noise(np.roll(clipped_disc(0.87), 64, axis=1)), -64, axis=1)
    np.testing.assert_array_equal(turned, clipped_disc())


def small_world(name: str, width: int) -> np.ndarray:
    """A world of Blender's, exposed as a photograph of that width: uint8."""
    pytest.importorskip("bpy")
    [path] = Path(find_spec("bpy").origin).parent.glob(f"*/datafiles/studiolights/world/{name}.exr")
    hdr = OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT)[..., :3]
    hdr = sphere.downsample(np.ascontiguousarray(hdr), width // 2, width)
    return quantise_srgb8(np.clip(hdr * (0.2 / np.median(hdr.mean(axis=-1))), 0.0, 1.0))


@pytest.mark.parametrize(
    ("name", "width"), [("sunrise", 256), ("sunrise", 128), ("sunset", 256), ("city", 256), ("forest", 128)]
)
def test_a_small_jpeg_has_the_light_of_its_png(name, width):
    codes = small_world(name, width)
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "JPEG", quality=85, subsampling=2)
    converter = load_converter(provider="cpu", threads=1)
    light, reference = (
        diffuse_irradiance(converter.convert(each).hdr).mean(axis=-1) for each in (np.asarray(Image.open(file)), codes)
    )
    assert np.abs(np.log2(light / reference)).mean() < 0.12
