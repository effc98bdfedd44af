"""The losses of the light network: what the predicted radiance does to surfaces, and where it comes from."""

from __future__ import annotations

from functools import reduce
from operator import add

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.data.light_photographs import LightSample
from lanet_core.geometry import sphere
from lanet_core.networks.panolanet_lite import LightOutput
from lanet_core.training.lite.reflected_light import glossy_loss, irradiance_loss
from lanet_core.training.lite_configuration import LightLossWeights

#: Scenes with less light to add than this, radiance times steradians, have no distribution to learn.
_LEAST_ENERGY = 0.02
_OVEREXPOSED = 0.02


class LightLoss(nn.Module):
    """The weighted sum of the terms."""

    def __init__(self, weights: LightLossWeights) -> None:
        super().__init__()
        self.weights = weights
        self.irradiance = irradiance_loss()
        self.glossy = glossy_loss()

    def forward(self, output: LightOutput, sample: LightSample) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of a batch and its unweighted terms by name."""
        solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(*sample.ldr.shape[-2:])).to(sample.ldr)[:, None]
        predicted = sample.ldr + output.light
        strength = sample.weight
        true_energy = (sample.light.mean(dim=1, keepdim=True) * solid_angles).flatten(1)
        energy = (output.light.mean(dim=1, keepdim=True) * solid_angles).flatten(1)
        total = true_energy.sum(dim=1)
        concentrated = (sample.concentrated * solid_angles).flatten(1)
        concentrated_total = concentrated.sum(dim=1)
        terms = {
            "irradiance": (self.irradiance.each(predicted, sample.truth) * strength).mean(),
            "glossy": (self.glossy.each(predicted, sample.truth) * strength).mean(),
            "distribution": _divergence(true_energy, _log_shares(energy), total),
            "cells": _cell_error(output, sample, strength),
            "place": _divergence(concentrated, output.log_share.flatten(1), concentrated_total),
            "energy": _energy_error(output.log_energy, concentrated_total, strength),
            "beam": _beam_error(energy, true_energy, concentrated, concentrated_total, strength),
        }
        return reduce(add, (getattr(self.weights, name) * term for name, term in terms.items())), terms


def _log_shares(energy: Tensor) -> Tensor:
    return (energy + 1e-7).log() - (energy.sum(dim=1, keepdim=True) + 1e-6).log()


def _divergence(energy: Tensor, log_share: Tensor, total: Tensor) -> Tensor:
    """Return the mean divergence over the samples that have enough light, in nats."""
    share = energy / total.clamp(min=1e-6)[:, None]
    divergence = (torch.xlogy(share, share) - share * log_share.clamp(min=-20.0)).sum(dim=1)
    return (divergence * (total > _LEAST_ENERGY)).mean()


def _cell_error(output: LightOutput, sample: LightSample, strength: Tensor) -> Tensor:
    is_overexposed = (sample.share > _OVEREXPOSED).to(sample.share) * strength[:, None, None, None]
    share = sample.share.clamp(min=_OVEREXPOSED)
    error = F.smooth_l1_loss((output.light / share + 0.02).log(), (sample.light / share + 0.02).log(), reduction="none")
    return (error * is_overexposed).sum() / (3.0 * is_overexposed.sum()).clamp(min=1.0)


def _energy_error(log_energy: Tensor, total: Tensor, strength: Tensor) -> Tensor:
    predicted = (log_energy.exp().mean(dim=1) + _LEAST_ENERGY).log()
    return (F.smooth_l1_loss(predicted, (total + _LEAST_ENERGY).log(), reduction="none") * strength).mean()


def _beam_error(energy: Tensor, true_energy: Tensor, concentrated: Tensor, total: Tensor, strength: Tensor) -> Tensor:
    """Return the error of the light in the cell of the strongest concentrated light and around it, in stops."""
    height = int((energy.shape[1] // 2) ** 0.5)
    shape = (-1, 1, height, 2 * height)

    def around(field: Tensor) -> Tensor:
        field = F.pad(F.pad(field.reshape(shape), (1, 1, 0, 0), mode="circular"), (0, 0, 1, 1))
        return F.avg_pool2d(field, 3, 1).flatten(1) * 9.0

    true_beam, index = around(concentrated).max(dim=1)
    true_all, beam = (around(field).gather(1, index[:, None])[:, 0] for field in (true_energy, energy))
    error = ((beam + _LEAST_ENERGY).log2() - (true_all + _LEAST_ENERGY).log2()).abs()
    return (error * (true_beam > _LEAST_ENERGY) * (total > _LEAST_ENERGY) * strength).mean()
