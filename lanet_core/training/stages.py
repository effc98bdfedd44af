"""The networks and stages of each kind of configuration."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from lanet_core.networks.panolanet import build_network
from lanet_core.networks.panolanet_lite import PanoLANetLite
from lanet_core.training.configuration import Configuration
from lanet_core.training.distributed import Process
from lanet_core.training.lite.imagenet import imagenet_weights
from lanet_core.training.lite.stage import LiteStage
from lanet_core.training.lite_configuration import LiteTrainingConfiguration
from lanet_core.training.paper_stage import PaperStage

Stage = PaperStage | LiteStage


def stages_of(configuration: Configuration, process: Process) -> Sequence[Stage]:
    """Return the stages of a configuration, in their order."""
    if isinstance(configuration, LiteTrainingConfiguration):
        return [LiteStage(configuration, process)]
    return [PaperStage(configuration, number, process) for number in range(len(configuration.stages))]


def first_network(configuration: Configuration, *, resumes: bool) -> nn.Module:
    """Return the network that training starts from.

    Args:
        configuration: of the run.
        resumes: its weights are replaced at once, so that none are needed.

    Raises:
        CheckpointError: the encoder's published weights are missing.
    """
    if not isinstance(configuration, LiteTrainingConfiguration):
        return build_network(configuration.network)
    network = PanoLANetLite(configuration.network)
    if configuration.network.pretrained and not resumes:
        network.load_imagenet_weights(imagenet_weights())
    return network
