"""Black bars at the edges of an image are margins that were not captured; black parts of a scene are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from PIL import Image

from lanet_core.errors import NotEquirectangularError
from lanet_core.files import read_ldr
from lanet_core.pipeline.panorama import Panorama, panorama_from_image


def scene(height: int = 128) -> np.ndarray:
    """Return a noisy sphere without a step at its seam, (H, 2 H, 3) uint8."""
    x, y = np.meshgrid(np.linspace(0.0, 2.0 * np.pi, 2 * height, endpoint=False), np.linspace(0.0, np.pi, height))
    waves = 130.0 + 50.0 * np.cos(x + 1.0) * np.sin(y) + 30.0 * np.cos(y) + 20.0 * np.sin(3.0 * x) * np.sin(y)
    noise = np.random.default_rng(4).normal(0.0, 6.0, (height, 2 * height, 3))
    return np.clip(waves[..., None] + noise, 12, 255).astype(np.uint8)


def panorama(path: Path, pixels: np.ndarray, **options) -> Panorama:
    Image.fromarray(pixels).save(path, **options)
    return panorama_from_image(read_ldr(path))


@pytest.mark.parametrize("code", [0, 2])
@pytest.mark.parametrize(
    ("rows", "columns"), [((0, 0), (60, 60)), ((28, 28), (0, 0)), ((0, 22), (0, 0)), ((18, 40), (42, 66))]
)
@pytest.mark.parametrize(("name", "options"), [("bars.png", {}), ("bars.jpg", {"quality": 85})])
def test_bars_are_not_captured(tmp_path, code, rows, columns, name, options):
    (top, bottom), (left, right) = rows, columns
    height, width = 256, 512
    pixels = np.full((height, width, 3), code, np.uint8)
    inside = (slice(top, height - bottom), slice(left, width - right))
    whole = scene(height)
    pixels[inside] = whole[inside]
    found = panorama(tmp_path / name, pixels, **options)
    edges = zip(("top", "bottom", "left", "right"), (top, bottom, left, right), strict=True)
    text = next(warning for warning in found.warnings if "not captured" in warning)
    assert all((name in text) == (size > 0) for name, size in edges), text
    missing = ~found.captured
    assert missing[:top].all() and missing[height - bottom :].all() and missing[:, :left].all()
    grown = (slice(top + 3, height - bottom - 3), slice(left + 3, width - right - 3))
    assert not missing[grown].any()
    expected = panorama(tmp_path / "whole.png", whole).rgb_linear
    np.testing.assert_allclose(found.rgb_linear[missing].mean(), expected[missing].mean(), rtol=0.15)


@pytest.mark.parametrize(("size", "quality"), [(4, 85), (7, 60), (12, 40), (15, 85)])
def test_a_bar_within_a_block_of_a_jpeg_is_not_captured(tmp_path, size, quality):
    pixels = scene(256)
    pixels[:size] = pixels[:, -size:] = 0
    found = panorama(tmp_path / "bars.jpg", pixels, quality=quality, subsampling=2)
    assert found.captured is not None
    assert not found.captured[:size].any() and not found.captured[:, -size:].any()
    assert found.captured[size + 2 :, : -size - 2].all()


def test_transparent_margins_are_no_bars(tmp_path):
    pixels = np.dstack([scene(), np.full((128, 256), 255, np.uint8)])
    pixels[:20] = 0
    found = panorama(tmp_path / "margin.png", pixels)
    assert not found.captured[:20].any() and not any("bars" in text for text in found.warnings)


def test_bars_of_16_bits(tmp_path):
    pixels = scene().astype(np.uint16) * 257
    pixels[:, :30] = pixels[:, -30:] = 0
    path = tmp_path / "bars.tif"
    output = OpenImageIO.ImageOutput.create(str(path))
    output.open(str(path), OpenImageIO.ImageSpec(256, 128, 3, "uint16"))
    output.write_image(pixels)
    output.close()
    assert not panorama_from_image(read_ldr(path)).captured[:, :30].any()


def night(kind: str) -> np.ndarray:
    pixels = scene()
    columns = np.arange(256)
    if kind == "half":  # a black sky to the horizon, as of a rendered scene
        pixels[:64] = 0
    elif kind == "skyline":
        edge = 50 + 5 * np.sin(columns / 9.0) + 3 * np.sin(columns / 2.3)
        pixels[np.arange(128)[:, None] < edge] = 0
    elif kind == "space":
        pixels[:] = 0
        pixels[40:70, 100:150] = scene()[40:70, 100:150]
    elif kind == "noise":  # dark, and not of one code
        pixels[:40] = np.random.default_rng(1).integers(0, 3, (40, 256, 3))
    elif kind == "dim":  # a dark sky that brightens
        pixels[:12] = np.random.default_rng(1).integers(0, 3, (12, 256, 3))
        pixels[12:24] = np.arange(12)[:, None, None] * 5
    else:
        pixels[:] = 0
    return pixels


@pytest.mark.parametrize("kind", ["half", "skyline", "space", "noise", "dim", "black"])
def test_black_parts_of_a_scene_are_no_bars(tmp_path, kind):
    found = panorama(tmp_path / "night.png", night(kind))
    assert found.captured is None and not any("not captured" in text for text in found.warnings)


@pytest.mark.parametrize("kind", ["letterbox", "left"])
def test_bars_of_an_image_that_is_refused_are_named(tmp_path, kind):
    pixels = np.zeros((288, 512, 3), np.uint8)
    if kind == "letterbox":  # a 2:1 panorama in a frame of 16:9
        pixels[16:272] = scene(256)
    else:
        pixels = scene(256)
        pixels[:, :40] = 0
    with pytest.raises(NotEquirectangularError, match="black bars"):
        panorama(tmp_path / "bars.jpg", pixels, quality=90)
