"""The fit of the uncertainty on made-up errors: it ranks them, and its range covers about eight of ten."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from lanet_core.data.light_photographs import LightSample
from lanet_core.inference.model_metadata import CELL_PIXELS
from lanet_core.networks.panolanet_lite import LightOutput
from lanet_core.networks.uncertainty_head import PREDICTION_FIGURES
from lanet_core.training.lite import uncertainty
from lanet_core.training.lite.reflected_light import irradiance_loss
from lanet_core.training.lite.uncertainty import HeldOutErrors, fit_uncertainty, held_out_errors


def made_up_errors(count: int, seed: int) -> HeldOutErrors:
    """Errors whose size depends on the first figure; the other figures carry no information."""
    generator = torch.Generator().manual_seed(seed)
    figures = torch.randn(count, 4 + PREDICTION_FIGURES, generator=generator) * 3.0 + 5.0
    size = 0.3 * torch.exp(0.8 * (figures[:, 0] - 5.0) / 3.0)
    stops = size * (0.5 + torch.rand(count, generator=generator))
    return HeldOutErrors(figures, stops, size * torch.randn(count, generator=generator))


def ranks(values: torch.Tensor) -> np.ndarray:
    return np.argsort(np.argsort(values.numpy())).astype(float)


def test_it_ranks_unseen_errors_and_its_range_covers_eight_of_ten():
    torch.set_num_threads(1)
    head = fit_uncertainty(made_up_errors(400, 0))
    unseen = made_up_errors(600, 1)
    with torch.no_grad():
        predicted = head(unseen.figures)
    assert np.corrcoef(ranks(predicted.log_stops), ranks(unseen.stops))[0, 1] > 0.7
    assert float(predicted.log_stops.exp().mean() / unseen.stops.mean()) == pytest.approx(1.0, abs=0.2)
    low, high = predicted.strength_range.unbind(dim=1)
    covered = ((unseen.factor_ev >= low) & (unseen.factor_ev <= high)).float().mean()
    assert 0.72 < float(covered) < 0.88


def test_a_fit_is_decided_by_its_seed(monkeypatch):
    monkeypatch.setattr(uncertainty, "_STEPS", 20)
    errors = made_up_errors(50, 0)
    one, other = (fit_uncertainty(errors).state_dict() for _ in range(2))
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=0, atol=0)


class Weak(nn.Module):
    """A network that finds all light in the right place, but some stops too little of it."""

    def __init__(self, light: torch.Tensor, lacking_ev: float) -> None:
        super().__init__()
        self.light = light * 2.0**-lacking_ev

    def statistics(self, image, overexposure):
        return image.mean(dim=(2, 3))

    def forward(self, image, overexposure):
        nothing = torch.zeros_like(self.light)
        return LightOutput(self.light, nothing, nothing[:, :1], nothing[:, :, 0, 0])


@pytest.mark.parametrize("lacking_ev", [-1.0, 0.0, 2.0])
def test_held_out_errors_find_the_factor_that_is_lacking(lacking_ev):
    ldr, light = torch.full((2, 3, 32, 64), 0.3), torch.zeros(2, 3, 32, 64)
    light[:, :, 4:8, 10:20] = 40.0
    image = ldr.repeat_interleave(CELL_PIXELS, -1).repeat_interleave(CELL_PIXELS, -2)
    share = (light[:, :1] > 0.0).float()
    batch = LightSample(image, image[:, :2], ldr, share, light, light[:, :1], ldr + light, torch.ones(2))
    errors = held_out_errors(Weak(light, lacking_ev), [batch, batch], irradiance_loss())
    assert errors.figures.shape == (4, 3 + PREDICTION_FIGURES)
    torch.testing.assert_close(errors.factor_ev, torch.full((4,), lacking_ev))
    assert bool((errors.stops > 0.3).all()) == (lacking_ev != 0.0)
    if lacking_ev == 0.0:
        assert float(errors.stops.max()) < 1e-4
