"""Networks small enough to test in a moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.panolanet import build_network


@pytest.fixture
def make_network() -> Callable[..., nn.Module]:
    """Return a function that builds a narrow network whose weights are all random, none of them zero."""

    def make(**values) -> nn.Module:
        torch.manual_seed(0)
        network = build_network(NetworkConfiguration(width=1 / 8, **values))
        for parameter in network.parameters():
            parameter.data += 0.05 * torch.randn_like(parameter)
        return network

    return make
