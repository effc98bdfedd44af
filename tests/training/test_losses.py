"""The losses against hand-computed values, other implementations and their invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from lanet_core import sphere
from lanet_core.metrics.irradiance import irradiance_error_stops
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.networks.reconstruction import reconstruct
from lanet_core.reconstruction import reconstruct as reconstruct_array
from lanet_core.training import losses
from lanet_core.training.configuration import LossConfiguration


def grey(*values: float) -> torch.Tensor:
    """A picture of one row, equal in all channels."""
    return torch.tensor(values)[None, None, None].expand(1, 3, 1, -1)


def test_log_l2_by_hand():
    # d = (ln 2 - ln 1, ln 8 - ln 2) = (ln 2, 2 ln 2): mean of squares 2.5 ln²2
    value = losses.log_l2_loss(grey(2.0, 8.0).log(), grey(1.0, 2.0))
    assert float(value) == pytest.approx(2.5 * math.log(2) ** 2, rel=1e-6)


def test_scale_invariant_by_hand():
    # mean(d²) - mean(d)² = 2.5 ln²2 - (1.5 ln 2)² = 0.25 ln²2
    value = losses.scale_invariant_loss(grey(2.0, 8.0).log(), grey(1.0, 2.0))
    assert float(value) == pytest.approx(0.25 * math.log(2) ** 2, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-4, 0.3, 77.0])
def test_scale_invariant_ignores_the_scale_of_each_picture(scale):
    torch.manual_seed(0)
    log_hdr, target = torch.randn(2, 3, 8, 16), torch.rand(2, 3, 8, 16) + 0.1
    scales = torch.tensor([scale, 1.0])[:, None, None, None]
    value = losses.scale_invariant_loss(log_hdr, target)
    assert float(value) > 0.1
    torch.testing.assert_close(losses.scale_invariant_loss(log_hdr + scales.log(), target), value)
    torch.testing.assert_close(losses.scale_invariant_loss(log_hdr, target * scales), value)


def test_luminance_classes_meet_at_the_papers_limits():
    dark, bright = math.exp(-5.5), math.exp(0.1)
    levels = grey(0.0, dark * 0.999, dark * 1.001, 1.0, bright * 0.999, bright * 1.001)
    assert losses.luminance_classes(levels)[0, 0].tolist() == [0, 0, 1, 1, 1, 2]


def test_segmentation_by_hand():
    logits = torch.zeros(1, 3, 1, 2)
    logits[0, 2, 0, 1] = math.log(2)
    # First pixel: -ln(1/3). Second, class 2 with odds 2 : 1 : 1: -ln(1/2).
    value = losses.segmentation_loss(logits, torch.tensor([[[0, 2]]]))
    assert float(value) == pytest.approx((math.log(3) + math.log(2)) / 2, rel=1e-6)


def test_merged_losses_by_hand():
    # Ramp (0, ½, 1) at 0.5, 0.915 and 1; d = ln 2 everywhere.
    ldr_linear = grey(0.5, 0.915, 1.0)
    high, low = losses.merged_losses(grey(2.0, 2.0, 2.0).log(), grey(1.0, 1.0, 1.0), ldr_linear)
    assert float(high) == pytest.approx((0 + 0.25 + 1) / 3 * math.log(2) ** 2, rel=1e-4)
    assert float(low) == pytest.approx((1 + 0.25 + 0) / 3 * math.log(2) ** 2, rel=1e-4)


def test_irradiance_of_a_brighter_world_is_stops_brighter():
    target = torch.rand(1, 3, 64, 128)
    assert float(losses.irradiance_loss()(target * 4.0, target)) == pytest.approx(2.0, rel=1e-5)


def test_irradiance_loss_is_the_metric():
    rng = np.random.default_rng(1)
    pictures = [rng.lognormal(0.0, 1.5, (64, 128, 3)).astype(np.float32) for _ in range(2)]
    pictures[0][20:24, 30:34] = 300.0
    loss = losses.irradiance_loss()(*(torch.from_numpy(each.transpose(2, 0, 1))[None] for each in pictures))
    # Coarser grids of pixels and normals: the same figure within a few per cent.
    assert float(loss) == pytest.approx(irradiance_error_stops(*pictures), rel=0.03)


def test_glossy_loss_of_a_brighter_world_is_stops_brighter():
    target = torch.rand(1, 3, 64, 128)
    assert float(losses.glossy_loss()(target * 4.0, target)) == pytest.approx(2.0, rel=1e-5)


def test_glossy_lobe_is_that_of_phong():
    # A white dot in a grey world g: its lobe holds g + (1 − g) ω (n + 1) / 2π cosⁿ, by ∫ cosⁿ = 2π / (n + 1).
    world = torch.full((1, 3, 32, 64), 0.1)
    world[..., 16, 32] = 1.0
    reflected = losses.glossy_loss().reflected(world)[0, 0].reshape(16, 32)
    directions, pixels = (sphere.pixel_directions(height, 2 * height) for height in (16, 32))
    solid_angle_sr = sphere.pixel_solid_angles_sr(32, 64)[16]
    cosines = np.maximum(directions @ pixels[16, 32], 0.0)
    expected = 0.1 + 0.9 * solid_angle_sr * 33.0 / (2.0 * np.pi) * cosines**32
    np.testing.assert_allclose(reflected.numpy(), expected, rtol=0.01)


@pytest.mark.parametrize("factor", [1, 2])
def test_reconstruction_is_that_of_numpy(factor):
    rng = np.random.default_rng(factor)
    picture = np.clip(rng.random((16 * factor, 32 * factor, 3)) * 1.5, 0.0, 1.0).astype(np.float32)
    log_hdr = rng.normal(0.0, 2.0, (16, 32, 3)).astype(np.float32)
    expected = reconstruct_array(picture, log_hdr)
    tensors = [torch.from_numpy(each.transpose(2, 0, 1).copy())[None] for each in (picture, log_hdr)]
    result = reconstruct(*tensors)[0].numpy().transpose(1, 2, 0)
    assert 0.1 < (expected != picture).mean() < 0.9
    # The product smooths 8-bit steps: the ramp of a pixel that is neither black nor white may move by half a code.
    ramp = np.clip((picture.mean(axis=-1, keepdims=True) - 0.83) / 0.17, 0.0, 1.0)
    settled = np.broadcast_to((ramp == 0.0) | (ramp == 1.0), picture.shape)
    np.testing.assert_allclose(result[settled], expected[settled], rtol=2e-5)
    half_code = 0.0043 / 0.17
    lowest, highest = (
        picture + (result - picture) * (each / ramp.clip(min=1e-6)) ** 3
        for each in ((ramp - half_code).clip(min=0.0), (ramp + half_code).clip(max=1.0))
    )
    assert ((expected >= 0.999 * lowest) & (expected <= 1.001 * highest))[(~settled) & (ramp > 0.1)].all()


def test_reconstruction_has_finite_gradients_everywhere():
    torch.manual_seed(0)
    picture = (torch.rand(1, 3, 32, 64) * 1.5).clamp(max=1.0)
    picture[..., :8, :] = 0.0
    log_hdr = torch.randn(1, 3, 16, 32, requires_grad=True)
    losses.irradiance_loss(map_height=8)(reconstruct(picture, log_hdr), torch.rand(1, 3, 32, 64)).backward()
    assert torch.isfinite(log_hdr.grad).all()
    assert log_hdr.grad.abs().sum() > 0


@pytest.mark.parametrize("seed", range(15, 20))
def test_gradients_are_finite_among_pixels_that_are_barely_over_exposed(seed):
    """Such a pixel is handed next to nothing by the rim of a lamp: light whose square is no float32 (seed 18)."""
    torch.manual_seed(seed)
    ramp = torch.rand(1, 1, 32, 64)
    ramp = torch.where(torch.rand(1, 1, 32, 64) < 0.8, -0.5 * ramp - 0.01, 10.0 ** (-4.0 * ramp))
    picture = (0.83 + 0.17 * ramp).expand(1, 3, -1, -1).contiguous()
    log_hdr = torch.randn(1, 3, 16, 32, requires_grad=True)
    losses.irradiance_loss(map_height=8)(reconstruct(picture, log_hdr), torch.rand(1, 3, 32, 64)).backward()
    assert torch.isfinite(log_hdr.grad).all()
    assert log_hdr.grad.abs().sum() > 0


def test_training_loss_adds_the_weighted_terms():
    torch.manual_seed(0)
    configuration = LossConfiguration(
        scale_invariant=1.0, segmentation=0.05, overexposed=0.2, well_exposed=0.01, irradiance=0.5
    )
    ldr_linear = torch.rand(2, 3, 32, 64).clamp(min=0.01)
    output = NetworkOutput(torch.randn(2, 3, 32, 64), torch.randn(2, 3, 32, 64))
    total, terms = losses.TrainingLoss(configuration)(output, ldr_linear, ldr_linear * 3.0, ldr_linear)
    assert set(terms) == {"scale_invariant", "segmentation", "overexposed", "well_exposed", "irradiance"}
    expected = sum(getattr(configuration, name) * float(term) for name, term in terms.items())
    assert float(total) == pytest.approx(expected, rel=1e-6)


def test_normalised_target_is_divided_by_its_maximum():
    hdr = torch.rand(1, 3, 8, 16) * 50.0
    loss = losses.TrainingLoss(LossConfiguration(target="normalised", log_l2=1.0))
    total, _ = loss(NetworkOutput((hdr / hdr.max()).log()), hdr, hdr, hdr)
    assert float(total) == pytest.approx(0.0, abs=1e-9)


def test_segmentation_classes_come_from_the_picture_that_is_asked_for():
    ldr_linear, hdr = torch.full((1, 3, 4, 4), 1.0), torch.full((1, 3, 4, 4), 5.0)
    logits = torch.zeros(1, 3, 4, 4)
    logits[:, 2] = 10.0  # sure that all is bright, which is so in the HDR only
    output = NetworkOutput(torch.zeros(1, 3, 4, 4), logits)
    terms = {
        source: losses.TrainingLoss(LossConfiguration(segmentation=1.0, segmentation_source=source))(
            output, ldr_linear, hdr, ldr_linear
        )[1]["segmentation"]
        for source in ("hdr", "ldr")
    }
    assert float(terms["hdr"]) < 0.01
    assert float(terms["ldr"]) == pytest.approx(10.0, abs=0.01)


def test_distribution_loss_of_a_smeared_light_by_hand():
    # All the light in one of four equal parts, against a quarter of it in each: ln 4 nats.
    target = torch.full((1, 3, 32, 64), 1e-12)
    target[..., :16] = 5.0
    smeared = torch.full((1, 3, 32, 64), 0.3)
    assert float(losses.distribution_loss(smeared, target)) == pytest.approx(math.log(4.0), rel=1e-4)


def test_distribution_loss_is_blind_to_the_amount_of_light():
    target = torch.rand(1, 3, 32, 64, generator=torch.Generator().manual_seed(5)) + 0.01
    assert float(losses.distribution_loss(7.0 * target, target)) == pytest.approx(0.0, abs=1e-5)


def test_distribution_loss_weighs_by_solid_angle():
    # A row at the pole and one at the horizon, equally bright: light is shared as their solid angles are.
    target = torch.full((1, 3, 32, 64), 1e-12)
    target[..., 0, :] = target[..., 16, :] = 1.0
    pole, horizon = (sphere.pixel_solid_angles_sr(32, 64)[row] for row in (0, 16))
    predicted = target.clone()
    predicted[..., 0, :] = 3.0
    share, wrong = pole / (pole + horizon), 3.0 * pole / (3.0 * pole + horizon)
    expected = share * math.log(share / wrong) + (1.0 - share) * math.log((1.0 - share) / (1.0 - wrong))
    assert float(losses.distribution_loss(predicted, target)) == pytest.approx(expected, rel=1e-4)
