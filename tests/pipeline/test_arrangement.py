"""What an image shows of the sphere: stereo pairs, cube maps, stretched spheres, and what is no panorama."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lanet_core import errors
from lanet_core.files import CroppedArea, GPano, LdrImage
from lanet_core.geometry import sphere
from lanet_core.pipeline.panorama import panorama_from_image
from lanet_core.pipeline.reading_options import ReadingOptions

FORCE = ReadingOptions(force=True)


def radiance(directions: np.ndarray) -> np.ndarray:
    """A scene by its directions: bright above, dark below, with uneven surroundings."""
    x, y, z = np.moveaxis(directions, -1, 0)
    waves = 0.15 * np.sin(5 * x + 1) * np.cos(4 * y) + 0.1 * np.sin(9 * y - 3 * z) * np.cos(7 * x)
    level = 0.45 + 0.2 * z + 0.12 * y + waves
    return np.clip(np.stack([level, level * 0.9 + 0.05 * x, level * 0.8 + 0.05 * y], axis=-1), 0, 1).astype(np.float32)


def panorama(height: int = 128, width: int | None = None) -> np.ndarray:
    return radiance(sphere.pixel_directions(height, width or 2 * height))


def photograph(height: int = 128, width: int = 256) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-0.5, 0.5, height))
    view = np.stack([np.ones_like(x), -1.2 * x, -1.2 * y], axis=-1)
    return radiance(view / np.linalg.norm(view, axis=-1, keepdims=True))


def fisheye(side: int, back: bool, field_deg: float = 190.0) -> np.ndarray:
    u, v = np.meshgrid(*[(np.arange(side) + 0.5) / side * 2 - 1] * 2)
    radius = np.hypot(u, v)
    angle = radius * np.radians(field_deg / 2)
    scale = np.sin(angle) / np.maximum(radius, 1e-9)
    sign = -1.0 if back else 1.0
    view = np.stack([sign * np.cos(angle), -sign * u * scale, -v * scale], -1)
    return np.where((radius <= 1)[..., None], radiance(view), 0).astype(np.float32)


def ldr_image(rgb_linear: np.ndarray, **attributes) -> LdrImage:
    return LdrImage(np.ascontiguousarray(rgb_linear, dtype=np.float32), Path("street.jpg"), **attributes)


def refused(rgb_linear: np.ndarray, *words: str, options: ReadingOptions | None = None) -> None:
    with pytest.raises(errors.NotEquirectangularError) as caught:
        panorama_from_image(ldr_image(rgb_linear), options)
    for word in ("street.jpg", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize("height", [64, 128, 500])
def test_a_panorama_is_one(height):
    result = panorama_from_image(ldr_image(panorama(height)))
    assert result.warnings == ()
    np.testing.assert_array_equal(result.rgb_linear, panorama(height))


@pytest.mark.parametrize("turn", [13, 64, 200])
def test_a_turned_panorama_is_one(turn):
    assert panorama_from_image(ldr_image(np.roll(panorama(), turn, axis=1))).warnings == ()


@pytest.mark.parametrize("border", [1, 2])
def test_a_dark_border_at_the_seam_is_no_seam(border):
    rgb = panorama()
    rgb[:, -border:] = 0.0
    assert panorama_from_image(ldr_image(rgb)).warnings == ()


def test_a_seam_that_stays_visible_is_warned_of():
    rgb = panorama()
    rgb[20:108] *= np.linspace(0.4, 1.0, 256)[:, None]  # the poles stay points
    (warning,) = panorama_from_image(ldr_image(rgb)).warnings
    assert "edge" in warning
    assert "seam" in warning


def test_a_photograph_is_named_and_force_converts_it():
    refused(photograph(), "edge", "--image", "--force")
    result = panorama_from_image(ldr_image(photograph()), FORCE)
    np.testing.assert_array_equal(result.rgb_linear, photograph())
    assert "edges do not meet" in result.warnings[0]


def test_an_array_is_what_its_program_declares():
    assert panorama_from_image(LdrImage(photograph())).warnings == ()


@pytest.mark.parametrize("field_deg", [180.0, 190.0, 200.0])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_two_fisheye_circles_are_named(field_deg, noise):
    circles = np.hstack([fisheye(128, back, field_deg) for back in (False, True)])
    circles = np.clip(circles + noise * np.random.default_rng(0).random(circles.shape), 0, 1)
    refused(circles, "fisheye", "Stitch", "--force")
    assert "fisheye" in panorama_from_image(ldr_image(circles), FORCE).warnings[0]


def test_a_night_is_no_fisheye():
    assert panorama_from_image(ldr_image(panorama() * 0.004)).warnings == ()


def other_eye(rgb: np.ndarray) -> np.ndarray:
    return np.roll(rgb, 2, axis=1) * 0.97


@pytest.mark.parametrize(
    ("stack", "first", "second"), [(np.vstack, "top", "bottom"), (np.hstack, "left", "right")], ids=["over", "beside"]
)
def test_a_stereo_panorama_gives_one_eye(stack, first, second):
    both = ldr_image(stack([panorama(), other_eye(panorama())]))
    default = panorama_from_image(both)
    np.testing.assert_array_equal(default.rgb_linear, panorama())
    assert "stereo" in default.warnings[0]
    assert first in default.warnings[0]
    chosen = panorama_from_image(both, ReadingOptions(eye=second))
    np.testing.assert_array_equal(chosen.rgb_linear, other_eye(panorama()))
    assert second in chosen.warnings[0]


def test_left_and_right_are_top_and_bottom_where_the_eyes_are_stacked():
    both = ldr_image(np.vstack([panorama(), other_eye(panorama())]))
    result = panorama_from_image(both, ReadingOptions(eye="right"))
    np.testing.assert_array_equal(result.rgb_linear, other_eye(panorama()))


def test_a_square_that_is_no_stereo_is_refused():
    refused(radiance(np.dstack([*np.mgrid[-1:1:128j, -1:1:128j], np.ones((128, 128))])), "1:1", "2:1")


def test_vr180_is_named_and_an_eye_becomes_half_a_sphere():
    front = panorama()[:, 64:192]
    both = np.hstack([front, other_eye(front)])
    refused(both, "VR180", "--eye")
    result = panorama_from_image(ldr_image(both), ReadingOptions(eye="left"))
    assert (result.height, result.width) == (128, 256)
    np.testing.assert_array_equal(result.rgb_linear[:, 64:192], front)
    np.testing.assert_array_equal(result.captured, np.broadcast_to(np.abs(np.arange(256) - 127.5) < 64, (128, 256)))


def test_squeezed_stereo_is_named_and_stretched():
    squeezed = panorama(256)[::2]  # 128 rows for 512 columns
    both = np.vstack([squeezed, other_eye(squeezed)])
    refused(both, "squeezed", "--eye")
    result = panorama_from_image(ldr_image(both), ReadingOptions(eye="top"))
    assert (result.height, result.width) == (256, 512)
    assert np.abs(result.rgb_linear - panorama(256)).mean() < 0.01


def test_an_eye_of_another_ratio_is_refused():
    refused(panorama(100, 330), "ratio", options=ReadingOptions(eye="left"))


def face(name: str, side: int) -> np.ndarray:
    """A cube's face seen from inside, by its definition: right and down from the middle."""
    u, v = np.meshgrid(*[(np.arange(side) + 0.5) / side * 2 - 1] * 2)
    one = np.ones_like(u)
    view = {
        "front": (one, -u, -v), "back": (-one, u, -v), "left": (u, one, -v),
        "right": (-u, -one, -v), "up": (v, -u, one), "down": (-v, -u, -one),
    }[name]  # fmt: skip
    view = np.stack(view, axis=-1)
    return radiance(view / np.linalg.norm(view, axis=-1, keepdims=True))


def cube(layout: str, side: int = 96, background: float = 0.0) -> np.ndarray:
    faces = {name: face(name, side) for name in ("front", "back", "left", "right", "up", "down")}
    order = ("right", "left", "up", "down", "front", "back")
    if layout == "row":
        return np.hstack([faces[name] for name in order])
    if layout == "column":
        return np.vstack([faces[name] for name in order])
    cells = {"up": (0, 1), "left": (1, 0), "front": (1, 1), "right": (1, 2), "down": (2, 1)}
    cells["back"] = (1, 3) if layout == "horizontal cross" else (3, 1)
    rows, columns = (3, 4) if layout == "horizontal cross" else (4, 3)
    image = np.full((rows * side, columns * side, 3), background, dtype=np.float32)
    for name, (row, column) in cells.items():
        turned = faces[name][::-1, ::-1] if name == "back" and rows == 4 else faces[name]
        image[row * side : (row + 1) * side, column * side : (column + 1) * side] = turned
    return image


@pytest.mark.parametrize("layout", ["horizontal cross", "vertical cross", "row", "column"])
@pytest.mark.parametrize("background", [0.0, 1.0])
def test_cube_maps_are_named_and_converted(layout, background):
    image = cube(layout, background=background)
    refused(image, "cube map", layout, "--force")
    result = panorama_from_image(ldr_image(image), FORCE)
    assert (result.height, result.width) == (192, 384)
    assert np.abs(result.rgb_linear - panorama(192)).max() < 0.02
    assert "cube map" in result.warnings[0]


def test_a_photograph_of_4_to_3_is_no_cube_map():
    refused(photograph(192, 256), "1.33:1", "--image")


@pytest.mark.parametrize("background", [0.0, 0.5, 1.0])
def test_something_on_a_plain_background_is_no_cube_map(background):
    image = np.full((192, 256, 3), background, np.float32)
    for shown in (image.copy(), image):
        with pytest.raises(errors.NotEquirectangularError) as caught:
            panorama_from_image(ldr_image(shown))
        assert "cube map" not in str(caught.value) and "1.33:1" in str(caught.value)
        image[70:180, 80:170] = photograph(110, 90)


@pytest.mark.parametrize(("height", "width"), [(256, 448), (222, 512), (256, 588)])
def test_a_sphere_of_another_ratio_is_stretched_on_request(height, width):
    rgb = panorama(height, width)
    refused(rgb, "--stretch")
    result = panorama_from_image(ldr_image(rgb), ReadingOptions(stretch=True))
    assert result.width == 2 * result.height
    assert result.width >= width
    assert result.height >= height
    assert np.abs(result.rgb_linear - panorama(result.height)).max() < 0.02
    assert "2:1" in result.warnings[0]


@pytest.mark.parametrize("width", [300, 1200])
def test_other_ratios_are_not_stretched(width):
    refused(panorama(256, width), "2:1", options=ReadingOptions(stretch=True))


def test_metadata_that_were_ignored_are_named_in_the_refusal():
    with pytest.raises(errors.NotEquirectangularError, match="8:1"):
        panorama_from_image(
            ldr_image(panorama(100, 250), warnings=("The panorama metadata's crop was ignored: 8:1, not 2:1.",))
        )


def test_the_pose_can_be_ignored():
    tilted = ldr_image(panorama(), gpano=GPano(pose_pitch_deg=20.0, pose_roll_deg=5.0))
    assert np.abs(panorama_from_image(tilted).rgb_linear - panorama()).mean() > 0.01
    as_stored = panorama_from_image(tilted, ReadingOptions(ignore_pose=True))
    np.testing.assert_array_equal(as_stored.rgb_linear, panorama())


def hole(height: int = 128) -> np.ndarray:
    """A hole round the nadir, and one of any shape."""
    directions = sphere.pixel_directions(height, 2 * height)
    return (directions[..., 2] < -0.85) | (directions @ np.array([0.6, 0.64, 0.48]) > 0.95)


def test_transparent_pixels_are_completed():
    rgb = panorama()
    rgb[hole()] = 1.0
    result = panorama_from_image(ldr_image(rgb, transparent=hole()))
    np.testing.assert_array_equal(result.captured, ~hole())
    np.testing.assert_array_equal(result.rgb_linear[~hole()], panorama()[~hole()])
    assert result.rgb_linear[hole()].max() < 0.83
    assert np.abs(result.rgb_linear - panorama())[hole()].mean() < 0.12
    assert "filled" in result.warnings[0]


def test_transparent_pixels_of_a_part_are_completed_too():
    rgb = panorama()[32:96, 64:192].copy()
    inside = np.zeros((64, 128), bool)
    inside[20:40, 30:60] = True
    rgb[inside] = 1.0
    crop = CroppedArea(64, 32, 128, 64, 256, 128)
    result = panorama_from_image(ldr_image(rgb, transparent=inside, gpano=GPano(crop=crop)))
    expected = np.zeros((128, 256), bool)
    expected[32:96, 64:192] = ~inside
    np.testing.assert_array_equal(result.captured, expected)
    assert result.rgb_linear[32:96, 64:192][inside].max() < 0.83


def test_transparency_follows_an_eye_and_a_tilt():
    rgb = panorama()
    rgb[hole()] = 1.0
    both = np.vstack([rgb, panorama()])
    mask = np.vstack([hole(), np.zeros_like(hole())])
    image = ldr_image(both, transparent=mask, gpano=GPano(pose_roll_deg=10.0))
    result = panorama_from_image(image, ReadingOptions(eye="top"))
    assert 0.02 < (~result.captured).mean() < 0.3
    assert result.rgb_linear.max() < 0.95


def test_bands_are_the_whole():
    image = ldr_image(cube("horizontal cross"))
    result = panorama_from_image(image, FORCE)
    whole = result.rgb_linear
    np.testing.assert_array_equal(np.concatenate([result.linear_rows(0, 50), result.linear_rows(50, 192)]), whole)


@pytest.mark.parametrize(("height", "width"), [(60, 180), (100, 150), (128, 128), (128, 70)])
def test_pad_puts_an_image_of_any_ratio_in_the_middle_of_the_sphere(height, width):
    image = photograph(height, width)
    refused(image, "ratio")
    result = panorama_from_image(ldr_image(image), ReadingOptions(pad=True))
    assert result.width == 2 * result.height == max(width, 2 * height)
    top, left = (result.height - height) // 2, (result.width - width) // 2
    middle = result.linear_rows(top, top + height)[:, left : left + width]
    np.testing.assert_allclose(middle, image, atol=1e-6)
    assert result.captured.sum() == height * width
    whole = result.rgb_linear
    assert np.isfinite(whole).all() and whole[~result.captured].mean() > 0.1
