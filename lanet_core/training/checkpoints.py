"""Checkpoints: everything that training needs to continue as if it had never stopped."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lanet_core.errors import CheckpointError
from lanet_core.files.replacing import replacing
from lanet_core.training.configuration import Configuration, from_dict
from lanet_core.training.lite_configuration import LiteTrainingConfiguration

_FORMAT = 1


@dataclass
class Checkpoint:
    """The state between two steps.

    Attributes:
        configuration: what is being trained.
        stage: index of the stage.
        step: steps done in that stage.
        network: state of the network.
        average: state of the moving average of its weights.
        optimiser: state of the optimiser.
        best: the stage of the best validation so far and its figure in stops; None before the first.
    """

    configuration: Configuration
    stage: int
    step: int
    network: dict[str, Any]
    average: dict[str, Any]
    optimiser: dict[str, Any]
    best: tuple[int, float] | None = None


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint whole or not at all: a killed run leaves the last good one.

    Raises:
        OutputError: it cannot be written.
    """
    values = dict(vars(checkpoint), format=_FORMAT, configuration=checkpoint.configuration.to_dict())
    if isinstance(checkpoint.configuration, LiteTrainingConfiguration):  # one stage, and no best of it
        del values["stage"], values["best"]
    with replacing(path) as temporary:
        torch.save(values, temporary)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint onto the CPU.

    Raises:
        CheckpointError: it is missing, damaged or not one of ours.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError("The checkpoint does not exist.", path=path)
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
        if values.pop("format") != _FORMAT:
            raise KeyError("format")
        values["configuration"] = from_dict(values["configuration"], path=path)
        return Checkpoint(**{"stage": 0, **values})
    except (RuntimeError, KeyError, TypeError, EOFError, AttributeError, pickle.UnpicklingError) as error:
        raise CheckpointError(
            "This is not a checkpoint of this program, or it is damaged.",
            path=path,
            remedy="Choose a checkpoint.pt that lanet train wrote.",
        ) from error
