"""Printed paper in a photograph emits no light; lamps, windows and foliage are no paper."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lanet_core.colour import srgb_to_linear
from lanet_core.pipeline.image_converter import IMAGE_MODEL_FILE, load_image_converter
from lanet_core.pipeline.panorama_converter import find_model
from lanet_core.reconstruction.painted_areas import PaintedAreas, find_painted_areas_of_image

TEXT = "the quick brown fox jumps over the lazy dog"


def desk(width: int, height: int) -> Image.Image:
    grain = np.random.default_rng(4).normal((115.0, 85.0, 60.0), 5.0, (height, width, 3))
    return Image.fromarray(np.clip(np.rint(grain), 0, 255).astype(np.uint8))


def sheet(width: int, height: int, font_px: int, angle_deg: float = 0.0, code: int = 255, lines: int = 8):
    """A photograph of a sheet on a desk, and where the sheet is, (H, W) bool."""
    paper = Image.new("RGBA", (width // 2, int(0.85 * height)), (code, code, code, 255))
    draw = ImageDraw.Draw(paper)
    for line in range(lines):
        at = (0.08 * paper.width, (0.08 + 0.85 * line / lines) * paper.height)
        draw.text(at, TEXT[: int(1.5 * paper.width / font_px)], fill=(40, 40, 44), font_size=font_px)
    paper = paper.rotate(angle_deg, expand=True, resample=Image.Resampling.BICUBIC)
    photograph, corner = desk(width, height), ((width - paper.width) // 2, (height - paper.height) // 2)
    photograph.paste(paper, corner, paper)
    place = Image.new("L", (width, height), 0)
    place.paste(255, corner, paper.getchannel("A"))
    return np.asarray(photograph), np.asarray(place) > 250


def as_jpeg(codes: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def found(codes: np.ndarray) -> PaintedAreas:
    light = srgb_to_linear(codes / 255.0).astype(np.float32)
    return find_painted_areas_of_image(*codes.shape[:2], lambda first, end: light[first:end])


@pytest.mark.parametrize(("size", "font_px"), [((512, 256), 10), ((640, 480), 15), ((900, 1100), 26)])
@pytest.mark.parametrize(("angle_deg", "code", "quality"), [(0.0, 255, 60), (-4.0, 255, 90), (9.0, 235, 95)])
def test_paper_is_found_where_it_is(size, font_px, angle_deg, code, quality):
    codes, place = sheet(*size, font_px, angle_deg, code)
    codes = as_jpeg(codes, quality)
    areas = found(codes)
    assert len(areas.papers) == 1
    mask = areas.mask(srgb_to_linear(codes / 255.0).astype(np.float32), 0)
    bright = codes.min(axis=-1) > code - 15
    assert mask[place & bright].mean() > 0.99
    assert not mask[~place & ~bright].any()


def blank_wall() -> np.ndarray:
    codes = np.array(desk(512, 256))
    codes[30:220, 120:390] = 255
    return codes


def window_with_bars() -> np.ndarray:
    codes = blank_wall()
    codes[30:220:24], codes[:, 120:390:30] = 60, 60
    return codes


def foliage() -> np.ndarray:
    """A sky behind leaves of all sizes."""
    image = Image.fromarray(blank_wall())
    draw, rng = ImageDraw.Draw(image), np.random.default_rng(8)
    for x, y, radius in zip(
        rng.uniform(125, 385, 250), rng.uniform(35, 215, 250), 1.5 + rng.pareto(1.5, 250), strict=True
    ):
        draw.ellipse((x - radius, y - 0.7 * radius, x + radius, y + 0.7 * radius), fill=(40, 60, 30))
    return np.asarray(image)


def lit_sign() -> np.ndarray:
    image = Image.fromarray(blank_wall())
    ImageDraw.Draw(image).text((140, 90), "PHARMACY", fill=(20, 90, 40), font_size=48)
    return np.asarray(image)


@pytest.mark.parametrize("lights", [blank_wall, window_with_bars, foliage, lit_sign])
@pytest.mark.parametrize("quality", [60, 95])
def test_lights_are_no_paper(lights, quality):
    areas = found(as_jpeg(lights(), quality))
    assert areas.papers == () and areas.rectangles == ()


def test_bars_on_opposite_sides_are_painted_and_a_lone_ceiling_is_not():
    codes = np.array(desk(400, 300))
    codes[:24] = 255
    assert found(codes).rectangles == ()
    codes[276:] = 255
    mask = found(codes).mask(srgb_to_linear(codes / 255.0).astype(np.float32), 0)
    np.testing.assert_array_equal(mask, (codes == 255).all(axis=-1))


def test_a_sheet_of_a_large_photograph_is_found():
    codes, place = sheet(2600, 2100, 50, 3.0)
    mask = found(codes).mask(srgb_to_linear(codes / 255.0).astype(np.float32), 0)
    assert mask[place & (codes.min(axis=-1) == 255)].mean() > 0.99


def test_the_shipped_model_adds_no_light_to_paper_but_to_a_lamp_next_to_it():
    find_model(file=IMAGE_MODEL_FILE, variable="LANET_IMAGE_MODEL")
    codes, place = sheet(512, 256, 10)
    codes = np.array(codes)
    row, column = np.mgrid[:256, :512]
    lamp = (row - 60) ** 2 + (column - 450) ** 2 < 30**2
    codes[lamp] = 255
    codes = as_jpeg(codes, 90)
    conversion = load_image_converter(provider="cpu", threads=1).convert(codes)
    assert conversion.hdr[place].max() <= 1.2
    assert conversion.hdr[lamp].mean() > 1.3
    assert any("Printed paper" in warning for warning in conversion.warnings)
