"""The exponential moving average of a network's weights, which generalises better than the last step's."""

from __future__ import annotations

import copy

import torch
from torch import nn


def start_average(network: nn.Module) -> nn.Module:
    """Return a copy of a network to hold the average of its weights."""
    return copy.deepcopy(network).eval().requires_grad_(False)


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Let an average take in a network's weights.

    The decay grows with the steps, so that the random weights of the start are soon forgotten. Buffers
    (batch-norm statistics) are averaged like weights; counters are copied.

    Args:
        average: from :func:`start_average`.
        network: the network in training.
        decay: share of the old average that a step keeps, in the long run.
        step: steps done, counted from 1.
    """
    decay = min(decay, step / (step + 10.0))
    current = network.state_dict()
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(current[name].to(value.dtype), 1.0 - decay)
        else:
            value.copy_(current[name])
