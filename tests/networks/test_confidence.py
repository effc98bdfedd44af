"""The confidence head: proper foretelling, no gradient into the network, the same answer whichever way one looks."""

import math

import numpy as np
import pytest
import torch

from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.panolanet import build_network
from lanet_core.training.configuration import LossConfiguration
from lanet_core.training.losses import TrainingLoss, foretelling_loss

CONFIDENT = NetworkConfiguration(
    width=0.0625,
    attention_stream=False,
    luminance_attention=False,
    segmentation=False,
    ceiling_branch=True,
    light_context=True,
    confidence=True,
)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = build_network(CONFIDENT).eval()
    for last in (network.confidence.pixels[-1], network.confidence.scene[-1]):
        torch.nn.init.normal_(last.weight, std=0.3)
    return network


@pytest.fixture(scope="module")
def ldr_linear():
    blocks = np.random.default_rng(5).random((1, 3, 16, 32), np.float32) * 1.4
    return torch.from_numpy(blocks.clip(0.0, 1.0).repeat(8, axis=2).repeat(8, axis=3))


def test_the_expected_error_that_scores_best_is_the_mean():
    errors = torch.from_numpy(np.random.default_rng(0).gamma(0.7, 0.9, 20_000))
    candidates = torch.linspace(-3.0, 3.0, 601, dtype=torch.float64)
    scores = torch.stack([foretelling_loss(candidate, errors).mean() for candidate in candidates])
    assert float(candidates[scores.argmin()]) == pytest.approx(math.log(float(errors.mean())), abs=0.02)


def test_it_teaches_the_network_nothing(network, ldr_linear):
    network.zero_grad()
    loss = TrainingLoss(LossConfiguration(confidence=1.0))
    total, terms = loss(network(ldr_linear), ldr_linear, 5.0 * ldr_linear.square(), ldr_linear)
    assert set(terms) == {"confidence"}
    total.backward()
    reached = {name for name, weight in network.named_parameters() if weight.grad is not None and weight.grad.any()}
    assert reached
    assert all(name.startswith("confidence.") for name in reached)


def test_turning_the_panorama_turns_the_answer(network, ldr_linear):
    with torch.no_grad():
        straight = network(ldr_linear).confidence
        turned = network(ldr_linear.roll(128, dims=-1)).confidence
    assert straight.log_scale.shape == (1, 1, 128, 256)
    assert float(straight.log_scale.std()) > 0.01
    torch.testing.assert_close(turned.log_stops, straight.log_stops, atol=1e-4, rtol=0)
    torch.testing.assert_close(turned.log_scale, straight.log_scale.roll(128, dims=-1), atol=1e-3, rtol=0)


def test_it_needs_what_it_reads():
    with pytest.raises(ValueError, match="confidence needs light_context"):
        NetworkConfiguration(confidence=True)
