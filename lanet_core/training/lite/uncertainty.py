"""Fits the predicted uncertainty to the errors of networks on scenes that they were not trained on.

Each of K networks was trained without one fold of the train split. Their errors on the folds that they held out are
errors on unseen scenes, of which there are as many as the train split has: clean photographs and edited ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core.data.folds import Fold
from lanet_core.data.light_photographs import LightSample
from lanet_core.data.scenes import find_scenes
from lanet_core.errors import CheckpointError
from lanet_core.networks.panolanet_lite import PanoLANetLite
from lanet_core.networks.uncertainty_head import PREDICTION_FIGURES, UncertaintyHead, uncertainty_figures
from lanet_core.training.checkpoints import Checkpoint
from lanet_core.training.lite.reflected_light import ReflectedLightLoss, irradiance_loss
from lanet_core.training.lite.scenes import load_training_scenes
from lanet_core.training.lite.validation import validation_photographs
from lanet_core.training.lite_configuration import LiteTrainingConfiguration

#: Factors on the added light among which the best one of a photograph is sought, in stops.
FACTORS_EV = np.arange(-4.0, 4.01, 0.125)
_QUANTILES = (0.1, 0.9)
_STEPS = 300
_LEARNING_RATE = 3e-3
_WEIGHT_DECAY = 1.0


@dataclass(frozen=True)
class HeldOutErrors:
    """Predictions on held-out photographs and how wrong they are.

    Attributes:
        figures: (N, F), input of the head.
        stops: (N,), error of diffuse irradiance, in stops.
        factor_ev: (N,), the factor on the added light that makes the error least, in stops; 0 where none helps.
    """

    figures: Tensor
    stops: Tensor
    factor_ev: Tensor


@torch.inference_mode()
def held_out_errors(
    network: PanoLANetLite, batches: Sequence[LightSample], irradiance: ReflectedLightLoss
) -> HeldOutErrors:
    """Measure a network on photographs of scenes that it was not trained on."""
    assert network.statistics is not None, "the uncertainty is fitted to statistics"
    network.eval()
    figures, stops, factors = [], [], []
    for batch in batches:
        output = network(batch.image, batch.overexposure)
        statistics = network.statistics(batch.image, batch.overexposure)
        figures.append(uncertainty_figures(batch.image, statistics, output))
        ldr, light, truth = (irradiance.reflected(each) for each in (batch.ldr, output.light, batch.truth))
        errors = torch.stack([irradiance.difference(ldr + light * 2.0**ev, truth) for ev in FACTORS_EV.tolist()])
        own = errors[int(np.abs(FACTORS_EV).argmin())]
        best, index = errors.min(dim=0)
        stops.append(own)
        factors.append(torch.where(best < own - 0.01, torch.from_numpy(FACTORS_EV).float()[index], 0.0))
    return HeldOutErrors(torch.cat(figures), torch.cat(stops), torch.cat(factors))


def fit_uncertainty(errors: HeldOutErrors) -> UncertaintyHead:
    """Return a head fitted to errors.

    The expected error minimises the negative log-likelihood of an exponential distribution (Gneiting and Raftery 2007,
    "Strictly Proper Scoring Rules, Prediction, and Estimation"); the range, the quantile loss (Koenker and Bassett
    1978, "Regression Quantiles").
    """
    torch.manual_seed(0)
    with torch.inference_mode(False):
        figures, stops, factors = (each.clone() for each in (errors.figures, errors.stops, errors.factor_ev))
    head = UncertaintyHead(figures.shape[1] - PREDICTION_FIGURES)
    head.mean.copy_(figures.mean(dim=0))
    head.deviation.copy_(figures.std(dim=0).clamp(min=1e-3))
    optimiser = torch.optim.AdamW(head.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, _STEPS)
    head.train()
    for _ in range(_STEPS):
        predicted = head(figures)
        loss = (stops * (-predicted.log_stops).exp() + predicted.log_stops).mean()
        for column, quantile in enumerate(_QUANTILES):
            missed = factors - predicted.strength_range[:, column]
            loss = loss + (F.relu(missed) * quantile + F.relu(-missed) * (1.0 - quantile)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return head.eval()


def uncertainty_of_folds(checkpoints: Sequence[Checkpoint], count: int, data: Path) -> UncertaintyHead:
    """Fit a head to the errors of the networks of folds, each on the scenes that it held out.

    Args:
        checkpoints: of the runs with the folds 1, 2, … of ``count``, in this order.
        count: how many folds there are; the last ones may be missing.
        data: the folder of HDR panoramas on which they were trained.

    Raises:
        DataError: the folder does not make so many folds.
        CheckpointError: a checkpoint is of one of the paper's networks.
    """
    scenes = find_scenes(data, "train")
    irradiance = irradiance_loss()
    measured = []
    for number, checkpoint in enumerate(checkpoints, start=1):
        configuration = checkpoint.configuration
        if not isinstance(configuration, LiteTrainingConfiguration):
            raise CheckpointError(
                f"Checkpoint {number} of the folds is of another kind of network.",
                remedy="Use checkpoints of the same configuration as the exported one.",
            )
        network = PanoLANetLite(configuration.network)
        network.load_state_dict(checkpoint.average)
        _, held_out = Fold(number, count).split(scenes)
        photographs = validation_photographs(load_training_scenes(held_out), configuration.schedule.height)
        measured += [held_out_errors(network, batches, irradiance) for batches in photographs.values()]
    columns = ([getattr(each, name) for each in measured] for name in ("figures", "stops", "factor_ev"))
    return fit_uncertainty(HeldOutErrors(*(torch.cat(column) for column in columns)))
