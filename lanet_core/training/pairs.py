"""Training pairs: an LDR as a camera would take it, and the calibrated HDR it was taken from.

A sample depends on nothing but the seed and its own number, so that training resumes exactly, on any number
of processes and loader workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from lanet_core import sphere
from lanet_core.calibration import calibrate
from lanet_core.colour import quantise_srgb8
from lanet_core.errors import CalibrationError
from lanet_core.images import read_hdr
from lanet_core.training import augmentation
from lanet_core.training.configuration import AugmentationConfiguration
from lanet_core.training.display_adaptive_tmo import tone_map
from lanet_core.training.scenes import Scene
from lanet_core.training.virtual_camera import SRGB8_TO_LINEAR, draw_camera, expose

if TYPE_CHECKING:
    from lanet_core.training.tasks import CropTask, PanoramaTask

_DRAWS = 8


@dataclass(frozen=True)
class LoadedScene:
    """A scene's panorama in memory, (H, W, 3) float32, linear Rec.709, relative luminance."""

    scene: Scene
    hdr: np.ndarray


def load_scenes(scenes: Sequence[Scene], height: int) -> list[LoadedScene]:
    """Read panoramas, reduced to ``height`` rows where they have more.

    Where they have half as many, or a quarter, every pixel is repeated: no light is smeared.

    Raises:
        InputError: a file cannot be read or holds invalid pixels.
    """
    loaded = []
    for scene in scenes:
        hdr = read_hdr(scene.path)
        if hdr.shape[0] > height:
            hdr = sphere.downsample(hdr, height, 2 * height)
        elif height % hdr.shape[0] == 0:
            factor = height // hdr.shape[0]
            hdr = hdr.repeat(factor, axis=0).repeat(factor, axis=1)
        loaded.append(LoadedScene(scene, np.ascontiguousarray(hdr)))
    return loaded


class TrainingPairs(Dataset):
    """An endless sequence of pairs, the n-th always the same for the same seed.

    Args:
        scenes: loaded panoramas.
        task: of the stage.
        options: how they are varied.
        seed: of the whole training.
    """

    def __init__(
        self,
        scenes: Sequence[LoadedScene],
        task: CropTask | PanoramaTask,
        options: AugmentationConfiguration,
        seed: int,
    ) -> None:
        self.scenes = scenes
        self.task = task
        self.options = options
        self.seed = seed

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ``(ldr_linear, hdr)``, (3, H, W) float32, linear Rec.709, the HDR calibrated to the LDR."""
        rng = np.random.default_rng([self.seed, number])
        epoch, position = divmod(number, len(self.scenes))
        order = np.random.default_rng([self.seed, epoch, 1]).permutation(len(self.scenes))
        scene = int(order[position])
        for _ in range(_DRAWS):
            hdr, row_weights = self.task.draw(self.scenes[scene].hdr, rng)
            hdr = augmentation.tint(hdr, rng, self.options.white_balance_spread)
            if self.options.saturation_spread:
                hdr = augmentation.saturate(hdr, np.exp(rng.normal() * self.options.saturation_spread))
            ldr_linear = self._draw_ldr(hdr, row_weights, rng)
            try:
                pair = ldr_linear, calibrate(ldr_linear, hdr)
            except CalibrationError:  # a crop that is all sky, or all night: draw another
                scene = int(rng.integers(len(self.scenes)))
                continue
            return tuple(to_tensor(self.task.reduce(picture)) for picture in pair)
        raise CalibrationError(f"No usable image was drawn in {_DRAWS} tries (sample {number}).")

    def _draw_ldr(self, hdr: np.ndarray, row_weights: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
        if rng.random() < self.options.tone_mapped_share:
            return SRGB8_TO_LINEAR[quantise_srgb8(tone_map(hdr, is_panorama=row_weights is not None))]
        camera = draw_camera(rng, exposure_spread_ev=self.options.exposure_spread_ev)
        return SRGB8_TO_LINEAR[expose(hdr, camera, row_weights)]


def reduce_panorama(panorama: np.ndarray, height: int) -> np.ndarray:
    """Return a panorama at the network's size, every pixel the mean over its solid angle."""
    return sphere.downsample(panorama, height, 2 * height)


def to_tensor(picture: np.ndarray) -> torch.Tensor:
    """Return (H, W, 3) numpy as a (3, H, W) float32 tensor."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(picture, -1, 0), dtype=np.float32))


class StepNumbers:
    """The sample numbers of each step of one process: a batch sampler that starts anywhere.

    Args:
        first_step: the step to begin with.
        last_step: the step to stop before.
        batch_size: pictures a step, over all processes.
        rank: this process.
        processes: how many there are; they divide the batch evenly.
    """

    def __init__(self, first_step: int, last_step: int, batch_size: int, rank: int = 0, processes: int = 1) -> None:
        if batch_size % processes:
            raise ValueError(f"a batch of {batch_size} does not divide among {processes} processes")
        self.steps = range(first_step, last_step)
        self.batch_size = batch_size
        self.share = batch_size // processes
        self.rank = rank

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.steps:
            first = step * self.batch_size + self.rank * self.share
            yield list(range(first, first + self.share))

    def __len__(self) -> int:
        return len(self.steps)


def batches(pairs: Dataset, numbers: StepNumbers, workers: int) -> DataLoader:
    """Return the loader of a dataset's batches, (ldr_linear, hdr), made by background processes."""
    return DataLoader(pairs, batch_sampler=numbers, num_workers=workers)
