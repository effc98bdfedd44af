"""The optimiser, and how its learning rate goes."""

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
    warmup = min(1.0, (step + 1) / stage.warmup_steps) if stage.warmup_steps else 1.0
    if stage.schedule == "step":
        return stage.learning_rate * warmup * _STEP_FACTOR ** (step // _STEP_LENGTH)
    cosine = 0.5 * (1.0 + math.cos(math.pi * step / stage.steps))
    return stage.learning_rate * warmup * (_COSINE_FLOOR + (1.0 - _COSINE_FLOOR) * cosine)


def make_optimiser(network: nn.Module, options: OptimiserConfiguration) -> torch.optim.Optimizer:
    """Return AdamW that decays convolutions' weights only, not norms and biases."""
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": options.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(options.beta1, options.beta2))
