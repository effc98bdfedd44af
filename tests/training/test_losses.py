"""The losses against hand-computed values, other implementations and their invariances."""

from __future__ import annotations

import math

import pytest
import torch

from lanet_core.networks.lanet import NetworkOutput
from lanet_core.training import losses
from lanet_core.training.configuration import LossConfiguration


def grey(*values: float) -> torch.Tensor:
    """An image of one row, equal in all channels."""
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
def test_scale_invariant_ignores_the_scale_of_each_image(scale):
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


def test_training_loss_adds_the_weighted_terms():
    torch.manual_seed(0)
    configuration = LossConfiguration(scale_invariant=1.0, segmentation=0.05, overexposed=0.2, well_exposed=0.01)
    ldr_linear = torch.rand(2, 3, 32, 64).clamp(min=0.01)
    output = NetworkOutput(torch.randn(2, 3, 32, 64), torch.randn(2, 3, 32, 64))
    total, terms = losses.TrainingLoss(configuration)(output, ldr_linear, ldr_linear * 3.0)
    assert set(terms) == {"scale_invariant", "segmentation", "overexposed", "well_exposed"}
    expected = sum(getattr(configuration, name) * float(term) for name, term in terms.items())
    assert float(total) == pytest.approx(expected, rel=1e-6)


def test_normalised_target_is_divided_by_its_maximum():
    hdr = torch.rand(1, 3, 8, 16) * 50.0
    loss = losses.TrainingLoss(LossConfiguration(target="normalised", log_l2=1.0))
    total, _ = loss(NetworkOutput((hdr / hdr.max()).log()), hdr, hdr)
    assert float(total) == pytest.approx(0.0, abs=1e-9)


def test_segmentation_classes_come_from_the_image_that_is_asked_for():
    ldr_linear, hdr = torch.full((1, 3, 4, 4), 1.0), torch.full((1, 3, 4, 4), 5.0)
    logits = torch.zeros(1, 3, 4, 4)
    logits[:, 2] = 10.0  # sure that all is bright, which is so in the HDR only
    output = NetworkOutput(torch.zeros(1, 3, 4, 4), logits)
    terms = {
        source: losses.TrainingLoss(LossConfiguration(segmentation=1.0, segmentation_source=source))(
            output, ldr_linear, hdr
        )[1]["segmentation"]
        for source in ("hdr", "ldr")
    }
    assert float(terms["hdr"]) < 0.01
    assert float(terms["ldr"]) == pytest.approx(10.0, abs=0.01)
