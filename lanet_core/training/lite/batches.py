"""The batches of each step: photographs from a pool, or drawn anew, each with another rotation.

Photographs, pool and batches are on the device of the scenes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lanet_core.data.light_photographs import LightPhotographs, LightSample, TrainingScene, stack, to_half
from lanet_core.inference.model_metadata import CELL_PIXELS
from lanet_core.training.lite_configuration import LiteTrainingConfiguration


class LiteBatches:
    """Training batches by step; a batch depends on the configuration's seed and its step only.

    Args:
        configuration: of the training.
        real: captured scenes.
        synthetic: rendered scenes; empty where the configuration uses none.
        workers: processes that draw the pool, where the scenes are on a CPU.
        report: takes a line of progress.
    """

    def __init__(
        self,
        configuration: LiteTrainingConfiguration,
        real: Sequence[TrainingScene],
        synthetic: Sequence[TrainingScene] = (),
        workers: int = 1,
        report: Callable[[str], None] = print,
    ) -> None:
        self._schedule, self._seed = configuration.schedule, configuration.seed
        self._sources = [
            LightPhotographs(scenes, configuration.photographs, configuration.schedule.height)
            for scenes in (real, synthetic)
        ]
        self._pools: list[list[LightSample]] = []
        self._draws = (self._schedule.pool, self._schedule.synthetic_pool)
        if self._schedule.pool:
            for number, (source, draws) in enumerate(zip(self._sources, self._draws, strict=True)):
                if source.scenes:
                    report(f"drawing {draws} photographs of each of {len(source.scenes)} scenes")
                self._pools.append(_drawn(source, draws, (self._seed, number), workers))

    def __call__(self, step: int, rank: int = 0, processes: int = 1) -> LightSample:
        """Return a process's share of the batch of a step, counted from 0."""
        share = self._schedule.batch_size // processes
        first = step * self._schedule.batch_size + rank * share
        return stack([self._sample(number) for number in range(first, first + share)])

    def _sample(self, number: int) -> LightSample:
        rng = np.random.default_rng([self._seed, 2, number])
        is_synthetic = bool(self._sources[1].scenes) and rng.random() < self._schedule.synthetic_share
        scenes = self._sources[is_synthetic].scenes
        # Each captured scene has its turn once in every epoch.
        epoch, position = divmod(number, len(scenes))
        order = np.random.default_rng([self._seed, 3, epoch]).permutation(len(scenes))
        scene = int(rng.integers(len(scenes)) if is_synthetic else order[position])
        if not self._pools:
            return self._sources[is_synthetic].draw(scenes[scene], rng)
        draws = self._draws[is_synthetic]
        photograph = scene * draws + int(rng.integers(draws))
        return turned(self._pools[is_synthetic][photograph], rng)


def turned(sample: LightSample, rng: np.random.Generator) -> LightSample:
    """Return a sample rotated about the vertical by whole cells, and mirrored half of the time."""
    width = sample.ldr.shape[-1]
    columns, is_mirrored = int(rng.integers(width)), rng.random() < 0.5

    def turn(field: Tensor, scale: int) -> Tensor:
        field = field.float().roll(columns * scale, -1)
        return field.flip(-1) if is_mirrored else field

    at_network_size = {name: turn(getattr(sample, name), CELL_PIXELS) for name in ("image", "overexposure")}
    others = [name for name in LightSample._fields if name not in (*at_network_size, "weight")]
    return sample._replace(
        **at_network_size, **{name: turn(getattr(sample, name), 1) for name in others}, weight=sample.weight.float()
    )


class _Pool(Dataset):
    """Photographs of each scene in turn, as half floats on the device of the scenes."""

    def __init__(self, source: LightPhotographs, draws: int, seed: tuple[int, int]) -> None:
        self._source, self._draws, self._seed = source, draws, seed

    def __len__(self) -> int:
        return self._draws * len(self._source.scenes)

    def __getitem__(self, number: int) -> LightSample:
        scene, draw = divmod(number, self._draws)
        rng = np.random.default_rng([*self._seed, scene, draw])
        return to_half(self._source.draw(self._source.scenes[scene], rng))


def _drawn(source: LightPhotographs, draws: int, seed: tuple[int, int], workers: int) -> list[LightSample]:
    """Draw a pool: on a CPU in background processes, on any other device in this process and on that device."""
    pool = _Pool(source, draws, seed)
    if any(scene.hdr.device.type != "cpu" for scene in source.scenes):
        return [pool[number] for number in range(len(pool))]
    # Arrays cross processes by value: tensors would hold a file handle each.
    # The cast: torch annotates the collation of batches, and there are none.
    loader = DataLoader(pool, batch_size=None, num_workers=workers, collate_fn=cast("Any", _as_arrays))
    return [LightSample(*(torch.from_numpy(np.asarray(field)) for field in fields)) for fields in loader]


def _as_arrays(sample: LightSample) -> list[np.ndarray]:
    return [field.numpy() for field in sample]
