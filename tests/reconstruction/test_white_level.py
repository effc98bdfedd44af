"""The white level: plateaus at and below the format's ceiling, tints, soft shoulders; and white that is none."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.colour import linear_to_srgb, srgb_to_linear
from lanet_core.geometry import sphere
from lanet_core.reconstruction.white_level import BrightColours, WhiteLevel

HEIGHT = 128


def measured(encoded: np.ndarray, bands: int = 1) -> WhiteLevel:
    """The white level of a display-encoded panorama, [0, 1], as 8-bit codes."""
    codes = np.rint(np.clip(encoded, 0.0, 1.0) * 255.0).astype(np.uint8)
    weights = sphere.pixel_solid_angles_sr(*codes.shape[:2])
    colours = BrightColours()
    for rows in np.array_split(np.arange(len(codes)), bands):
        colours.add(codes[rows], weights[rows])
    return colours.white_level()


@pytest.fixture
def sunny() -> np.ndarray:
    """A display-encoded panorama: a sky that grows brighter towards a clipped sun, and a ground with noise."""
    directions = sphere.pixel_directions(HEIGHT, 2 * HEIGHT)
    cosines = directions @ np.array([0.6, 0.0, 0.8])
    glow = 0.25 + 0.6 * np.maximum(cosines, 0.0) ** 8 + 40.0 * np.maximum(cosines, 0.0) ** 400
    noise = np.random.default_rng(0).uniform(0.02, 0.5, (HEIGHT, 2 * HEIGHT))
    level = np.where(directions[..., 2] > 0.0, glow, noise)
    return linear_to_srgb(np.clip(level[..., None] * np.array([0.95, 1.0, 1.05]), 0.0, 1.0).astype(np.float32))


def test_a_plateau_at_the_ceiling_is_exactly_one(sunny):
    white = measured(sunny)
    assert white == WhiteLevel(shoulder="hard")
    assert (white.linear == 1.0).all()
    assert white.reliability == 1.0


@pytest.mark.parametrize("code", [215, 228, 240, 250])
def test_a_lowered_white(sunny, code):
    white = measured(sunny * code / 255.0)
    np.testing.assert_allclose(white.rgb, code / 255.0, atol=2.0 / 255.0)
    assert white.shoulder == "hard"


def test_studio_range(sunny):
    sunny[100:110, :40] = 0.0  # without black in the image, nothing shows that it is lifted to 16
    white = measured(sunny * 219.0 / 255.0 + 16.0 / 255.0)
    np.testing.assert_allclose(white.rgb, 235.0 / 255.0, atol=2.0 / 255.0)
    assert white.black == pytest.approx(16.0 / 255.0, abs=2.0 / 255.0)


def test_blacks_of_an_image_whose_white_is_at_the_ceiling_are_left_alone(sunny):
    assert measured(np.maximum(sunny, 0.1)).black == 0.0


@pytest.mark.parametrize("gains", [(1.0, 0.92, 0.8), (0.97, 0.95, 0.75), (0.8, 0.9, 1.0)])
def test_a_tint_has_a_white_for_each_channel(sunny, gains):
    white = measured(sunny * np.array(gains))
    np.testing.assert_allclose(white.rgb, gains, atol=2.5 / 255.0)
    linear = srgb_to_linear(np.array(white.rgb))
    np.testing.assert_allclose(white.linear, np.where(np.array(white.rgb) == 1.0, 1.0, linear), rtol=1e-6)


def test_highlights_without_a_plateau_have_a_soft_shoulder():
    directions = sphere.pixel_directions(HEIGHT, 2 * HEIGHT)
    cosines = directions @ np.array([0.6, 0.0, 0.8])
    clouds = np.random.default_rng(4).lognormal(0.0, 0.8, cosines.shape)
    exposed = clouds * (0.3 + 3.0 * np.maximum(cosines, 0.0) ** 60)
    curve = linear_to_srgb((exposed / (1.0 + exposed)).astype(np.float32))
    white = measured(curve[..., None].repeat(3, axis=2))
    assert white.shoulder == "soft"
    assert white.rgb[0] == pytest.approx(float(curve.max()), abs=0.02)
    assert white.reliability < 1.0


def test_bands_and_the_whole_give_the_same(sunny):
    for encoded in (sunny, sunny * 0.93, sunny * np.array([1.0, 0.9, 0.8])):
        assert measured(encoded, bands=7).rgb == pytest.approx(measured(encoded).rgb, abs=1e-9)


def test_linear_light_and_codes_give_the_same(sunny):
    encoded = np.rint(sunny * 240.0) / 255.0
    colours = BrightColours()
    linear = srgb_to_linear(encoded.astype(np.float64)).astype(np.float32)
    colours.add_linear(linear, sphere.pixel_solid_angles_sr(*linear.shape[:2]))
    np.testing.assert_allclose(colours.white_level().rgb, measured(encoded).rgb, atol=1e-3)


class TestTraps:
    """White or bright areas that are not clipped light: the level stays that of the format."""

    def test_an_underexposed_room(self):
        room = np.random.default_rng(1).uniform(0.05, 0.6, (HEIGHT, 2 * HEIGHT, 3))
        assert measured(room) == WhiteLevel()

    def test_an_even_sky(self):
        room = np.random.default_rng(2).uniform(0.05, 0.6, (HEIGHT, 2 * HEIGHT, 3))
        room[: HEIGHT // 2] = 0.85
        white = measured(room)
        assert white.rgb == (1.0, 1.0, 1.0)
        assert white.reliability < 1.0

    def test_a_saturated_sign(self):
        room = np.random.default_rng(3).uniform(0.05, 0.6, (HEIGHT, 2 * HEIGHT, 3))
        room[50:60, 40:60] = (0.95, 0.1, 0.1)
        white = measured(room)
        assert min(white.rgb) > 0.9

    def test_black(self):
        assert measured(np.zeros((HEIGHT, 2 * HEIGHT, 3))) == WhiteLevel()
        assert BrightColours().white_level() == WhiteLevel()


def test_it_is_written_as_text():
    assert str(WhiteLevel((0.861, 0.83, 0.708), shoulder="soft")) == "0.86 0.83 0.71, soft shoulder"
    assert str(WhiteLevel((0.9, 0.9, 0.9), 0.063, "hard")) == "0.90 0.90 0.90, hard shoulder, black 0.06"
    assert str(WhiteLevel()) == "1.00 1.00 1.00"


def test_noise_of_compression_around_a_lowered_plateau_is_no_brighter_colour():
    rng = np.random.default_rng(6)
    codes = rng.uniform(20.0, 200.0, (256, 512, 3))
    codes[40:160, 100:260] = 232.0
    edge = np.zeros((256, 512), dtype=bool)
    edge[40:60, 100:260] = edge[140:160, 100:260] = True
    noise = rng.normal(0.0, 14.0, (256, 512, 3))
    codes[edge] += (noise - noise.mean(axis=-1, keepdims=True))[edge]  # in the colour, not in the brightness
    found = measured(codes / 255.0)
    assert found.shoulder == "hard"
    assert found.rgb == pytest.approx((232 / 255,) * 3, abs=0.01)
