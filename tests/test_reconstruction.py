"""Merging the network's light into the picture: exact where exposed, never darker, no light lost, no seam."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanet_core import sphere
from lanet_core.colour import srgb_to_linear
from lanet_core.reconstruction import MAXIMUM_RADIANCE, Reconstruction, reconstruct

THRESHOLD = 0.83


def light_sum(panorama: np.ndarray) -> np.ndarray:
    """Radiance integrated over the sphere: (3,), written out from the definition of solid angle."""
    height, width = panorama.shape[:2]
    edges = np.linspace(0.0, np.pi, height + 1)
    solid_angles = (np.cos(edges[:-1]) - np.cos(edges[1:])) * 2.0 * np.pi / width
    return np.einsum("h,hwc->c", solid_angles, panorama.astype(np.float64))


def random_pair(seed: int, height: int = 64, small_height: int = 16) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    ldr_linear = rng.random((height, 2 * height, 3), dtype=np.float32) ** 0.25
    log_hdr = rng.normal(0.0, 2.0, (small_height, 2 * small_height, 3)).astype(np.float32)
    return ldr_linear, log_hdr


@pytest.mark.parametrize("small_height", [16, 24, 64, 96])
def test_a_well_exposed_pixel_is_kept_bit_for_bit_and_none_gets_darker(small_height):
    ldr_linear, log_hdr = random_pair(1, 64, small_height)
    hdr = reconstruct(ldr_linear, log_hdr)
    exposed = ldr_linear.mean(axis=-1) <= np.float32(THRESHOLD)
    assert hdr.dtype == np.float32
    assert 0.1 < exposed.mean() < 0.9
    np.testing.assert_array_equal(hdr[exposed], ldr_linear[exposed])
    assert (hdr >= ldr_linear).all()
    assert (hdr[~exposed] > ldr_linear[~exposed]).any()


def test_the_picture_given_is_left_alone():
    ldr_linear, log_hdr = random_pair(2)
    before = ldr_linear.copy()
    reconstruct(ldr_linear, log_hdr)
    np.testing.assert_array_equal(ldr_linear, before)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_at_the_network_s_own_size_an_evenly_bright_picture_takes_what_the_ramp_believes(level):
    ldr_linear = np.full((32, 64, 3), level, dtype=np.float32)
    log_hdr = random_pair(3, 32, 32)[1]
    ramp = np.float32((level - THRESHOLD) / (1.0 - THRESHOLD))
    expected = ldr_linear + ramp**3 * np.maximum(np.exp(log_hdr) - ldr_linear, 0.0)
    np.testing.assert_allclose(reconstruct(ldr_linear, log_hdr), expected, rtol=1e-4)


@pytest.mark.parametrize("row", [0, 15, 31])
def test_what_the_ramp_takes_from_a_light_s_rim_is_given_to_the_light(row):
    ldr_linear = np.full((32, 64, 3), 0.3, dtype=np.float32)
    rows = slice(max(row - 1, 0), row + 2)
    ldr_linear[rows, 9:12] = 0.9
    ldr_linear[row, 10] = 1.0
    log_hdr = np.full((32, 64, 3), 2.0, dtype=np.float32)
    said = np.where(ldr_linear > THRESHOLD, np.exp(2.0), ldr_linear)
    hdr = reconstruct(ldr_linear, log_hdr)
    np.testing.assert_allclose(light_sum(hdr), light_sum(said), rtol=1e-5)
    assert (hdr[row, 10] > 2.0 * np.exp(2.0)).all()
    assert (hdr[row, 9] < 2.0).all()


def test_a_white_picture_takes_the_network_s_light_smoothly():
    log_hdr = np.abs(random_pair(4)[1]) * np.float32(0.2)
    hdr = reconstruct(np.ones((64, 128, 3), dtype=np.float32), log_hdr)
    np.testing.assert_allclose(light_sum(hdr), light_sum(np.exp(log_hdr)), rtol=1e-4)
    np.testing.assert_allclose(hdr, sphere.upsample_bilinear(np.exp(log_hdr), 64, 128), rtol=0.2)


@pytest.mark.parametrize("light", [(1, 1), (1, 3), (2, 2), (4, 4)], ids=str)
@pytest.mark.parametrize("place", [(28, 40), (0, 0), (60, 124)], ids=str)
def test_a_light_within_one_network_pixel_keeps_all_that_the_network_said_of_the_pixel(light, place):
    rng = np.random.default_rng(5)
    ldr_linear = rng.uniform(0.0, 0.6, (64, 128, 3)).astype(np.float32)
    row, column = place
    ldr_linear[row : row + light[0], column : column + light[1]] = 1.0
    radiance = sphere.downsample(ldr_linear, 16, 32)  # right wherever there is no light
    radiance[row // 4, column // 4] = (40.0, 30.0, 20.0)
    hdr = reconstruct(ldr_linear, np.log(radiance))
    np.testing.assert_allclose(light_sum(hdr), light_sum(radiance), rtol=1e-4)


def lobes_hdr(height: int) -> np.ndarray:
    """A sky with a sun and two lamps, as sums of smooth lobes: (height, 2 * height, 3) float32."""
    directions = sphere.pixel_directions(height, 2 * height)
    hdr = np.full((height, 2 * height, 3), 0.2)
    for direction, sharpness, colour in [
        ((0.5, -0.2, 0.8), 9000.0, (9000.0, 8000.0, 7000.0)),
        ((-1.0, 0.02, 0.1), 2000.0, (30.0, 25.0, 12.0)),
        ((0.1, 1.0, -0.2), 300.0, (4.0, 5.0, 8.0)),
    ]:
        axis = np.array(direction) / np.linalg.norm(direction)
        hdr += np.exp(sharpness * (directions @ axis - 1.0))[..., None] * np.array(colour)
    return hdr.astype(np.float32)


def test_a_network_that_is_right_at_its_size_casts_the_right_light_at_the_picture_s_size():
    truth = lobes_hdr(256)
    small = sphere.downsample(truth, 64, 128)
    hdr = reconstruct(np.minimum(truth, 1.0), np.log(small))
    np.testing.assert_allclose(light_sum(hdr), light_sum(truth), rtol=0.05)
    # Enlarged in logarithms, the sun would lose a large part; this test can tell the difference.
    logs = np.exp(sphere.upsample_bilinear(np.log(small), 256, 512))
    assert (light_sum(np.where(truth.mean(axis=-1, keepdims=True) > 1.0, logs, truth)) < 0.9 * light_sum(truth)).all()


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_turning_the_panorama_turns_the_result(quarter_turns):
    ldr_linear, log_hdr = random_pair(6)
    turned = reconstruct(np.roll(ldr_linear, quarter_turns * 32, axis=1), np.roll(log_hdr, quarter_turns * 8, axis=1))
    np.testing.assert_allclose(turned, np.roll(reconstruct(ldr_linear, log_hdr), quarter_turns * 32, axis=1), rtol=1e-6)


def test_a_light_across_the_seam_is_as_smooth_as_elsewhere():
    ldr_linear = np.ones((64, 128, 3), dtype=np.float32)
    azimuth = sphere.azimuths_rad(32)
    log_hdr = np.broadcast_to(3.0 - np.cos(azimuth)[:, None], (16, 32, 3)).astype(np.float32)  # brightest at ±180°
    log_step = np.abs(np.diff(np.log(reconstruct(ldr_linear, log_hdr)), axis=1, append=np.nan))
    hdr = reconstruct(ldr_linear, log_hdr)
    seam_step = np.abs(np.log(hdr[:, 0]) - np.log(hdr[:, -1]))
    assert seam_step.max() <= np.nanmax(log_step)
    np.testing.assert_allclose(hdr, hdr[:, ::-1], rtol=1e-5)


def test_a_picture_smaller_than_the_network_gets_the_mean_radiance_of_each_pixel():
    log_hdr = random_pair(7, small_height=64)[1] + 4.0
    hdr = reconstruct(np.ones((32, 64, 3), dtype=np.float32), log_hdr)
    np.testing.assert_allclose(light_sum(hdr), light_sum(np.exp(log_hdr)), rtol=1e-3)


def test_absurd_output_of_the_network_stays_finite():
    for level in (200.0, -200.0):
        hdr = reconstruct(np.ones((64, 128, 3), dtype=np.float32), np.full((16, 32, 3), level, dtype=np.float32))
        assert np.isfinite(hdr).all()
        np.testing.assert_allclose(hdr, MAXIMUM_RADIANCE if level > 0 else 1.0, rtol=1e-5)


def test_eight_bit_white_is_overexposed_and_black_stays_black():
    ldr_linear = srgb_to_linear(np.array([[0.0, 1.0]], dtype=np.float32))[..., None] * np.ones(3, dtype=np.float32)
    ldr_linear = np.tile(ldr_linear, (32, 32, 1))
    hdr = reconstruct(ldr_linear, np.full((32, 64, 3), 2.0, dtype=np.float32))
    np.testing.assert_array_equal(hdr[:, ::2], 0.0)
    np.testing.assert_allclose(hdr[:, 1::2], np.exp(2.0), rtol=1e-6)


@pytest.mark.parametrize(("size", "network_height"), [((96, 192), 32), ((67, 134), 16), ((24, 48), 32)], ids=str)
def test_strips_of_any_height_and_order_make_the_same_panorama(size, network_height):
    rng = np.random.default_rng(8)
    ldr_linear = (rng.random((*size, 3), dtype=np.float32) * 1.3).clip(max=1.0)
    log_hdr = rng.normal(1.0, 1.0, (network_height, 2 * network_height, 3)).astype(np.float32)
    edges = [0, 5, 6, 23, size[0]]
    strips = [slice(*each) for each in itertools.pairwise(edges)]
    reconstruction = Reconstruction(*size, network_height)
    for strip in strips:
        reconstruction.observe(ldr_linear[strip], strip.start)
    resize = sphere.downsample if size[0] > network_height else sphere.upsample_bilinear
    expected = resize(ldr_linear, network_height, 2 * network_height)
    np.testing.assert_allclose(reconstruction.network_input(), expected, rtol=1e-5)
    overexposed = sphere.sphere_mean(ldr_linear.mean(axis=-1) > THRESHOLD)
    assert reconstruction.overexposed_fraction == pytest.approx(overexposed, rel=1e-5)
    reconstruction.solve(log_hdr)
    hdr = np.empty_like(ldr_linear)
    for strip in reversed(strips):
        hdr[strip] = reconstruction.strip(ldr_linear[strip], strip.start)
    np.testing.assert_allclose(hdr, reconstruct(ldr_linear, log_hdr), rtol=1e-5)


def test_a_pixel_that_noise_lifts_over_the_threshold_does_not_shine_for_its_surroundings():
    rng = np.random.default_rng(9)
    ldr_linear = rng.normal(0.78, 0.015, (512, 1024, 1)).astype(np.float32) * np.ones(3, dtype=np.float32)
    overexposed = ldr_linear.mean(axis=-1) > THRESHOLD
    assert 20 < overexposed.sum() < 2000
    hdr = reconstruct(ldr_linear, np.full((64, 128, 3), np.log(1.5), dtype=np.float32))  # twice the picture's light
    assert (hdr[overexposed] / ldr_linear[overexposed]).max() < 1.1
    # The light of a pixel over black surroundings is its own, however small: it is a lamp.
    lamp = np.zeros_like(ldr_linear)
    lamp[200, 300] = 1.0
    log_hdr = np.full((64, 128, 3), -20.0, dtype=np.float32)
    log_hdr[25, 37] = 1.0
    assert reconstruct(lamp, log_hdr)[200, 300].min() > 0.99 * np.e * 64


def test_a_smooth_sky_of_eight_bits_is_brightened_without_steps():
    codes = np.linspace(225.0, 252.0, 1024, dtype=np.float32)  # one code in 38 pixels
    exact = srgb_to_linear(codes / 255.0)
    rounded = srgb_to_linear(np.rint(codes) / np.float32(255.0))
    ramp = np.clip((rounded - np.float32(THRESHOLD)) / (1.0 - THRESHOLD), 0.0, 1.0)
    ldr_linear = np.ascontiguousarray(np.broadcast_to(rounded[None, :, None], (512, 1024, 3)))
    hdr = reconstruct(ldr_linear, np.full((256, 512, 3), np.log(10.0), dtype=np.float32))[256, :, 0]
    with_steps = rounded + ramp**3 * (10.0 - rounded)
    inside = (ramp > 0.1)[:-20] & (ramp > 0.1)[20:]
    inside = np.concatenate([inside, np.zeros(20, dtype=bool)])
    inside[:40] = inside[980:] = False  # where the panorama's ends meet, the sky does leap
    largest = np.abs(np.diff(np.log2(hdr)))[:-1][inside[:-2]].max()
    assert largest < 0.6 * np.abs(np.diff(np.log2(with_steps)))[:-1][inside[:-2]].max()
    assert exact[inside].mean() == pytest.approx(rounded[inside].mean(), rel=1e-3)
    assert hdr[inside].mean() == pytest.approx(with_steps[inside].mean(), rel=0.03)


@settings(max_examples=15, deadline=None)
@given(height=st.integers(16, 200), network_height=st.sampled_from([8, 16, 32]), seed=st.integers(0, 2**32 - 1))
def test_each_light_gives_what_the_network_says_at_any_size(height, network_height, seed):
    rng = np.random.default_rng(seed)
    truth = clipped_discs(rng, height)
    log_hdr = rng.normal(2.0, 1.0, (network_height, 2 * network_height, 3)).astype(np.float32)
    radiance = np.exp(log_hdr)
    if height < network_height:
        radiance = sphere.downsample(radiance, height, 2 * height)
    small = sphere.downsample(truth, *radiance.shape[:2])
    lit = sphere.downsample((truth == 1.0).astype(np.float32), *radiance.shape[:2]) > 0.0
    expected = light_sum(truth) + light_sum(np.where(lit, np.maximum(radiance - small, 0.0), 0.0))
    np.testing.assert_allclose(light_sum(reconstruct(truth, log_hdr)), expected, rtol=1e-4)


def clipped_discs(rng: np.random.Generator, height: int) -> np.ndarray:
    """White discs over grey: (height, 2 * height, 3) float32."""
    directions = sphere.pixel_directions(height, 2 * height)
    picture = np.full((height, 2 * height, 3), 0.3, dtype=np.float32)
    for _ in range(12):
        axis = rng.normal(size=3)
        picture[directions @ (axis / np.linalg.norm(axis)) > np.cos(rng.uniform(0.01, 0.2))] = 1.0
    return picture


def test_the_light_is_the_same_whatever_the_picture_s_size():
    truth = lobes_hdr(1024)
    log_hdr = np.log(sphere.downsample(truth, 64, 128))
    sums = [
        light_sum(reconstruct(np.minimum(sphere.downsample(truth, height, 2 * height), 1.0), log_hdr))
        for height in (128, 250, 512, 1024)
    ]
    np.testing.assert_allclose(sums, np.broadcast_to(sums[0], (4, 3)), rtol=0.006)
    np.testing.assert_allclose(sums, np.broadcast_to(light_sum(truth), (4, 3)), rtol=0.006)


def test_well_exposed_surroundings_of_a_light_are_the_picture_s_at_every_size():
    rng = np.random.default_rng(10)
    for height in (48, 67, 130, 256):
        ldr_linear = rng.uniform(0.0, 0.8, (height, 2 * height, 3)).astype(np.float32)
        ldr_linear[height // 3 : height // 2, height // 2 : height] = 1.0
        hdr = reconstruct(ldr_linear, np.full((64, 128, 3), 3.0, dtype=np.float32))
        exposed = ldr_linear.mean(axis=-1) <= np.float32(THRESHOLD)
        np.testing.assert_array_equal(hdr[exposed], ldr_linear[exposed])
        assert (hdr[~exposed] > 2.0 * ldr_linear[~exposed]).all()
