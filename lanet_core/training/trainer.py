"""The trainer: stages of steps, with checkpoints from which it resumes exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from lanet_core.data.folds import Fold
from lanet_core.data.scenes import find_scenes
from lanet_core.errors import CheckpointError, DataError
from lanet_core.training.average import start_average, update_average
from lanet_core.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from lanet_core.training.configuration import Configuration
from lanet_core.training.distributed import Process, check_batch
from lanet_core.training.run_data import RunScenes
from lanet_core.training.stages import Stage, first_network, stages_of
from lanet_core.training.training_log import TrainingLog

LAST_CHECKPOINT = "checkpoint.pt"
BEST_CHECKPOINT = "best.pt"
#: Images of a validation that the log shows.
_SHOWN = 6


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
        synthetic: folder of rendered panoramas, of which ``schedule.synthetic_share`` of the photographs are made.
        fold: part of the train split that is validated on in place of the val split.

    Raises:
        DataError: a data folder is not usable, synthetic data is given without a share, or a share without data, or
            the batch cannot be divided among the processes.
        CheckpointError: the folder contains a run of another configuration, or the encoder's weights are missing.
    """

    def __init__(
        self,
        configuration: Configuration,
        data: Path,
        folder: Path,
        process: Process,
        options: TrainerOptions,
        report: Callable[[str], None] = print,
        synthetic: Path | None = None,
        fold: Fold | None = None,
    ) -> None:
        torch.manual_seed(configuration.seed)
        self.configuration = configuration
        self.scenes = _scenes(configuration, data, synthetic, fold)
        self.process = process
        self.options = options
        self.report = report if process.is_first else lambda line: None
        self.stages = stages_of(configuration, process)
        for stage in self.stages:
            check_batch(stage.batch_size, process.count)
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        checkpoint = self._resumed()
        self.network = process.placed(first_network(configuration, resumes=checkpoint is not None))
        self.average = start_average(self.network)
        self.stage, self.step, self.best = 0, 0, None
        self._optimiser_state: dict[str, Any] | None = None
        if checkpoint is not None:
            self.network.load_state_dict(checkpoint.network)
            self.average.load_state_dict(checkpoint.average)
            self._optimiser_state = checkpoint.optimiser or None
            self.stage, self.step, self.best = checkpoint.stage, checkpoint.step, checkpoint.best
            self.report(f"resuming at step {self.total_steps}")

    @property
    def total_steps(self) -> int:
        """Steps of all stages before this one, and of this one so far."""
        return sum(stage.steps for stage in self.stages[: self.stage]) + self.step

    @property
    def is_finished(self) -> bool:
        """Whether every step of every stage is done."""
        return self.total_steps >= sum(stage.steps for stage in self.stages)

    def run(self, stop_after: int | None = None) -> None:
        """Train to the last step of the last stage, or for ``stop_after`` more steps."""
        last = self.total_steps + (math.inf if stop_after is None else stop_after)
        if self.is_finished or self.total_steps >= last:
            return
        log = TrainingLog(self.folder, self.total_steps) if self.process.is_first else None
        try:
            while not self.is_finished and self.total_steps < last:
                self._run_stage(log, last - self.total_steps)
        finally:
            if log is not None:
                log.close()

    def _resumed(self) -> Checkpoint | None:
        path = self.folder / LAST_CHECKPOINT
        if not path.is_file():
            return None
        checkpoint = load_checkpoint(path)
        if checkpoint.configuration != self.configuration:
            raise CheckpointError(
                "The folder contains a run of another configuration.",
                path=path,
                remedy="Choose another output folder, or remove this one.",
            )
        return checkpoint

    def _run_stage(self, log: TrainingLog | None, budget: float) -> None:
        """Do the rest of the current stage, at most ``budget`` steps."""
        stage = self.stages[self.stage]
        for network in (self.network, self.average):
            stage.prepare(network, self.stages[self.stage - 1] if self.stage > 0 and self.step == 0 else None)
        trained, average = (stage.part(each) for each in (self.network, self.average))
        wrapped = self.process.wrap(trained)
        optimiser = stage.optimiser(trained)
        if self._optimiser_state is not None:
            optimiser.load_state_dict(self._optimiser_state)
        last = int(min(stage.steps, self.step + budget))
        batches = stage.batches(self.scenes, range(self.step, last), self.options.workers, self.report)
        held_out = stage.validation_photographs(self.scenes.held_out) if self.process.is_first else ()
        started, logged_at = time.monotonic(), self.step
        self.report(f"stage {self.stage + 1}: {stage.title}, {stage.steps} steps")
        for batch in batches:
            values = self._train_step(wrapped, optimiser, stage, batch)
            self.step += 1
            update_average(average, trained, stage.ema_decay, self.step)
            if log is not None and self.step % self.options.log_every == 0:
                rate = (time.monotonic() - started) / (self.step - logged_at)
                started, logged_at = time.monotonic(), self.step
                log.write(self.total_steps, {**values, "seconds_per_step": rate})
                self.report(f"step {self.total_steps}: {_listed(values)}; {rate:.2f} s a step")
            if log is not None and (self.step == last or self.step % self.options.validate_every == 0):
                if held_out:
                    self._validate(log, stage, held_out)
                self._save(LAST_CHECKPOINT, optimiser)
        self._optimiser_state = optimiser.state_dict()
        if self.step == stage.steps and self.stage + 1 < len(self.stages):
            self.stage, self.step, self._optimiser_state = self.stage + 1, 0, None
            if self.process.is_first:
                self._save(LAST_CHECKPOINT, None)

    def _train_step(
        self, network: nn.Module, optimiser: torch.optim.Optimizer, stage: Stage, batch: Any
    ) -> dict[str, float]:
        """Do one step; return the loss, its terms and the gradient's norm."""
        network.train()
        # What dropout leaves out depends on the step only, so that a run resumes exactly.
        place = (*stage.seed, self.step, self.process.rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))
        for group, rate in zip(optimiser.param_groups, stage.learning_rates(self.step), strict=True):
            group["lr"] = rate
        with torch.autocast(self.process.device.type, torch.bfloat16, enabled=self.options.bfloat16):
            output: Any = stage.predict(network, batch)
        loss, terms = stage.loss(output, batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(network.parameters(), stage.gradient_clip, error_if_nonfinite=True)
        optimiser.step()
        return {
            "loss": loss.item(),
            **{name: term.item() for name, term in terms.items()},
            "gradient_norm": norm.item(),
        }

    def _validate(self, log: TrainingLog, stage: Stage, photographs: Any) -> None:
        figures, score, images = stage.validate(stage.part(self.average), photographs)
        self.report(f"step {self.total_steps}: {_listed(figures)}")
        log.write(self.total_steps, figures)
        if images:
            shown = images[:: max(1, len(images) // _SHOWN)]
            log.write_images(self.total_steps, "val_ldr_prediction_truth", shown)
        # Figures of different sizes cannot be compared: a stage's best replaces that of the stage before.
        if score is not None and (self.best is None or self.best[0] != self.stage or score < self.best[1]):
            self.best = (self.stage, score)
            self._save(BEST_CHECKPOINT, None)

    def _save(self, name: str, optimiser: torch.optim.Optimizer | None) -> None:
        weights = self.network.state_dict(), self.average.state_dict()
        state = optimiser.state_dict() if optimiser is not None else {}
        checkpoint = Checkpoint(self.configuration, self.stage, self.step, *weights, state, self.best)
        save_checkpoint(self.folder / name, checkpoint)


def _scenes(configuration: Configuration, data: Path, synthetic: Path | None, fold: Fold | None) -> RunScenes:
    """Return the scenes to learn from and those to validate on."""
    if (synthetic is not None) != (configuration.synthetic_share > 0.0):
        raise DataError(
            f"The configuration {configuration.name} takes {configuration.synthetic_share:.0%} of its photographs from "
            "synthetic scenes.",
            path=synthetic,
            remedy="Pass --supplement if and only if synthetic_share is above 0.",
        )
    training = find_scenes(data, "train")
    training, held_out = (training, find_scenes(data, "val")) if fold is None else fold.split(training)
    return RunScenes(training, find_scenes(synthetic, "train") if synthetic is not None else [], held_out)


def _listed(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in values.items())
