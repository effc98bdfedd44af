"""Which parts of a network a stage runs, trains and leaves as they are."""

from __future__ import annotations

from torch import nn

from lanet_core.networks.configuration import Padding
from lanet_core.networks.padding import set_padding
from lanet_core.networks.panolanet import PanoLANet
from lanet_core.training.configuration import StageConfiguration

#: How the names of the confidence head's weights begin, and those of all heads that a network can be given later.
CONFIDENCE_PREFIX = "confidence."
HEAD_PREFIXES = (CONFIDENCE_PREFIX, "peak_light.")


def stage_part(network: nn.Module, stage: StageConfiguration) -> nn.Module:
    """Return the part of a network that a stage runs: on crops, the panorama branch alone; on grids, what sees them."""
    if stage.pictures == "light_grids":
        return network.grid
    return _panorama_branch(network) if stage.pictures == "crops" else network


def judged_part(network: nn.Module, stage: StageConfiguration) -> nn.Module:
    """Return the part of a network that is validated: what the stage runs, but on grids the panoramas made of them."""
    return network if stage.pictures == "light_grids" else stage_part(network, stage)


def fit_edges(network: nn.Module, stage: StageConfiguration, padding: Padding) -> None:
    """Let a network treat edges as a stage's pictures ask: a crop has some, a panorama what ``padding`` says."""
    set_padding(_panorama_branch(network), "symmetric" if stage.pictures == "crops" else padding)


def hand_on_pretrained_weights(network: nn.Module) -> None:
    """Start the ceiling branch, if there is one, from what the panorama branch learnt on crops."""
    if isinstance(network, PanoLANet):
        network.ceiling.encoder.load_state_dict(network.panorama.encoder.state_dict())


def freeze_what_is_not_trained(network: nn.Module, stage: StageConfiguration) -> None:
    """Let gradients reach only what a stage trains."""
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(stage.trains == "network" or name.startswith(CONFIDENCE_PREFIX))


def set_training_mode(network: nn.Module, stage: StageConfiguration) -> None:
    """Put a network into training mode; one that is frozen stays as it is used, without dropout or new statistics."""
    network.train(stage.trains == "network")


def _panorama_branch(network: nn.Module) -> nn.Module:
    return network.panorama if isinstance(network, PanoLANet) else network
