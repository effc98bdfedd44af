"""The losses of reflected light against the metric, Phong's lobe and plain factors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import irradiance_error_stops
from lanet_core.training.lite.reflected_light import glossy_loss, irradiance_loss


@pytest.mark.parametrize("make_loss", [irradiance_loss, glossy_loss])
def test_a_world_four_times_as_bright_is_two_stops_off(make_loss):
    target = torch.rand(1, 3, 64, 128)
    assert float(make_loss()(target * 4.0, target)) == pytest.approx(2.0, rel=1e-5)


def test_the_irradiance_loss_is_the_metric():
    rng = np.random.default_rng(1)
    panoramas = [rng.lognormal(0.0, 1.5, (64, 128, 3)).astype(np.float32) for _ in range(2)]
    panoramas[0][20:24, 30:34] = 300.0
    loss = irradiance_loss()(*(torch.from_numpy(each.transpose(2, 0, 1))[None] for each in panoramas))
    # Coarser grids of pixels and normals: the same figure within a few per cent.
    assert float(loss) == pytest.approx(irradiance_error_stops(*panoramas), rel=0.03)


def test_the_glossy_lobe_is_that_of_phong():
    # A white dot in a grey world g: its lobe is g + (1 − g) ω (n + 1) / 2π cosⁿ, by ∫ cosⁿ = 2π / (n + 1).
    world = torch.full((1, 3, 32, 64), 0.1)
    world[..., 16, 32] = 1.0
    reflected = glossy_loss().reflected(world)[0, 0].reshape(16, 32)
    directions, pixels = (sphere.pixel_directions(height, 2 * height) for height in (16, 32))
    solid_angle_sr = sphere.pixel_solid_angles_sr(32, 64)[16]
    cosines = np.maximum(directions @ pixels[16, 32], 0.0)
    expected = 0.1 + 0.9 * solid_angle_sr * 33.0 / (2.0 * np.pi) * cosines**32
    np.testing.assert_allclose(reflected.numpy(), expected, rtol=0.01)
