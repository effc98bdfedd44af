"""Checkpoints of networks that have learned nothing, and an image to try them on."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.panolanet import build_network
from lanet_core.training.checkpoints import Checkpoint
from lanet_core.training.configuration import LossConfiguration, StageConfiguration, TrainingConfiguration

PANOLANET = NetworkConfiguration(
    width=0.0625,
    decoder_normalisation="batch",
    attention_stream=False,
    luminance_attention=False,
    segmentation=False,
    ceiling_branch=True,
)
LANET = NetworkConfiguration(width=0.0625)
FACTS = {"version": "1.0", "training_data": "none: random weights"}


def checkpoint(seed: int, network=PANOLANET, images="panoramas", height=128, loss=None) -> Checkpoint:
    """A checkpoint of random weights and statistics, none of them as at the start."""
    torch.manual_seed(seed)
    stage = StageConfiguration(images, height, batch_size=1, steps=1, learning_rate=1e-3)
    configuration = TrainingConfiguration("random", "", (stage,), network=network, loss=loss or LossConfiguration())
    built = build_network(network)
    for parameter in built.parameters():
        parameter.data += 0.03 * torch.randn_like(parameter)
    for module in built.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0.0, 0.2)
            module.running_var.uniform_(0.5, 2.0)
    weights = built.state_dict()
    return Checkpoint(configuration, 1, 0, weights, weights, {})


def blocks(seed: int, height=128, width=256) -> np.ndarray:
    image = np.random.default_rng(seed).random((height // 16, width // 16, 3), np.float32) * 1.4
    return image.clip(0.0, 1.0).repeat(16, axis=0).repeat(16, axis=1)
