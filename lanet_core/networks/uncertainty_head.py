"""The predicted uncertainty of a conversion: the expected error of its light, and the range of its strength."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lanet_core.geometry import sphere
from lanet_core.networks.initialisation import set_to_zero
from lanet_core.networks.panolanet_lite import LightOutput, PanoLANetLite
from lanet_core.networks.resampling import pool_by_solid_angle

PREDICTION_FIGURES = 5
_HIDDEN = 12
#: Limits of the expected error, natural log of stops: 2 % of a stop to 4 stops.
_LOG_STOPS_LIMITS = (-4.0, 1.4)
#: Smallest distance of the range's ends from 0, in stops.
_LEAST_RANGE = 0.02


class Uncertainty(NamedTuple):
    """What the head predicts.

    Attributes:
        log_stops: (N,), natural log of the expected error of diffuse irradiance, mean over directions, in stops.
        strength_range: (N, 2), the tenth and the ninetieth percentile of the factor that the added light may lack, in
            stops; the first at most 0, the second at least 0.
    """

    log_stops: Tensor
    strength_range: Tensor


class UncertaintyHead(nn.Module):
    """A small regression on the scene's statistics and on figures of the prediction.

    It is fitted to the errors of networks on scenes that they were not trained on, see
    :mod:`lanet_core.training.lite.uncertainty`.

    Args:
        statistics: number of figures of :class:`lanet_core.networks.scene_statistics.SceneStatistics`.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, statistics: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(statistics + PREDICTION_FIGURES))
        self.register_buffer("deviation", torch.ones(statistics + PREDICTION_FIGURES))
        self.layers = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(statistics + PREDICTION_FIGURES, _HIDDEN), nn.Tanh(), nn.Linear(_HIDDEN, 3)
        )
        set_to_zero(self.layers[-1])
        self.layers[-1].bias.data = torch.tensor([math.log(0.4), -0.5, -0.5])

    def forward(self, figures: Tensor) -> Uncertainty:
        """Predict from figures, (N, statistics + 5), of :func:`uncertainty_figures`."""
        normalised = ((figures - self.mean) / self.deviation).clamp(-4.0, 4.0)
        log_stops, low, high = self.layers(normalised).unbind(dim=1)
        limits = torch.stack([-torch.exp(low) - _LEAST_RANGE, torch.exp(high) + _LEAST_RANGE], dim=1)
        return Uncertainty(log_stops.clamp(*_LOG_STOPS_LIMITS), limits)


def uncertainty_figures(image: Tensor, statistics: Tensor, output: LightOutput) -> Tensor:
    """Return the head's input, (N, statistics + 5).

    Args:
        image: (N, 3, H, 2H), linear Rec.709 relative to the white level, [0, 1].
        statistics: (N, statistics), of the scene.
        output: the network's prediction.
    """
    rows = int(output.light.shape[-2])
    solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(rows, 1)).to(image)[:, None] / (4.0 * math.pi)

    def total(radiance: Tensor) -> Tensor:
        return (radiance.mean(dim=1, keepdim=True) * solid_angles).flatten(1).sum(dim=1) / (2 * rows)

    ldr = total(pool_by_solid_angle(image, int(image.shape[-2]) // rows)) + 1e-4
    light, concentrated = total(output.light), total(output.concentrated)
    peak = output.light.mean(dim=1).flatten(1).amax(dim=1)
    entropy = -(output.log_share.exp() * output.log_share.clamp(min=-30.0)).flatten(1).sum(dim=1)
    predicted = [
        (light / ldr + 1e-2).log() / 2.0,
        (concentrated / ldr + 1e-2).log() / 2.0,
        (concentrated + 1e-4).log() / 4.0 - (light + 1e-4).log() / 4.0,
        (peak + 1.0).log() / 4.0,
        entropy / 4.0,
    ]
    return torch.cat([statistics, torch.stack(predicted, dim=1)], dim=1)


class PanoLANetWithUncertainty(nn.Module):
    """A trained network and its uncertainty, as they are exported."""

    def __init__(self, network: PanoLANetLite, head: UncertaintyHead) -> None:
        super().__init__()
        self.network, self.head = network, head

    def forward(self, image: Tensor, overexposure: Tensor) -> tuple[LightOutput, Uncertainty]:
        """Predict as the network does, and the uncertainty of the prediction."""
        output = self.network(image, overexposure)
        assert self.network.statistics is not None, "the uncertainty is fitted to statistics"
        figures = uncertainty_figures(image, self.network.statistics(image, overexposure), output)
        return output, self.head(figures)
