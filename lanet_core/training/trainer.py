"""The trainer: stages of steps, with checkpoints from which it resumes exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from lanet_core.errors import CheckpointError, DataError
from lanet_core.networks.calibrated import Calibrated
from lanet_core.networks.panolanet import build_network
from lanet_core.training.average import start_average, update_average
from lanet_core.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from lanet_core.training.configuration import StageConfiguration, TrainingConfiguration
from lanet_core.training.crop_validation import crop_validation_pairs, validate_crops
from lanet_core.training.distributed import Process
from lanet_core.training.folds import Fold
from lanet_core.training.light_grids import LightGridLoss, LightGrids, LightSamples
from lanet_core.training.losses import TrainingLoss
from lanet_core.training.onnx_weights import read_onnx_weights
from lanet_core.training.optimisation import learning_rate, make_optimiser
from lanet_core.training.pairs import (
    FINE_SUPERSAMPLING,
    StepNumbers,
    TrainingPairs,
    batches,
    load_scenes,
    panorama_rows,
)
from lanet_core.training.scenes import Scene, find_scenes
from lanet_core.training.stage_parts import (
    HEAD_PREFIXES,
    fit_edges,
    freeze_what_is_not_trained,
    hand_on_pretrained_weights,
    judged_part,
    set_training_mode,
    stage_part,
)
from lanet_core.training.training_log import TrainingLog
from lanet_core.training.validation import ValidationPair, validate, validation_pairs

LAST_CHECKPOINT = "checkpoint.pt"
BEST_CHECKPOINT = "best.pt"


@dataclass(frozen=True)
class TrainerOptions:
    """How a run is carried out; nothing here changes what is learnt, but for the precision.

    Attributes:
        bfloat16: run the network under bfloat16 autocast.
        workers: background processes that make pictures, for each training process.
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
        data: folder of panoramas, see :func:`lanet_core.training.scenes.find_scenes`.
        folder: where checkpoints and logs go; made if missing.
        process: this process among those that train together.
        options: how to carry it out.
        say: takes each line of progress.
        supplement: a folder of more panoramas to learn from, see ``AugmentationConfiguration.supplement_share``.
        initial: a checkpoint of another run, from whose averaged weights a new run starts, or a model that was exported
            from one; its network must be this one, but for the heads that the paper does not have.
        fold: the part of the train split that is validated on, in the place of the val split.

    Raises:
        DataError: a data folder is not usable, or there is a supplement and no use for it, or the other way round.
        CheckpointError: the folder holds a checkpoint of another configuration.
    """

    def __init__(
        self,
        configuration: TrainingConfiguration,
        data: Path,
        folder: Path,
        process: Process,
        options: TrainerOptions,
        say: Callable[[str], None] = print,
        supplement: Path | None = None,
        initial: Path | None = None,
        fold: Fold | None = None,
    ) -> None:
        if (supplement is not None) != (configuration.augmentation.supplement_share > 0.0):
            share = configuration.augmentation.supplement_share
            raise DataError(
                f"The configuration takes {share:.0%} of its panoramas from a supplement.",
                path=supplement,
                remedy="Give --supplement just where supplement_share is above 0.",
            )
        torch.manual_seed(configuration.seed)
        self.configuration = configuration
        self.data = Path(data)
        self.supplement = supplement
        self.fold = fold
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = process
        self.options = options
        self.say = say if process.is_first else lambda line: None
        # Channels last is what convolutions on CPUs and tensor cores are quickest with.
        self.network = build_network(configuration.network).to(process.device, memory_format=torch.channels_last)
        loss = LightGridLoss() if configuration.network.light_channels else TrainingLoss(configuration.loss)
        self.loss = loss.to(process.device)
        self.average = start_average(self.network)
        self.stage, self.step, self.best = 0, 0, None
        self._optimiser_state: dict | None = None
        if (self.folder / LAST_CHECKPOINT).is_file():
            self._resume()
        elif initial is not None:
            self._start_from(initial)

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
        if checkpoint.configuration != self.configuration:
            raise CheckpointError(
                "The folder holds a run of another configuration.",
                path=path,
                remedy="Choose another output folder, or remove this one.",
            )
        self.network.load_state_dict(checkpoint.network)
        self.average.load_state_dict(checkpoint.average)
        self._optimiser_state = checkpoint.optimiser or None
        self.stage, self.step, self.best = checkpoint.stage, checkpoint.step, checkpoint.best
        self.say(f"resuming at step {self.total_steps}")

    def _start_from(self, initial: Path) -> None:
        weights = self._initial_weights(initial)
        own = self.network.state_dict()
        lacking = [name for name in own if name not in weights and not name.startswith(HEAD_PREFIXES)]
        others = [name for name in weights if name not in own or weights[name].shape != own[name].shape]
        if lacking or others:
            raise CheckpointError(
                f"Its network is another one: {(lacking + others)[0]} differs.",
                path=initial,
                remedy="Give a checkpoint or a model of the same network.",
            )
        for network in (self.network, self.average):
            network.load_state_dict(own | weights)
        self.say(f"starting from {initial}")

    def _initial_weights(self, initial: Path) -> dict[str, Tensor]:
        if initial.suffix != ".onnx":
            return load_checkpoint(initial).average
        weights, norms_are_merged = read_onnx_weights(initial, self.configuration.network)
        if norms_are_merged and any(stage.trains == "network" for stage in self.configuration.stages):
            raise CheckpointError(
                "Its norms were merged into its convolutions: it cannot be trained further, but for the confidence.",
                path=initial,
                remedy="Give the checkpoint that it was exported from.",
            )
        return weights

    def _run_stage(self, log: TrainingLog | None, budget: float) -> int:
        """Do the rest of the current stage, at most ``budget`` steps; return how many were done."""
        stage = self.configuration.stages[self.stage]
        self._prepare_stage(stage)
        trained, average = (stage_part(each, stage) for each in (self.network, self.average))
        freeze_what_is_not_trained(trained, stage)
        wrapped = self.process.wrap(trained)
        optimiser = make_optimiser(trained, self.configuration.optimiser)
        if self._optimiser_state is not None:
            optimiser.load_state_dict(self._optimiser_state)
            self._optimiser_state = None
        first, last = self.step, int(min(stage.steps, self.step + budget))
        loader = self._loader(stage, first, last)
        judged = self._validation_pairs(stage)
        started, logged_at = time.monotonic(), self.step
        self.say(f"stage {self.stage + 1}: {stage.pictures} of {stage.height} rows, {stage.steps} steps")
        for batch in loader:
            values = self._train_step(wrapped, optimiser, stage, batch)
            self.step += 1
            update_average(average, trained, self.configuration.optimiser.ema_decay, self.step)
            if self.process.is_first and self.step % self.options.log_every == 0:
                rate = (time.monotonic() - started) / (self.step - logged_at)
                started, logged_at = time.monotonic(), self.step
                log.write(self.total_steps, {**values, "seconds_per_step": rate})
                figures = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
                self.say(f"step {self.total_steps}: {figures}; {rate:.2f} s a step")
            at_end = self.step == last
            if self.process.is_first and (at_end or self.step % self.options.validate_every == 0):
                self._validate(log, judged)
                self._save(LAST_CHECKPOINT, optimiser)
        if self.step == stage.steps:
            self._finish_stage()
        return last - first

    def _finish_stage(self) -> None:
        self.stage, self.step = self.stage + 1, 0
        stages = self.configuration.stages
        if self.stage < len(stages) and stages[self.stage].from_best:
            self.process.wait_for_all()  # the first process has just judged the last weights
            self._take_best_weights()
        if self.process.is_first:
            self._save(LAST_CHECKPOINT, None)

    def _prepare_stage(self, stage: StageConfiguration) -> None:
        """Make the networks fit for a stage's pictures, and hand pretrained weights to the ceiling branch."""
        follows_pretraining = (
            self.step == 0
            and self.stage > 0
            and stage.pictures == "panoramas"
            and self.configuration.stages[self.stage - 1].pictures == "crops"
        )
        for network in (self.network, self.average):
            if follows_pretraining:
                hand_on_pretrained_weights(network)
            fit_edges(network, stage, self.configuration.network.padding)

    def _take_best_weights(self) -> None:
        path = self.folder / BEST_CHECKPOINT
        best = load_checkpoint(path)
        if best.stage != self.stage - 1:
            raise CheckpointError(
                "The stage before was never validated, so it has no best weights.",
                path=path,
                remedy="Validate more often, or set from_best = false.",
            )
        self.network.load_state_dict(best.average)
        self.average.load_state_dict(best.average)
        self.say(f"going on from the best of the stage before ({best.best[1]:.3f})")

    def _scenes(self, purpose: Literal["train", "val"]) -> list[Scene]:
        """Return the scenes to learn from, or those to validate on."""
        if self.fold is None:
            return find_scenes(self.data, purpose)
        learnt, held_out = self.fold.split(find_scenes(self.data, "train"))
        return learnt if purpose == "train" else held_out

    def _loader(self, stage: StageConfiguration, first: int, last: int) -> DataLoader:
        height = panorama_rows(stage)
        scenes = load_scenes(self._scenes("train"), height)
        supplement = load_scenes(find_scenes(self.supplement, "train"), height) if self.supplement is not None else []
        self.say(f"{len(scenes)} training scenes" + (f" and {len(supplement)} of a supplement" if supplement else ""))
        seed = self.configuration.seed * 1000 + self.stage
        fine = load_scenes(self._scenes("train"), FINE_SUPERSAMPLING * stage.height) if self._is_fine(stage) else []
        pairs = TrainingPairs(scenes, stage, self.configuration.augmentation, seed, supplement, fine)
        numbers = StepNumbers(first, last, stage.batch_size, self.process.rank, self.process.count)
        if stage.pictures == "light_grids":
            self.say(f"drawing {stage.pool} light grids")
            maximum = self.configuration.loss.target_maximum
            grids = LightGrids(pairs, stage.pool, seed, self.options.workers, maximum)
            return batches(grids, numbers, workers=0)  # they are made
        return batches(pairs, numbers, self.options.workers)

    def _is_fine(self, stage: StageConfiguration) -> bool:
        """Whether some of a stage's panoramas are photographed finely."""
        return stage.pictures == "panoramas" and self.configuration.augmentation.fine_photograph_share > 0.0

    def _train_step(
        self,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        stage: StageConfiguration,
        batch: list[Tensor],
    ) -> dict[str, float]:
        """Do one step; return the loss, its terms and the gradient's norm."""
        set_training_mode(network, stage)
        # What dropout leaves out depends on nothing but the step, so that a run resumes exactly.
        place = (self.configuration.seed, self.stage, self.step, self.process.rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(stage, self.step)
        loss, terms = self._judge(network, stage, [tensor.to(self.process.device) for tensor in batch])
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

    def _judge(
        self, network: nn.Module, stage: StageConfiguration, batch: list[Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of what a network says of a batch, and its terms by name."""
        with torch.autocast(self.process.device.type, torch.bfloat16, enabled=self.options.bfloat16):
            if stage.pictures == "light_grids":
                samples = LightSamples(*batch)
                said, truth = network(samples.maps, samples.statistics), (samples,)
            else:
                said, truth = network(batch[0].contiguous(memory_format=torch.channels_last)), batch
        return self.loss(said, *truth)

    def _validation_pairs(self, stage: StageConfiguration) -> list[ValidationPair]:
        if not self.process.is_first:
            return []
        height = FINE_SUPERSAMPLING * stage.height if self._is_fine(stage) else panorama_rows(stage)
        scenes = load_scenes(self._scenes("val"), height)
        return crop_validation_pairs(scenes, stage.height) if stage.pictures == "crops" else validation_pairs(scenes)

    def _validate(self, log: TrainingLog, pairs: list[ValidationPair]) -> None:
        if not pairs:
            return
        stage = self.configuration.stages[self.stage]
        network = judged_part(self.average, stage)
        network = Calibrated(network) if self.configuration.loss.is_scale_free else network
        if stage.pictures == "crops":
            figures, reconstructed = validate_crops(network, pairs, self.process.device)
            judged = figures.get("val_overexposed_stops", figures["val_scale_invariant"])
            self.say(f"step {self.total_steps}: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
        else:
            figures, judged, reconstructed = self._validate_panoramas(network, stage, pairs)
        log.write(self.total_steps, figures)
        shown = range(0, len(pairs), max(1, len(pairs) // 6))
        log.write_pictures(
            self.total_steps,
            "val_ldr_prediction_truth",
            [[pairs[i].picture, reconstructed[i], pairs[i].hdr] for i in shown],
        )
        # Figures of different sizes do not compare: a stage's best replaces that of the stage before.
        if self.best is None or self.best[0] != self.stage or judged < self.best[1]:
            self.best = (self.stage, judged)
            self._save(BEST_CHECKPOINT, None)

    def _validate_panoramas(
        self, network: nn.Module, stage: StageConfiguration, pairs: list[ValidationPair]
    ) -> tuple[dict[str, float], float, list[np.ndarray]]:
        """Return the figures by name, the one to choose the best weights by, and the reconstructed panoramas."""
        result, reconstructed = validate(network, pairs, stage.height, self.process.device)
        figures = {
            "val_mean_stops": float(result.network_stops.mean()),
            "val_median_stops": float(np.median(result.network_stops)),
            "val_ldr_mean_stops": float(result.ldr_stops.mean()),
            "val_ldr_median_stops": float(np.median(result.ldr_stops)),
        }
        judged = figures["val_mean_stops"]
        if stage.trains == "confidence":
            judged = figures["val_foretelling"] = result.foretelling()
        self.say(
            f"step {self.total_steps}: validation {figures['val_mean_stops']:.3f} stops mean, "
            f"{figures['val_median_stops']:.3f} median (LDR {figures['val_ldr_mean_stops']:.3f})"
            + (f", foretelling {judged:.3f}" if stage.trains == "confidence" else "")
        )
        return figures, judged, reconstructed

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
