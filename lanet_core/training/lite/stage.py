"""The one stage of panoLANet on the pretrained encoder: photographs of captured and rendered panoramas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lanet_core.data.light_photographs import LightSample
from lanet_core.data.scenes import Scene
from lanet_core.networks.panolanet_lite import LightOutput
from lanet_core.training.distributed import Process
from lanet_core.training.lite.batches import LiteBatches
from lanet_core.training.lite.losses import LightLoss
from lanet_core.training.lite.scenes import load_training_scenes
from lanet_core.training.lite.validation import light_errors, validation_photographs
from lanet_core.training.lite_configuration import LiteTrainingConfiguration
from lanet_core.training.optimisation import cosine_rate
from lanet_core.training.run_data import RunScenes, Validation


class LiteStage:
    """The stage of a configuration.

    Args:
        configuration: of the run.
        process: this process among those that train together.
    """

    def __init__(self, configuration: LiteTrainingConfiguration, process: Process) -> None:
        self._configuration, self._process = configuration, process
        self._schedule = schedule = configuration.schedule
        self._loss = LightLoss(configuration.loss).to(process.device)
        self.title = f"photographs of {schedule.height} rows"
        self.steps, self.batch_size = schedule.steps, schedule.batch_size
        self.gradient_clip, self.ema_decay = schedule.gradient_clip, schedule.ema_decay
        self.seed = (configuration.seed,)

    def prepare(self, network: nn.Module, previous: Any) -> None:
        """Leave the network as it is."""

    def part(self, network: nn.Module) -> nn.Module:
        """Return the part of a network that is trained: all of it."""
        return network

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return AdamW with the encoders' weights in the first group and the others in the second."""
        is_encoder = [(".encoder." in f".{name}", parameter) for name, parameter in network.named_parameters()]
        groups = [[parameter for inside, parameter in is_encoder if inside is wanted] for wanted in (True, False)]
        return torch.optim.AdamW([{"params": group} for group in groups], weight_decay=self._schedule.weight_decay)

    def learning_rates(self, step: int) -> list[float]:
        """Return the learning rate of each of the optimiser's groups."""
        schedule = self._schedule
        rate = cosine_rate(schedule.learning_rate, schedule.warmup_steps, schedule.steps, step)
        return [rate * schedule.encoder_rate, rate]

    def batches(
        self, scenes: RunScenes, steps: range, workers: int, report: Callable[[str], None]
    ) -> Iterable[LightSample]:
        """Return this process's share of the batch of each step."""
        real, synthetic = (load_training_scenes(each, self._process.device) for each in scenes[:2])
        batches = LiteBatches(self._configuration, real, synthetic, workers, report)
        return (batches(step, self._process.rank, self._process.count) for step in steps)

    def predict(self, network: nn.Module, batch: LightSample) -> LightOutput:
        """Return the network's output of a batch."""
        return network(batch.image.contiguous(memory_format=torch.channels_last), batch.overexposure)

    def loss(self, output: LightOutput, batch: LightSample) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of a batch and its unweighted terms by name."""
        return self._loss(output, batch)

    def validation_photographs(self, scenes: list[Scene]) -> dict[str, list[LightSample]]:
        """Return the fixed photographs of scenes, clean and edited."""
        return validation_photographs(load_training_scenes(scenes, self._process.device), self._schedule.height)

    def validate(self, network: nn.Module, photographs: dict[str, list[LightSample]]) -> Validation:
        """Measure the error of diffuse irradiance, in stops, of the network and of the LDR as it is."""
        figures = {}
        for kind, batches in photographs.items():
            errors = light_errors(network, batches, self._loss.irradiance)
            figures[f"{kind}_ldr_stops"] = float(errors.ldr.mean())
            figures[f"{kind}_stops"] = float(errors.network.mean())
            figures[f"{kind}_median_stops"] = float(np.median(errors.network))
        return Validation(figures)
