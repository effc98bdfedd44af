"""The irradiance of a ground that faces up: against analytic values and the diffuse irradiance of the metrics."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import diffuse_irradiance
from lanet_core.pipeline.ground_light import ground_irradiance


@pytest.mark.parametrize("height", [64, 65])
def test_a_white_sphere_gives_pi(height):
    base, added = ground_irradiance(np.ones((height, 2 * height, 3), np.float32))
    np.testing.assert_allclose(base, np.pi, rtol=1e-6)
    np.testing.assert_array_equal(added, 0.0)


def test_light_above_white_is_apart_and_light_below_the_horizon_does_not_count():
    hdr = np.zeros((128, 256, 3), np.float32)
    hdr[32, 100] = [40.0, 20.0, 10.0]  # 45° high
    hdr[100, 7] = 1e4
    base, added = ground_irradiance(hdr)
    expected = hdr[32, 100] * sphere.pixel_solid_angles_sr(128, 256)[32] * np.cos(sphere.zenith_angles_rad(128)[32])
    np.testing.assert_allclose(base + added, expected, rtol=1e-3)
    np.testing.assert_allclose(base / added, 1.0 / 39.0, rtol=1e-5)


def test_both_add_up_to_the_diffuse_irradiance_upwards():
    hdr = np.random.default_rng(2).gamma(0.5, 2.0, (64, 128, 3)).astype(np.float32)
    total = sum(ground_irradiance(hdr))
    np.testing.assert_allclose(total, diffuse_irradiance(hdr, 64, 128)[0].mean(axis=0), rtol=0.01)
