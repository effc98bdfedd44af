"""Windows, skies and noisy surfaces after the reconstruction: flat, smooth, and no specks taken for lights."""

from __future__ import annotations

import numpy as np
import pytest
from light_scenes import energy_of

from lanet_core.colour import linear_to_srgb, srgb_to_linear
from lanet_core.geometry import sphere
from lanet_core.reconstruction.overexposure import overexposure
from lanet_core.reconstruction.panorama import reconstruct
from lanet_core.reconstruction.white_level import WhiteLevel


def test_a_window_is_flat_up_to_its_edges_and_across_the_seam():
    ldr = np.full((256, 512, 3), 0.2, dtype=np.float32)
    ldr[101:141, :47] = ldr[101:141, -13:] = 1.0
    share = sphere.downsample((ldr == 1.0).all(axis=-1).astype(np.float32), 64, 128)[..., None]
    hdr = reconstruct(ldr, 7.0 * share * np.ones(3, dtype=np.float32))
    lit = (ldr == 1.0).all(axis=-1)
    np.testing.assert_allclose(hdr[lit], 8.0, rtol=0.01)
    np.testing.assert_array_equal(hdr[~lit], ldr[~lit])


def test_a_white_sky_is_smooth_across_cells_seam_and_pole():
    azimuth = sphere.azimuths_rad(128)
    level = 3.0 - 2.0 * np.cos(azimuth)[None, :, None] * np.sin(sphere.zenith_angles_rad(64))[:, None, None]
    diffuse = np.repeat(level, 3, axis=-1).astype(np.float32)
    hdr = reconstruct(np.ones((512, 1024, 3), dtype=np.float32), diffuse)
    np.testing.assert_allclose(hdr, 1.0 + sphere.upsample_bilinear(diffuse, 512, 1024), rtol=0.02)
    steps = np.abs(np.log2(hdr / np.roll(hdr, 1, axis=1)))
    assert steps.max() < 0.05
    assert np.abs(np.log2(hdr[0] / np.roll(hdr[0], 512, axis=0))).max() < 0.05


def test_a_channel_that_clips_alone_glows_in_its_hue():
    ldr = np.full((128, 256, 3), 0.1, dtype=np.float32)
    ldr[60:70, 100:110] = (1.0, 0.5, 0.1)
    share = sphere.downsample((ldr[..., 0] == 1.0).astype(np.float32), 64, 128)[..., None]
    hdr = reconstruct(ldr, share * np.array([9.0, 0.5, 0.0], dtype=np.float32))
    np.testing.assert_allclose(hdr[60:70, 100:110], np.broadcast_to((10.0, 1.0, 0.1), (10, 10, 3)), rtol=0.01)


def test_radiance_is_relative_to_the_white_level():
    level = WhiteLevel(tuple(linear_to_srgb(np.array([0.8, 0.7, 0.6])).tolist()), shoulder="hard")
    white = level.linear
    ldr = np.full((128, 256, 3), 0.1, dtype=np.float32)
    ldr[60:70, 100:120] = white
    share = sphere.downsample((ldr[..., 0] > 0.5).astype(np.float32), 64, 128)[..., None]
    hdr = reconstruct(ldr, 4.0 * share * np.ones(3, dtype=np.float32), white=level)
    np.testing.assert_allclose(hdr[60:70, 100:120], np.broadcast_to(5.0 * white, (10, 20, 3)), rtol=0.01)


@pytest.mark.parametrize("height", [256, 512])
def test_specks_on_a_bright_surface_are_no_lights(height):
    rng = np.random.default_rng(9)
    ldr = np.full((height, 2 * height, 3), 0.3, dtype=np.float32)
    snow = rng.normal(0.76, 0.02, (height // 2, 2 * height, 1)).astype(np.float32)
    ldr[height // 2 :] = snow
    weight = overexposure(ldr)
    assert 10 < (weight > 0.0).sum() < 1000
    share = sphere.downsample(weight, 64, 128)[..., None]
    # A network that finds radiance of 20 in what is over-exposed, and a sun's energy in it.
    diffuse = np.float32(20.0) * share * np.ones(3, dtype=np.float32)
    solid_angles = sphere.pixel_solid_angles_sr(64, 128)[:, None, None]
    concentrated = (share / (share * solid_angles).sum() * np.ones(3)).astype(np.float32)
    hdr = reconstruct(ldr, diffuse, concentrated)
    assert hdr[weight > 0.0].max() < 2.0
    assert np.abs(np.log2(energy_of(hdr) / energy_of(ldr))).max() < 0.02


def test_a_single_pixel_is_a_lamp_amid_dark_pixels_or_where_the_light_is():
    share = np.zeros((64, 128, 1), dtype=np.float32)
    ldr = np.full((512, 1024, 3), 0.02, dtype=np.float32)
    ldr[200, 300] = 1.0
    share[25, 37] = 1.0
    lamp = share * np.array([2.0, 1.5, 1.0], dtype=np.float32)
    hdr = reconstruct(ldr, lamp)
    np.testing.assert_allclose(energy_of(hdr) - energy_of(ldr), energy_of(lamp), rtol=0.01)
    # The sun of a clean render amid a bright sky.
    sky = np.full((512, 1024, 3), 0.75, dtype=np.float32)
    sky[200:202, 300:302] = 1.0
    hdr = reconstruct(sky, np.zeros_like(lamp), lamp)
    np.testing.assert_allclose(energy_of(hdr) - energy_of(sky), energy_of(lamp), rtol=0.01)


def test_noise_at_the_edge_of_a_window_gets_no_more_than_the_window():
    rng = np.random.default_rng(3)
    ldr = np.full((256, 512, 3), 0.6, dtype=np.float32)
    ldr[100:140, 200:260] = 1.0
    noise = rng.normal(0.0, 0.12, ldr.shape[:2]).astype(np.float32)
    noise[~(sphere.neighbourhood(ldr[..., 0]).max(axis=0) == 1.0)] *= 0.3
    ldr = np.clip(ldr + noise[..., None], 0.0, 1.0)
    share = sphere.downsample(overexposure(ldr), 64, 128)[..., None]
    diffuse = 5.0 * share * np.ones(3, dtype=np.float32)
    hdr = reconstruct(ldr, diffuse)
    assert hdr.max() < 1.0 + 5.0 * 1.2
    np.testing.assert_allclose(energy_of(hdr) - energy_of(ldr), energy_of(diffuse), rtol=0.01)


def test_a_smooth_sky_of_eight_bits_is_brightened_without_steps():
    codes = np.linspace(225.0, 245.0, 1024, dtype=np.float32)  # one code in 51 pixels
    rounded = srgb_to_linear(np.rint(codes) / np.float32(255.0)).astype(np.float32)
    ldr = np.ascontiguousarray(np.broadcast_to(rounded[None, :, None], (512, 1024, 3)))
    weight = overexposure(ldr)
    diffuse = 20.0 * sphere.downsample(weight, 64, 128)[..., None] * np.ones(3, dtype=np.float32)
    hdr = reconstruct(ldr, diffuse)[256, :, 0]
    with_steps = (ldr + 20.0 * weight[..., None])[256, :, 0]
    inside = (weight[256] > 0.01) & (np.arange(1024) > 40) & (np.arange(1024) < 980)
    steps, expected = (np.abs(np.diff(np.log2(each)))[inside[:-1]].max() for each in (hdr, with_steps))
    assert steps < 0.6 * expected
    assert hdr[inside].mean() == pytest.approx(with_steps[inside].mean(), rel=0.05)
