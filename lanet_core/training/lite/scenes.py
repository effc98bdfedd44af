"""Panoramas of which the training photographs are taken, in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from lanet_core.data.light_photographs import TrainingScene, training_scene
from lanet_core.data.pairs import with_rows
from lanet_core.data.scenes import Scene
from lanet_core.errors import DataError
from lanet_core.files import read_hdr
from lanet_core.training.lite_configuration import SCENE_ROWS


def load_training_scenes(scenes: list[Scene], device: torch.device | str = "cpu") -> list[TrainingScene]:
    """Read scenes at :data:`SCENE_ROWS` rows, to the device where their photographs are made.

    Raises:
        InputError: a file cannot be read.
        DataError: a panorama's size is not 2:1 or does not reduce to :data:`SCENE_ROWS` rows.
    """
    loaded = (training_scene(scene.name, _sized(read_hdr(scene.path), scene), scene.category) for scene in scenes)
    return [replace(scene, hdr=scene.hdr.to(device)) for scene in loaded]


def _sized(hdr: np.ndarray, scene: Scene) -> np.ndarray:
    height, width = hdr.shape[:2]
    if width != 2 * height or height < SCENE_ROWS // 4:
        raise DataError(
            f"The panorama is {width}x{height}; training requires 2:1 and at least {SCENE_ROWS // 4} rows.",
            path=scene.path,
            remedy="Remove it from the folder or from scenes.csv.",
        )
    return with_rows(hdr, SCENE_ROWS)
