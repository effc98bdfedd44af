"""The trainer: stages of steps, with checkpoints from which it resumes exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lanet_core.data.folds import Fold
from lanet_core.data.pairs import StepNumbers, TrainingPairs, batches, load_scenes
from lanet_core.data.scenes import find_scenes
from lanet_core.errors import CheckpointError
from lanet_core.networks.calibrated import Calibrated
from lanet_core.networks.padding import set_padding
from lanet_core.networks.panolanet import PanoLANet, build_network
from lanet_core.training.average import start_average, update_average
from lanet_core.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from lanet_core.training.configuration import StageConfiguration, TrainingConfiguration
from lanet_core.training.distributed import Process
from lanet_core.training.losses import TrainingLoss
from lanet_core.training.optimisation import learning_rate, make_optimiser
from lanet_core.training.tasks import CropTask, PanoramaTask, task_of
from lanet_core.training.training_log import TrainingLog
from lanet_core.training.validation import ValidationPair

LAST_CHECKPOINT = "checkpoint.pt"
BEST_CHECKPOINT = "best.pt"


@dataclass(frozen=True)
class TrainerOptions:
    """How a run is carried out; nothing here changes what is learned, but for the precision.

    Attributes:
        bfloat16: run the network under bfloat16 autocast.
        workers: background processes that make images, for each training process; on a GPU they are made there instead.
        log_every: steps between two rows of the log.
        validate_every: steps between two validations and checkpoints.
    """

    bfloat16: bool = False
    workers: int = 1
    log_every: int = 50
    validate_every: int = 500


class Trainer:
    """Trains one configuration on a folder of HDR panoramas.

    Args:
        configuration: what to train.
        data: folder of panoramas, see :func:`lanet_core.data.scenes.find_scenes`.
        folder: where checkpoints and logs go; made if missing.
        process: this process among those that train together.
        options: how to carry it out.
        report: takes each line of progress.
        fold: part of the train split that is validated on in place of the val split.

    Raises:
        DataError: the data folder is not usable.
        CheckpointError: the folder holds a checkpoint of another configuration.
    """

    def __init__(
        self,
        configuration: TrainingConfiguration,
        data: Path,
        folder: Path,
        process: Process,
        options: TrainerOptions,
        report: Callable[[str], None] = print,
        fold: Fold | None = None,
    ) -> None:
        torch.manual_seed(configuration.seed)
        self.configuration = configuration
        if fold is None:
            self._scenes = [find_scenes(data, split) for split in ("train", "val")]
        else:
            self._scenes = list(fold.split(find_scenes(data, "train")))
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = process
        self.options = options
        self.report = report if process.is_first else lambda line: None
        self.network = process.placed(build_network(configuration.network))
        self.loss = TrainingLoss(configuration.loss).to(process.device)
        self.average = start_average(self.network)
        self.stage, self.step, self.best = 0, 0, None
        self._optimiser_state: dict | None = None
        if (self.folder / LAST_CHECKPOINT).is_file():
            self._resume()

    @property
    def total_steps(self) -> int:
        """Steps of all stages before this one, and of this one so far."""
        return sum(stage.steps for stage in self.configuration.stages[: self.stage]) + self.step

    def run(self, stop_after: int | None = None) -> None:
        """Train to the last step of the last stage, or for ``stop_after`` more steps."""
        log = TrainingLog(self.folder, self.total_steps) if self.process.is_first else None
        budget = math.inf if stop_after is None else stop_after
        try:
            while self.stage < len(self.configuration.stages) and budget > 0:
                budget -= self._run_stage(log, budget)
        finally:
            if log is not None:
                log.close()

    def _resume(self) -> None:
        path = self.folder / LAST_CHECKPOINT
        checkpoint = load_checkpoint(path)
        if not isinstance(checkpoint, Checkpoint) or checkpoint.configuration != self.configuration:
            raise CheckpointError(
                "The folder contains a run of another configuration.",
                path=path,
                remedy="Choose another output folder, or remove this one.",
            )
        self.network.load_state_dict(checkpoint.network)
        self.average.load_state_dict(checkpoint.average)
        self._optimiser_state = checkpoint.optimiser or None
        self.stage, self.step, self.best = checkpoint.stage, checkpoint.step, checkpoint.best
        self.report(f"resuming at step {self.total_steps}")

    def _run_stage(self, log: TrainingLog | None, budget: float) -> int:
        """Do the rest of the current stage, at most ``budget`` steps; return how many were done."""
        stage = self.configuration.stages[self.stage]
        task = task_of(stage)
        self._prepare_stage(task)
        trained, average = (task.part(each) for each in (self.network, self.average))
        wrapped = self.process.wrap(trained)
        optimiser = make_optimiser(trained, self.configuration.optimiser)
        if self._optimiser_state is not None:
            optimiser.load_state_dict(self._optimiser_state)
            self._optimiser_state = None
        first, last = self.step, int(min(stage.steps, self.step + budget))
        training, held_out = (load_scenes(scenes, task.scene_rows) for scenes in self._scenes)
        self.report(f"{len(training)} training scenes")
        seed = self.configuration.seed * 1000 + self.stage
        pairs = TrainingPairs(training, task, self.configuration.augmentation, seed, self.process.device)
        numbers = StepNumbers(first, last, stage.batch_size, self.process.rank, self.process.count)
        validated = task.validation_pairs(held_out) if self.process.is_first else []
        started, logged_at = time.monotonic(), self.step
        self.report(f"stage {self.stage + 1}: {stage.images} of {stage.height} rows, {stage.steps} steps")
        for batch in batches(pairs, numbers, self.options.workers):
            values = self._train_step(wrapped, optimiser, stage, batch)
            self.step += 1
            update_average(average, trained, self.configuration.optimiser.ema_decay, self.step)
            if log is not None and self.step % self.options.log_every == 0:
                rate = (time.monotonic() - started) / (self.step - logged_at)
                started, logged_at = time.monotonic(), self.step
                log.write(self.total_steps, {**values, "seconds_per_step": rate})
                figures = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
                self.report(f"step {self.total_steps}: {figures}; {rate:.2f} s a step")
            at_end = self.step == last
            if log is not None and (at_end or self.step % self.options.validate_every == 0):
                self._validate(log, task, validated)
                self._save(LAST_CHECKPOINT, optimiser)
        if self.step == stage.steps:
            self._finish_stage()
        return last - first

    def _finish_stage(self) -> None:
        self.stage, self.step = self.stage + 1, 0
        if self.process.is_first:
            self._save(LAST_CHECKPOINT, None)

    def _prepare_stage(self, task: CropTask | PanoramaTask) -> None:
        """Set the padding of a stage's images; give the weights pretrained on crops to the ceiling branch."""
        is_after_crops = self.stage > 0 and self.configuration.stages[self.stage - 1].images == "crops"
        for network in (self.network, self.average):
            if is_after_crops and self.step == 0 and isinstance(task, PanoramaTask) and isinstance(network, PanoLANet):
                network.ceiling.encoder.load_state_dict(network.panorama.encoder.state_dict())
            # The ceiling branch always sees a perspective view.
            branch = network.panorama if isinstance(network, PanoLANet) else network
            set_padding(branch, task.padding(self.configuration.network.padding))

    def _train_step(
        self,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        stage: StageConfiguration,
        batch: list[Tensor],
    ) -> dict[str, float]:
        """Do one step; return the loss, its terms and the gradient's norm."""
        network.train()
        # What dropout leaves out depends on the step only, so that a run resumes exactly.
        place = (self.configuration.seed, self.stage, self.step, self.process.rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(stage, self.step)
        ldr_linear, hdr = (tensor.to(self.process.device) for tensor in batch)
        with torch.autocast(self.process.device.type, torch.bfloat16, enabled=self.options.bfloat16):
            output = network(ldr_linear.contiguous(memory_format=torch.channels_last))
        loss, terms = self.loss(output, ldr_linear, hdr)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(
            network.parameters(), self.configuration.optimiser.gradient_clip, error_if_nonfinite=True
        )
        optimiser.step()
        return {
            "loss": loss.item(),
            **{name: term.item() for name, term in terms.items()},
            "gradient_norm": norm.item(),
        }

    def _validate(self, log: TrainingLog, task: CropTask | PanoramaTask, pairs: list[ValidationPair]) -> None:
        if not pairs:
            return
        network = task.part(self.average)
        network = Calibrated(network) if self.configuration.loss.is_scale_free else network
        figures, validated, reconstructed = task.validate(network, pairs, self.process.device)
        self.report(f"step {self.total_steps}: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
        log.write(self.total_steps, figures)
        shown = range(0, len(pairs), max(1, len(pairs) // 6))
        log.write_images(
            self.total_steps,
            "val_ldr_prediction_truth",
            [[pairs[i].image, reconstructed[i], pairs[i].hdr] for i in shown],
        )
        # Figures of different sizes cannot be compared: a stage's best replaces that of the stage before.
        if self.best is None or self.best[0] != self.stage or validated < self.best[1]:
            self.best = (self.stage, validated)
            self._save(BEST_CHECKPOINT, None)

    def _save(self, name: str, optimiser: torch.optim.Optimizer | None) -> None:
        save_checkpoint(
            self.folder / name,
            Checkpoint(
                configuration=self.configuration,
                stage=self.stage,
                step=self.step,
                network=self.network.state_dict(),
                average=self.average.state_dict(),
                optimiser=optimiser.state_dict() if optimiser is not None else {},
                best=self.best,
            ),
        )
