"""Training pairs: an LDR as a camera would take it, and the calibrated HDR it was taken from.

A sample depends on nothing but the seed and its own number, so that training resumes exactly, on any number
of processes and loader workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from lanet_core import sphere
from lanet_core.calibration import calibrate
from lanet_core.colour import quantise_srgb8
from lanet_core.errors import CalibrationError
from lanet_core.images import read_hdr
from lanet_core.training import augmentation, crops
from lanet_core.training.configuration import AugmentationConfiguration, StageConfiguration
from lanet_core.training.display_adaptive_tmo import tone_map
from lanet_core.training.scenes import Scene
from lanet_core.training.virtual_camera import SRGB8_TO_LINEAR, draw_camera, expose

#: Panoramas are photographed at this multiple of the network's size, then reduced, as the product does.
SUPERSAMPLING = 2
#: The same of those that are photographed finely.
FINE_SUPERSAMPLING = 4
#: Rows of the panoramas that light grids are made from, however few of them the network sees.
_LIGHT_GRID_ROWS = 256

_DRAWS = 8

#: Two panoramas exposed on one picture differ in level by at most this, in stops.
_DOUBLE_EXPOSURE_EV = 3.0


@dataclass(frozen=True)
class LoadedScene:
    """A scene's panorama in memory, (H, W, 3) float32, linear Rec.709, relative luminance."""

    scene: Scene
    hdr: np.ndarray


def panorama_rows(stage: StageConfiguration) -> int:
    """Return the rows of the panoramas that a stage's pictures are made from."""
    match stage.pictures:
        case "crops":  # one shows about a quarter of the azimuth: it takes a panorama twice as high to be as sharp
            return 2 * stage.height
        case "panoramas":
            return SUPERSAMPLING * stage.height
        case "light_grids":
            return max(_LIGHT_GRID_ROWS, stage.height)


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
        stage: kind and size of the pictures.
        options: how they are varied.
        seed: of the whole training.
        supplement: more panoramas, from which ``options.supplement_share`` of the pictures are made.
        fine: ``scenes`` at a larger size, from which ``options.fine_photograph_share`` of the other pictures are made.
    """

    def __init__(
        self,
        scenes: Sequence[LoadedScene],
        stage: StageConfiguration,
        options: AugmentationConfiguration,
        seed: int,
        supplement: Sequence[LoadedScene] = (),
        fine: Sequence[LoadedScene] = (),
    ) -> None:
        self.scenes = scenes
        self.fine = fine
        self.supplement = supplement
        self.stage = stage
        self.options = options
        self.seed = seed

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return what the network sees, what it should say of it, and the LDR picture behind both.

        Returns:
            ``(ldr_linear, hdr, picture)``, linear Rec.709, float32, the HDR calibrated: (3, H, W) and (3, H, W), and
            the LDR before it was reduced to the network's size, (3, kH, kW), k at most :data:`SUPERSAMPLING`.
        """
        rng = np.random.default_rng([self.seed, number])
        epoch, position = divmod(number, len(self.scenes))
        order = np.random.default_rng([self.seed, epoch, 1]).permutation(len(self.scenes))
        for _ in range(_DRAWS):
            hdr, row_weights = self._draw_picture(*self._draw_scene(int(order[position]), rng), rng)
            hdr = augmentation.tint(hdr, rng, self.options.white_balance_spread)
            if self.options.saturation_spread:
                hdr = augmentation.saturate(hdr, np.exp(rng.normal() * self.options.saturation_spread))
            ldr_linear = self._draw_ldr(hdr, row_weights, rng)
            try:
                pair = (ldr_linear, calibrate(ldr_linear, hdr))
            except CalibrationError:  # a crop that is all sky, or all night: draw another
                position = int(rng.integers(len(self.scenes)))
                continue
            if self.stage.pictures != "crops":
                pair = tuple(reduce_panorama(picture, self.stage.height) for picture in pair)
                ldr_linear = reduce_panorama(ldr_linear, min(len(ldr_linear), SUPERSAMPLING * self.stage.height))
            return tuple(to_tensor(picture) for picture in (*pair, ldr_linear))
        raise CalibrationError(f"No usable picture was drawn in {_DRAWS} tries (sample {number}).")

    def _draw_scene(self, position: int, rng: np.random.Generator) -> tuple[np.ndarray, Sequence[LoadedScene]]:
        """Return the panorama whose turn it is, or one of the supplement, and scenes of its size."""
        if self.supplement and rng.random() < self.options.supplement_share:
            return self.supplement[rng.integers(len(self.supplement))].hdr, self.scenes
        scenes = self.fine if self.fine and rng.random() < self.options.fine_photograph_share else self.scenes
        return scenes[position].hdr, scenes

    def _draw_picture(
        self, hdr: np.ndarray, scenes: Sequence[LoadedScene], rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return an HDR picture of a panorama, with what is taken of other scenes, and the weights of its rows."""
        if self.stage.pictures == "crops":
            crop = crops.random_crop(hdr, rng, height=self.stage.height, width=self.stage.height)
            return (augmentation.mirror(crop) if rng.random() < 0.5 else crop), None
        if rng.random() < self.options.glue_share:
            hdr = augmentation.glue_hemispheres(hdr, _other_panorama(hdr, scenes, rng))
        if self.options.double_exposure_share and rng.random() < self.options.double_exposure_share:
            level_ev = rng.uniform(-_DOUBLE_EXPOSURE_EV, _DOUBLE_EXPOSURE_EV)
            hdr = augmentation.double_expose(hdr, _other_panorama(hdr, scenes, rng), level_ev)
        hdr = augmentation.rotate_azimuth(hdr, int(rng.integers(hdr.shape[1])))
        if rng.random() < 0.5:
            hdr = augmentation.mirror(hdr)
        return hdr, sphere.pixel_solid_angles_sr(*hdr.shape[:2])

    def _draw_ldr(self, hdr: np.ndarray, row_weights: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
        if rng.random() < self.options.tone_mapped_share:
            return SRGB8_TO_LINEAR[quantise_srgb8(tone_map(hdr, is_panorama=row_weights is not None))]
        camera = draw_camera(rng, exposure_spread_ev=self.options.exposure_spread_ev)
        return SRGB8_TO_LINEAR[expose(hdr, camera, row_weights)]


def _other_panorama(hdr: np.ndarray, scenes: Sequence[LoadedScene], rng: np.random.Generator) -> np.ndarray:
    """Return another scene's panorama, turned at random; ``hdr`` again if it is of another size."""
    other = scenes[rng.integers(len(scenes))].hdr
    if other.shape != hdr.shape:
        return hdr
    return augmentation.rotate_azimuth(other, int(rng.integers(hdr.shape[1])))


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
    """Return the loader of a dataset's batches, such as (ldr_linear, hdr, picture), made by background processes."""
    return DataLoader(pairs, batch_sampler=numbers, num_workers=workers)
