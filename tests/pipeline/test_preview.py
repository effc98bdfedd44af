"""The balls of the preview against closed forms of light from a furnace, a half sphere and a single direction."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry import sphere
from lanet_core.pipeline.preview import GLOSSY_SQUARINGS, before_after, lit_balls, lobe_table, small_balls


def one_light(direction: tuple[float, float, float], height: int = 64) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a black panorama with one white pixel, the pixel's direction and its solid angle."""
    rows, columns = sphere.directions_to_pixels(np.array(direction), height, 2 * height)
    row, column = int(np.rint(rows)), int(np.rint(columns)) % (2 * height)
    panorama = np.zeros((height, 2 * height, 3), dtype=np.float32)
    panorama[row, column] = 1.0
    solid_angle = sphere.pixel_solid_angles_sr(height, 2 * height)[row]
    return panorama, sphere.pixel_directions(height, 2 * height)[row, column], solid_angle


def test_every_ball_is_white_in_a_white_furnace():
    balls, mask = lit_balls(np.ones((64, 128, 3), dtype=np.float32), 65)
    assert mask.mean() == pytest.approx(np.pi / 4.0, abs=0.01)
    for ball in balls:
        np.testing.assert_allclose(ball[mask], 1.0, rtol=1e-4)


def test_a_matte_surface_under_a_half_sphere_of_light():
    sky = np.zeros((64, 128, 3), dtype=np.float32)
    sky[:32] = 1.0
    table = lobe_table(sky, 0, 24)
    expected = (1.0 + np.cos(sphere.zenith_angles_rad(24))) / 2.0
    np.testing.assert_allclose(table[..., 0], np.broadcast_to(expected[:, None], (24, 48)), atol=2e-3)


@pytest.mark.parametrize("squarings", [0, 2, GLOSSY_SQUARINGS])
def test_a_lobe_seen_by_one_light_is_a_power_of_the_cosine(squarings):
    panorama, direction, solid_angle = one_light((0.5, 0.6, 0.3))
    power = 2**squarings
    cosine = np.maximum(sphere.pixel_directions(48, 96) @ direction, 0.0)
    expected = solid_angle * cosine**power * (power + 1) / (2.0 * np.pi)
    # The lobe's norm is summed over pixels of 2.8 degrees.
    np.testing.assert_allclose(lobe_table(panorama, squarings, 48)[..., 1], expected, rtol=5e-3, atol=1e-7)


@pytest.mark.parametrize("direction", [(0.9, 0.4, 0.3), (0.2, -0.8, 0.5), (-0.5, 0.3, -0.6), (0.1, 0.0, 1.0)])
def test_a_mirror_shows_a_light_where_its_normal_halves_the_angle(direction):
    panorama, towards_light, _ = one_light(direction)
    size = 201
    (mirror, glossy, _), _ = lit_balls(panorama, size)
    half_way = towards_light + np.array([1.0, 0.0, 0.0])  # the viewer is at +x
    _, right, up = half_way / np.linalg.norm(half_way)
    for ball in (mirror, glossy):
        row, column = np.unravel_index(np.argmax(ball[..., 0]), (size, size))
        assert (2.0 * column + 1.0) / size - 1.0 == pytest.approx(right, abs=0.03)
        assert 1.0 - (2.0 * row + 1.0) / size == pytest.approx(up, abs=0.03)


def test_light_from_the_left_of_the_panorama_falls_on_the_right_of_the_balls():
    panorama = np.zeros((64, 128, 3), dtype=np.float32)
    panorama[24:40, 28:36] = 1.0  # around azimuth +90°, a quarter from the left edge
    (_, _, matte), _ = lit_balls(panorama, 64)
    assert matte[:, 40:].sum() > 5.0 * matte[:, :24].sum()


def test_the_image_shows_both_panoramas_and_a_difference_only_where_there_is_one():
    ldr_linear = np.random.default_rng(0).random((64, 128, 3), dtype=np.float32)
    same = before_after(ldr_linear, ldr_linear)
    assert same.dtype == np.uint8
    half = (same.shape[0] - 8) // 2  # one gap above each row, one at the end
    np.testing.assert_array_equal(same[:half], same[half : 2 * half])
    hdr = ldr_linear.copy()
    hdr[20, 30] = 500.0
    different = before_after(ldr_linear, hdr)
    np.testing.assert_array_equal(different[:half], same[:half])
    assert (different[half:] != same[half:]).any()


def test_a_black_panorama_has_an_image_too():
    black = np.zeros((64, 128, 3), dtype=np.float32)
    assert before_after(black, black).max() < 60


def test_small_balls_stand_before_above_after_with_soft_transparent_edges():
    ldr = np.full((32, 64, 3), 0.5, np.float32)
    hdr = ldr.copy()
    hdr[6:10, 30:34] = 200.0
    image = small_balls(ldr, hdr, 48)
    assert image.shape == (96, 96, 4) and image.dtype == np.uint8
    assert (image[[0, 0, -1, -1], [0, -1, 0, -1], 3] == 0).all() and image[24, 24, 3] == image[72, 72, 3] == 255
    edge = image[..., 3]
    assert ((edge > 0) & (edge < 255)).sum() > 100
    even = image[:48][image[:48, :, 3] > 0, :3]
    assert even.max() - even.min() <= 2, "both balls reflect an even panorama evenly, also at their edges"
    lit = image[48:, :48]
    assert lit[12, 24, 0] > lit[36, 24, 0] + 40, "the diffuse ball is lit from above"
    assert (image[48:, 48:, :3].min(axis=-1) == 255).sum() >= 4, "the light is in the mirror ball"
