"""``name=checkpoint.pt``: a network straight from training, run as the product would run its exported model."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lanet_core.errors import CheckpointError
from render_eval.methods.method import Method, Photograph, file_sha256, needed_packages
from render_eval.methods.own_models import image_model, panorama_model
from render_eval.records import MethodRecord

if TYPE_CHECKING:
    from lanet_core.training.checkpoints import Checkpoint


class CheckpointNetwork:
    """A checkpoint's averaged network, exported to ONNX for the time of the evaluation.

    The network sees images at the size of its last stage of training. One that was trained on crops converts a panorama
    as an image with edges.

    Args:
        name: the method's name.
        path: a checkpoint that ``lanet train`` wrote.
        threads: ONNX Runtime's CPU threads; all cores by default.

    Raises:
        MethodError: torch, or something else that training needs, is missing.
        CheckpointError: the checkpoint is missing, damaged or not one of ours.
        ModelError: the network cannot be exported.
    """

    def __init__(self, name: str, path: Path, *, threads: int | None = None) -> None:
        path = Path(path)
        with needed_packages(name, extra="training"):
            from lanet_core.training.checkpoints import load_checkpoint
            from lanet_core.training.configuration import TrainingConfiguration
        checkpoint = load_checkpoint(path)
        self._method = _exported(name, checkpoint, path, threads)
        has_stages = isinstance(checkpoint.configuration, TrainingConfiguration)
        stage = f"stage {checkpoint.stage + 1}, " if has_stages else ""
        self.record = MethodRecord(
            name,
            f"{checkpoint.configuration.name}, {stage}step {checkpoint.step}",
            f"{path.name}, SHA-256 {file_sha256(path)}",
        )

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, 1 = the LDR's white.

        Raises:
            InputError: the photograph is no panorama, and the network was trained on them.
            ModelError: the network's output is not finite.
        """
        return self._method.predict(photograph)


def _exported(name: str, checkpoint: Checkpoint, path: Path, threads: int | None) -> Method:
    """Return the method that runs a checkpoint's network; its file is needed while it is loaded only."""
    from lanet_core.training.configuration import TrainingConfiguration
    from lanet_core.training.export import export_checkpoint

    with tempfile.TemporaryDirectory(prefix="lanet_checkpoint_") as folder:
        model = Path(folder, "checkpoint.onnx")
        try:
            export_checkpoint(checkpoint, model, version="checkpoint", training_data="see the checkpoint")
        except RuntimeError as error:  # a state that does not fit the network
            raise CheckpointError("The checkpoint does not fit its own configuration.", path=path) from error
        configuration = checkpoint.configuration
        is_image_model = isinstance(configuration, TrainingConfiguration) and configuration.stages[-1].images == "crops"
        return (image_model if is_image_model else panorama_model)(name, model, threads=threads)
