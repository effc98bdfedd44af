"""A small model of the shipped architecture: its configuration, and a checkpoint of random weights."""

from __future__ import annotations

import torch
from torch import nn

from lanet_core.data.photograph_options import PhotographOptions
from lanet_core.networks.panolanet_lite import LiteConfiguration, PanoLANetLite
from lanet_core.training.checkpoints import Checkpoint
from lanet_core.training.lite_configuration import LiteSchedule, LiteTrainingConfiguration

SMALL_NETWORK = LiteConfiguration(decoder_channels=(16, 16, 8, 8), head_channels=8, ceiling_channels=(16, 16, 8, 8))


def lite_configuration(**schedule) -> LiteTrainingConfiguration:
    values = {"height": 64, "batch_size": 2, "steps": 3, "warmup_steps": 1, "pool": 2} | schedule
    options = PhotographOptions(glue_share=0.3, sharp_share=0.5)
    return LiteTrainingConfiguration(
        "small", "A few steps.", 3, SMALL_NETWORK, photographs=options, schedule=LiteSchedule(**values)
    )


def lite_checkpoint(seed: int = 0, **network) -> Checkpoint:
    """A checkpoint whose weights and statistics are all random."""
    torch.manual_seed(seed)
    values = vars(SMALL_NETWORK) | network
    configuration = LiteTrainingConfiguration(
        "small", "Random weights.", network=LiteConfiguration(**values), schedule=LiteSchedule(height=64)
    )
    built = PanoLANetLite(configuration.network)
    for parameter in built.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    for module in built.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.7, 1.5)
    weights = built.state_dict()
    return Checkpoint(configuration, 0, 1, weights, weights, {})
