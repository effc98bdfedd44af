"""The uncertainty head before its fit: shapes, limits and signs."""

from __future__ import annotations

import torch

from lanet_core.networks.panolanet_lite import LightOutput
from lanet_core.networks.uncertainty_head import PREDICTION_FIGURES, UncertaintyHead, uncertainty_figures


def light(level: float) -> LightOutput:
    radiance = torch.full((2, 3, 16, 32), level)
    return LightOutput(radiance, 0.5 * radiance, torch.full((2, 1, 16, 32), -6.2), torch.zeros(2, 3))


def test_the_range_contains_no_change_and_the_error_is_limited():
    torch.manual_seed(0)
    head = UncertaintyHead(7).eval()
    torch.nn.init.normal_(head.layers[-1].weight, std=10.0)
    predicted = head(10.0 * torch.randn(50, 7 + PREDICTION_FIGURES))
    assert (predicted.strength_range[:, 0] < 0.0).all()
    assert (predicted.strength_range[:, 1] > 0.0).all()
    assert -4.0 <= float(predicted.log_stops.min()) < float(predicted.log_stops.max()) <= 1.4


def test_figures_of_the_prediction_follow_the_light():
    image, statistics = torch.full((2, 3, 32, 64), 0.3), torch.randn(2, 7)
    weak, strong = (uncertainty_figures(image, statistics, light(level)) for level in (0.1, 10.0))
    assert weak.shape == (2, 7 + PREDICTION_FIGURES)
    torch.testing.assert_close(weak[:, :7], statistics)
    assert (strong[:, 7:9] > weak[:, 7:9] + 1.0).all()
    for level in (0.0, 1e5):
        assert torch.isfinite(uncertainty_figures(image, statistics, light(level))).all()
