"""Painted areas: found to the pixel after compression, never in lights, and without influence on the rest."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lanet_core.colour import srgb_to_linear
from lanet_core.geometry import sphere
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.reconstruction.painted_areas import PaintedAreas, find_painted_areas

HEIGHT, WIDTH = 256, 512
ROW, COLUMN = np.mgrid[:HEIGHT, :WIDTH]


def scene(height: int = HEIGHT) -> np.ndarray:
    """A sky with a gradient and a clipped sun with glare, over a textured ground: uint8 sRGB."""
    directions = sphere.pixel_directions(height, 2 * height)
    cosine = directions @ np.array([0.8, 0.0, 0.6])
    sky = 60.0 + 70.0 * np.abs(directions[..., 0]) + 400.0 * np.maximum(cosine, 0.0) ** 60
    coarse = np.random.default_rng(3).uniform(20.0, 110.0, (height // 4, height // 2))
    level = np.where(directions[..., 2] > 0.0, sky, np.kron(coarse, np.ones((4, 4))))
    return np.clip(np.rint(level[..., None] * np.array([0.9, 1.0, 1.0])), 0, 255).astype(np.uint8)


def as_jpeg(codes: np.ndarray, quality: int, subsampling: int = 0) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file))


def linear(codes: np.ndarray) -> np.ndarray:
    return srgb_to_linear(codes / 255.0).astype(np.float32)


def found(codes: np.ndarray) -> PaintedAreas:
    light = linear(codes)
    return find_painted_areas(*codes.shape[:2], lambda first, end: light[first:end])


def mask_of(codes: np.ndarray) -> np.ndarray:
    mask = found(codes).mask(linear(codes), 0)
    return np.zeros(codes.shape[:2], dtype=bool) if mask is None else mask


REGIONS = {
    "nadir patch": ROW >= 229,
    "bars": (ROW < 30) | (ROW >= 227),
    "margin": (ROW < 7) | (ROW >= 249) | (COLUMN < 7) | (COLUMN >= 505),
    "label": (ROW >= 150) & (ROW < 187) & (COLUMN >= 61) & (COLUMN < 231),
}


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(("code", "quality"), [(255, 60), (238, 90), (205, 97)])
def test_a_region_is_found_to_the_pixel(region, code, quality):
    codes = scene()
    codes[REGIONS[region]] = code
    np.testing.assert_array_equal(mask_of(as_jpeg(codes, quality, 2)), REGIONS[region])


@pytest.mark.parametrize(("rows", "quality"), [(4, 60), (5, 85), (5, 40), (11, 40)])
def test_a_bar_within_a_block_of_a_jpeg_is_found(rows, quality):
    codes = scene()
    codes[200:] = (130, 100, 80)
    codes[-rows:] = codes[:rows] = 255
    areas = found(as_jpeg(codes, quality, subsampling=2))
    assert [(area.top, area.bottom) for area in areas.rectangles] == [(0, rows), (HEIGHT - rows, HEIGHT)]


def test_dark_letters_are_part_of_the_area():
    image = Image.fromarray(scene())
    draw = ImageDraw.Draw(image)
    draw.rectangle((61, 150, 230, 186), fill=(255, 255, 255))
    draw.text((70, 160), "Drag to look around  >", fill=(30, 30, 30))
    np.testing.assert_array_equal(mask_of(as_jpeg(np.asarray(image), 85)), REGIONS["label"])
    codes = scene()
    codes[REGIONS["nadir patch"]] = 255
    codes[(ROW >= 235) & (ROW < 246) & (COLUMN // 14 % 3 == 1)] = (60, 60, 70)
    np.testing.assert_array_equal(mask_of(as_jpeg(codes, 85)), REGIONS["nadir patch"])


@pytest.mark.parametrize(("top", "words", "size"), [(200, "STOCK  PREVIEW  " * 2, 24), (90, "STOCK PREVIEW", 56)])
def test_a_watermark_is_found(top, words, size):
    text = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(text).text((20, top), words, fill=255, font_size=size)
    letters = np.asarray(text) > 60
    codes = scene()
    codes[letters] = 255
    codes = as_jpeg(codes, 90)
    mask = mask_of(codes)
    assert mask[letters & (codes.min(axis=-1) > 240)].mean() > 0.95
    assert not (mask & ~letters).any()


def test_large_panoramas_have_exact_edges():
    codes = scene(1536)
    codes[1536 - 203 :] = 255
    codes[905:1107, 301:1404] = 255
    expected = np.zeros(codes.shape[:2], dtype=bool)
    expected[1536 - 203 :] = expected[905:1107, 301:1404] = True
    np.testing.assert_array_equal(mask_of(codes), expected)


def lamp_in_the_zenith() -> np.ndarray:
    codes = np.full((HEIGHT, WIDTH, 3), 90, dtype=np.uint8)
    codes[:14] = 255
    codes[128:] = 50
    return codes


def window() -> np.ndarray:
    """A clipped rectangular window of a wall, with the edges that a camera sees."""
    x, y, z = np.moveaxis(sphere.pixel_directions(HEIGHT, WIDTH), -1, 0)
    seen = (x > 0.0) & (np.abs(y) < 0.9 * x) & (z < 0.8 * x) & (z > -0.2 * x)
    codes = scene()
    codes[seen] = 255
    return codes


def white_sky_above_the_sea() -> np.ndarray:
    codes = scene()
    codes[: HEIGHT // 2] = 255
    return codes


def white_ground() -> np.ndarray:
    """Clipped ground around the nadir that ends in sunlit grass."""
    up = sphere.pixel_directions(HEIGHT, WIDTH)[..., 2]
    ragged = np.random.default_rng(2).uniform(-0.08, 0.08, (HEIGHT, WIDTH))
    codes = scene()
    codes[up + ragged < -0.85] = 255
    return codes


@pytest.mark.parametrize("lights", [scene, lamp_in_the_zenith, window, white_sky_above_the_sea, white_ground])
@pytest.mark.parametrize("quality", [70, 95, None])
def test_lights_are_no_painted_areas(lights, quality):
    codes = lights() if quality is None else as_jpeg(lights(), quality)
    areas = found(codes)
    assert areas.rectangles == () and areas.letters == () and areas.patches == ()


def ground_plane() -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel below the horizon meets the ground, in heights of the camera; far away above it."""
    x, y, z = np.moveaxis(sphere.pixel_directions(HEIGHT, WIDTH), -1, 0)
    below = np.maximum(-z, 1e-3)
    return x / below, y / below


NADIR_PATCHES = {
    "square": lambda x, y: (np.abs(x) < 0.5) & (np.abs(y) < 0.4),
    "hexagon": lambda x, y: np.maximum(np.abs(x), np.abs(x / 2) + np.abs(y) * 0.87) < 0.45,
    "disc next to the nadir": lambda x, y: np.hypot(x - 0.15, y + 0.1) < 0.45,
    "long logo": lambda x, y: (np.abs(x) < 0.35) & (np.abs(y) < 0.12),
    "square with a dark mark": lambda x, y: (np.maximum(np.abs(x), np.abs(y)) < 0.5) & (np.hypot(3 * y, x) > 0.25),
    "disc with a dark ring": lambda x, y: (np.hypot(x, y) < 0.4) & (np.abs(np.hypot(x, y) - 0.25) > 0.03),
}


@pytest.mark.parametrize("shape", NADIR_PATCHES)
@pytest.mark.parametrize(("code", "quality"), [(255, 60), (238, 90)])
def test_a_patch_at_the_nadir_is_found(shape, code, quality):
    patch = NADIR_PATCHES[shape](*ground_plane())
    codes = scene()
    codes[patch] = code
    mask = mask_of(as_jpeg(codes, quality))
    assert mask[patch].mean() > 0.95
    assert mask[~patch].mean() < 0.01
    assert any("patch at the nadir" in text for text in found(codes).warnings())


@pytest.mark.parametrize("region", REGIONS)
def test_the_light_elsewhere_is_that_of_the_image_with_a_grey_region(make_model, region):
    converter = load_converter(make_model(), threads=1)
    white, grey = scene(), scene()
    white[REGIONS[region]], grey[REGIONS[region]] = 255, 124
    result, reference = converter.convert(white), converter.convert(grey)
    mask = REGIONS[region]
    np.testing.assert_array_equal(result.hdr[mask], linear(white)[mask])
    np.testing.assert_allclose(result.hdr[~mask], reference.hdr[~mask], rtol=1e-3)
    assert result.hdr[~mask].max() > 1.5  # the sun has its light
    assert result.white_level == reference.white_level
    assert any("no light" in warning for warning in result.warnings)
    assert not any("no light" in warning for warning in reference.warnings)
