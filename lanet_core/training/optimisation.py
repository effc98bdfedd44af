"""Learning rates, and the optimiser of the paper's networks."""

from __future__ import annotations

import math

import torch
from torch import nn

from lanet_core.training.configuration import OptimiserConfiguration, StageConfiguration

#: The paper's schedule: the learning rate falls by this factor at every so many steps.
_STEP_FACTOR, _STEP_LENGTH = 0.8, 5000
_COSINE_FLOOR = 0.01


def learning_rate(stage: StageConfiguration, step: int) -> float:
    """Return the learning rate of a stage's step (counted from 0)."""
    if stage.schedule == "cosine":
        return cosine_rate(stage.learning_rate, stage.warmup_steps, stage.steps, step)
    return stage.learning_rate * _warmup(stage.warmup_steps, step) * _STEP_FACTOR ** (step // _STEP_LENGTH)


def cosine_rate(learning_rate: float, warmup_steps: int, steps: int, step: int) -> float:
    """Return a learning rate that rises from 0 over the first steps and falls to a hundredth along a cosine."""
    cosine = 0.5 * (1.0 + math.cos(math.pi * step / steps))
    return learning_rate * _warmup(warmup_steps, step) * (_COSINE_FLOOR + (1.0 - _COSINE_FLOOR) * cosine)


def _warmup(warmup_steps: int, step: int) -> float:
    return min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0


def make_optimiser(network: nn.Module, options: OptimiserConfiguration) -> torch.optim.Optimizer:
    """Return AdamW that decays convolutions' weights only, not norms and biases."""
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": options.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(options.beta1, options.beta2))
