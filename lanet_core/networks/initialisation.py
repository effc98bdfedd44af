"""Initial values of layers."""

from __future__ import annotations

from torch import nn


def set_to_zero(layer: nn.Module) -> None:
    """Set the weight and the bias of a layer to zero."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
