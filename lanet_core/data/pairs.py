"""Training pairs: an LDR as a camera would take it, and the calibrated HDR it was taken from.

They are made in torch on the device that trains. A sample depends on nothing but the seed and its own number, so that
training resumes exactly, on any number of processes and loader workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lanet_core.data import augmentation
from lanet_core.data.augmentation import AugmentationConfiguration
from lanet_core.data.display_adaptive_tmo import tone_map
from lanet_core.data.edits import srgb_decode
from lanet_core.data.scenes import Scene
from lanet_core.data.torch_camera import calibration_scale, expose, well_exposed_mask
from lanet_core.data.virtual_camera import draw_camera
from lanet_core.errors import CalibrationError
from lanet_core.files import read_hdr
from lanet_core.geometry import sphere
from lanet_core.networks.panolanet_lite import srgb_encode

_DRAWS = 8


@dataclass(frozen=True)
class LoadedScene:
    """A scene's panorama in memory, (H, W, 3) float32, linear Rec.709, relative luminance."""

    scene: Scene
    hdr: np.ndarray


def load_scenes(scenes: Sequence[Scene], height: int) -> list[LoadedScene]:
    """Read panoramas at ``height`` rows, see :func:`with_rows`.

    Raises:
        InputError: a file cannot be read or holds invalid pixels.
    """
    return [LoadedScene(scene, np.ascontiguousarray(with_rows(read_hdr(scene.path), height))) for scene in scenes]


def with_rows(hdr: np.ndarray, height: int) -> np.ndarray:
    """Return a panorama (H, W, 3) float32 as (height, 2·height, 3).

    Where it has half as many rows, or a quarter, every pixel is repeated: no light is smeared.
    """
    if hdr.shape[0] > height:
        return sphere.downsample(hdr, height, 2 * height)
    if height % hdr.shape[0] == 0:
        factor = height // hdr.shape[0]
        return hdr.repeat(factor, axis=0).repeat(factor, axis=1)
    return sphere.upsample_bilinear(hdr, height, 2 * height)


class Task(Protocol):
    """What a stage trains on: crops or whole panoramas, see :mod:`lanet_core.training.tasks`."""

    def draw(self, hdr: Tensor, rng: np.random.Generator) -> tuple[Tensor, bool]:
        """Return an image of a panorama (3, H, W), and whether it is a panorama."""
        ...

    def reduce(self, image: Tensor, /) -> Tensor:
        """Return an image of :meth:`draw` at the size of the network's input."""
        ...


class TrainingPairs(Dataset):
    """An endless sequence of pairs, the n-th always the same for the same seed.

    Args:
        scenes: loaded panoramas.
        task: of the stage.
        options: how they are varied.
        seed: of the whole training.
        device: where the images are made.
    """

    def __init__(
        self,
        scenes: Sequence[LoadedScene],
        task: Task,
        options: AugmentationConfiguration,
        seed: int,
        device: torch.device | str = "cpu",
    ) -> None:
        self.scenes = scenes
        self.task = task
        self.options = options
        self.seed = seed
        self.device = torch.device(device)
        self._panoramas = [torch.from_numpy(np.moveaxis(each.hdr, -1, 0)).to(self.device) for each in scenes]

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """Return ``(ldr_linear, hdr)``, (3, H, W) float32, linear Rec.709, the HDR calibrated to the LDR."""
        rng = np.random.default_rng([self.seed, number])
        epoch, position = divmod(number, len(self.scenes))
        order = np.random.default_rng([self.seed, epoch, 1]).permutation(len(self.scenes))
        scene = int(order[position])
        for _ in range(_DRAWS):
            hdr, is_panorama = self.task.draw(self._panoramas[scene], rng)
            hdr = augmentation.tint(hdr, rng, self.options.white_balance_spread)
            if self.options.saturation_spread:
                hdr = augmentation.saturate(hdr, float(np.exp(rng.normal() * self.options.saturation_spread)))
            ldr_linear = self._draw_ldr(hdr, is_panorama, rng)
            scale = calibration_scale(ldr_linear, hdr, well_exposed_mask(ldr_linear))
            if bool(scale > 0.0):
                return self.task.reduce(ldr_linear), self.task.reduce(hdr * scale)
            scene = int(rng.integers(len(self.scenes)))  # a crop that is all sky, or all night: draw another
        raise CalibrationError(f"No usable image was drawn in {_DRAWS} tries (sample {number}).")

    def _draw_ldr(self, hdr: Tensor, is_panorama: bool, rng: np.random.Generator) -> Tensor:
        """Return an 8-bit photograph of (3, H, W), decoded from sRGB."""
        if rng.random() < self.options.tone_mapped_share:
            encoded = srgb_encode(tone_map(hdr, is_panorama=is_panorama))
        else:
            camera = draw_camera(rng, exposure_spread_ev=self.options.exposure_spread_ev)
            encoded, _ = expose(hdr, camera, is_panorama=is_panorama)
        return srgb_decode((encoded * 255.0).round() / 255.0)


def to_tensor(image: np.ndarray) -> Tensor:
    """Return (H, W, 3) numpy as a (3, H, W) float32 tensor."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(image, -1, 0), dtype=np.float32))


class StepNumbers:
    """The sample numbers of each step of one process: a batch sampler that starts anywhere.

    Args:
        first_step: the step to begin with.
        last_step: the step to stop before.
        batch_size: images a step, over all processes.
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


def batches(pairs: TrainingPairs, numbers: StepNumbers, workers: int) -> Iterable[list[Tensor]]:
    """Return the batches, (ldr_linear, hdr), (N, 3, H, W) each.

    On a CPU background processes make them; on any other device this process does, which has the scenes there.
    """
    if pairs.device.type == "cpu":
        return DataLoader(pairs, batch_sampler=numbers, num_workers=workers)
    return ([torch.stack(each) for each in zip(*map(pairs.__getitem__, share), strict=True)] for share in numbers)
