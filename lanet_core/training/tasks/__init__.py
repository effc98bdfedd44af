"""The kinds of images that a stage of training uses: perspective crops or whole panoramas."""

from __future__ import annotations

from lanet_core.training.configuration import StageConfiguration
from lanet_core.training.tasks.crops import CropTask
from lanet_core.training.tasks.panoramas import PanoramaTask


def task_of(stage: StageConfiguration) -> CropTask | PanoramaTask:
    """Return the task of a stage."""
    return CropTask(stage.height) if stage.images == "crops" else PanoramaTask(stage.height)
