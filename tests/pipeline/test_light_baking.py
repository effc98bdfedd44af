"""Changes of a panorama's light, baked: against the formulas, the sphere's own sampling and irradiance."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.colour import luminance
from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import diffuse_irradiance
from lanet_core.pipeline.light_baking import LightChange, bake, turned


def panorama(height: int = 64) -> np.ndarray:
    """Return a sky with a sun of some pixels."""
    rng = np.random.default_rng(5)
    sky = rng.uniform(0.1, 0.9, (height, 2 * height, 3)).astype(np.float32)
    sky[height // 4 : height // 4 + 3, height : height + 3] = [400.0, 300.0, 200.0]
    return sky


def rotation(axis: int, angle: float) -> np.ndarray:
    """Return the matrix of a turn around an axis."""
    matrix = np.eye(3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[second, first], matrix[first, second] = np.sin(angle), -np.sin(angle)
    return matrix


def test_no_change_changes_nothing():
    hdr = panorama()
    np.testing.assert_array_equal(bake(hdr, LightChange()), hdr)


def test_highlights_strength_and_limit_follow_their_formulas():
    hdr = panorama()
    brightest = hdr.max(axis=-1, keepdims=True)
    brighter = hdr / brightest * (brightest + np.maximum(brightest - 1.0, 0.0))
    np.testing.assert_allclose(bake(hdr, LightChange(highlights_ev=1.0, strength=0.5)), 0.5 * brighter, rtol=1e-5)
    limited = bake(hdr, LightChange(peak_limit=50.0, strength=2.0))
    assert limited.max() == pytest.approx(100.0, rel=1e-5), "the strength comes after the limit"
    np.testing.assert_allclose(limited[32:], 2.0 * hdr[32:], rtol=1e-5)


def test_a_limit_applies_to_the_interpolated_panorama():
    hdr = panorama(32)
    fine = sphere.upsample_bilinear(hdr, 256, 512)
    limited = fine * np.minimum(1.0, 50.0 / fine.max(axis=-1, keepdims=True))
    baked = bake(hdr, LightChange(peak_limit=50.0))
    assert limited.mean() < 0.7 * fine.mean()
    np.testing.assert_allclose(baked.mean(axis=(0, 1)), limited.mean(axis=(0, 1)), rtol=0.025)


def test_a_tint_keeps_luminance_and_what_is_below_white():
    hdr = panorama()
    baked = bake(hdr, LightChange(gains=(1.5, 1.0, 0.5), saturation=0.5))
    below = hdr.max(axis=-1) <= 1.0
    np.testing.assert_array_equal(baked[below], hdr[below])
    np.testing.assert_allclose(luminance(baked), luminance(hdr), rtol=1e-5)
    sun = ~below
    assert (baked[sun][:, 0] / baked[sun][:, 2] > hdr[sun][:, 0] / hdr[sun][:, 2]).all()
    grey = bake(hdr * 1e4, LightChange(saturation=0.0))
    np.testing.assert_allclose(grey, np.repeat(luminance(hdr * 1e4)[..., None], 3, axis=-1), rtol=1e-3)


@pytest.mark.parametrize("angle", [0.3, -2.0, np.pi / 4.0])
def test_a_turn_around_the_vertical_keeps_the_energy_of_rows(angle):
    hdr = panorama()
    result = turned(hdr, rotation(2, angle))
    np.testing.assert_allclose(result.sum(axis=1), hdr.sum(axis=1), rtol=1e-5)
    directions = sphere.pixel_directions(64, 128) @ rotation(2, angle).T
    sampled = sphere.sample_bilinear(hdr, *sphere.directions_to_pixels(directions, 64, 128))
    np.testing.assert_allclose(result, sampled, rtol=1e-3, atol=1e-4)


def test_any_turn_turns_the_irradiance():
    hdr = sphere.upsample_bilinear(panorama(32), 128, 256)
    matrix = rotation(0, 0.7) @ rotation(1, -0.4) @ rotation(2, 1.1)
    before, after = (
        diffuse_irradiance(hdr, 64, 128),
        diffuse_irradiance(bake(hdr, LightChange(rotation=tuple(matrix.ravel()))), 64, 128),
    )
    directions = sphere.pixel_directions(64, 128) @ matrix.T
    expected = sphere.sample_bilinear(before, *sphere.directions_to_pixels(directions, 64, 128))
    np.testing.assert_allclose(after, expected, rtol=0.02)


def test_equal_changes_have_equal_descriptions():
    assert LightChange(strength=0.5).description() == LightChange(strength=0.5).description()
    assert LightChange(strength=0.5).description() != LightChange(strength=0.6).description()


def test_the_tint_comes_after_the_limit_and_keeps_the_luminance_that_it_left():
    hdr = panorama()
    limited = bake(hdr, LightChange(highlights_ev=1.0, peak_limit=50.0))
    both = bake(hdr, LightChange(highlights_ev=1.0, peak_limit=50.0, gains=(2.0, 1.0, 0.4), saturation=1.5))
    np.testing.assert_allclose(luminance(both), luminance(limited), rtol=1e-4)
    assert both.max() > 50.0
