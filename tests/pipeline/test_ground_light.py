"""The irradiance of a ground that faces up: against analytic values and the diffuse irradiance of the metrics."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import diffuse_irradiance
from lanet_core.pipeline.ground_light import ground_irradiance
from lanet_core.pipeline.light_baking import LightChange, bake


@pytest.mark.parametrize("height", [64, 65])
def test_a_white_sphere_gives_pi(height):
    light = ground_irradiance(np.ones((height, 2 * height, 3), np.float32))
    np.testing.assert_allclose(light.base, np.pi, rtol=1e-6)
    np.testing.assert_array_equal(light.added, 0.0)
    np.testing.assert_array_equal(light.added_shares, 1.0)


def test_light_above_white_is_apart_and_light_below_the_horizon_does_not_count():
    hdr = np.zeros((128, 256, 3), np.float32)
    hdr[22:43, 90:111] = [40.0, 20.0, 10.0]  # around 45°
    hdr[100, 7] = 1e4
    light = ground_irradiance(hdr)
    weights = sphere.pixel_solid_angles_sr(128, 256) * np.cos(sphere.zenith_angles_rad(128))
    expected = hdr[32, 100] * 21.0 * weights[22:43].sum()
    np.testing.assert_allclose(light.base + light.added.sum(axis=0), expected, rtol=1e-3)
    np.testing.assert_allclose(light.base / light.added.sum(axis=0), 1.0 / 39.0, rtol=0.1)


def test_both_add_up_to_the_diffuse_irradiance_upwards():
    hdr = np.random.default_rng(2).gamma(0.5, 2.0, (64, 128, 3)).astype(np.float32)
    light = ground_irradiance(hdr)
    np.testing.assert_allclose(
        light.base + light.added.sum(axis=0), diffuse_irradiance(hdr, 64, 128)[0].mean(axis=0), rtol=0.01
    )


def test_what_a_limit_leaves_is_the_light_of_the_interpolated_and_limited_panorama():
    brightness = np.linspace(0.8, 0.1, 64)[:, None, None] + 0.1 * np.sin(np.arange(128) * np.pi / 64)[:, None]
    hdr = (brightness * np.array([0.6, 0.8, 1.0])).astype(np.float32)
    hdr[10:12, 30:32] = [900.0, 700.0, 500.0]
    hdr[10:12, 32] = [400.0, 300.0, 200.0]
    light = ground_irradiance(hdr)
    limits = light.limits()
    np.testing.assert_allclose(limits[[0, -1]], [0.0, hdr.max() - 1.0], atol=1e-6)
    fine = sphere.upsample_bilinear(hdr, 512, 1024)
    largest = fine.max(axis=-1, keepdims=True)
    whole = ground_irradiance(fine)
    for index in (0, 5, 17, 25, 30, 31):
        limited = ground_irradiance(fine * np.minimum(1.0, (1.0 + limits[index]) / largest))
        left = light.base + (light.added * light.added_shares[:, index]).sum(axis=0)
        np.testing.assert_allclose(left, limited.base + limited.added.sum(axis=0), rtol=0.02)
        below = ground_irradiance(fine * np.minimum(1.0, (index / 31.0) / largest))
        np.testing.assert_allclose(light.base_shares[index], below.base / whole.base, rtol=0.02, atol=1e-3)


@pytest.mark.parametrize("change", [{"gains": (2.05, 1.0, 0.3)}, {"saturation": 0.2}, {"saturation": 4.0}])
@pytest.mark.parametrize("limit", [0.0, 3.0, 40.0])
def test_the_tint_of_the_classes_is_that_of_the_baked_panorama(change, limit):
    """Under a warm sun, blue lamps and a white haze that goes over into blue."""
    x, y = np.meshgrid(np.linspace(0.0, 2.0 * np.pi, 256, endpoint=False), np.linspace(0.0, np.pi, 128))
    blue = 0.5 + 0.5 * np.cos(x)[..., None]
    hdr = 2.0 * np.sin(y)[..., None] * (blue * np.array([0.3, 0.6, 1.0]) + 1.0 - blue)
    hdr[20:23, 30:33] = [900.0, 700.0, 400.0]
    hdr[40:44, 150:154] = [20.0, 30.0, 90.0]
    hdr = hdr.astype(np.float32)
    expected = ground_irradiance(bake(hdr, LightChange(peak_limit=limit, **change)))
    light = ground_irradiance(hdr)
    steps = np.log1p(max(limit - 1.0, 0.0) / light.softness) / np.log1p(light.peak / light.softness)
    place = 31.0 * (min(steps, 1.0) if limit else 1.0)
    shares = [[np.interp(place, np.arange(32), each[:, c]) for c in range(3)] for each in light.added_shares]
    left = (light.added * np.array(shares))[None].astype(np.float32)
    # Far above white, so that all of it is tinted.
    tinted = bake(left * 1e6, LightChange(**change))[0].sum(axis=0) / 1e6
    np.testing.assert_allclose(light.base + tinted, expected.base + expected.added.sum(axis=0), rtol=0.01)
