"""A stage of the paper's networks: pairs of an LDR and its calibrated HDR, crops or whole panoramas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from lanet_core.data.pairs import StepNumbers, TrainingPairs, batches, load_scenes
from lanet_core.data.scenes import Scene
from lanet_core.networks.calibrated import Calibrated
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.networks.padding import set_padding
from lanet_core.networks.panolanet import PanoLANet
from lanet_core.training.configuration import TrainingConfiguration
from lanet_core.training.distributed import Process
from lanet_core.training.losses import TrainingLoss
from lanet_core.training.optimisation import learning_rate, make_optimiser
from lanet_core.training.run_data import RunScenes, Validation
from lanet_core.training.tasks import CropTask, PanoramaTask, task_of
from lanet_core.training.validation import ValidationPair


class PaperStage:
    """One of a configuration's stages.

    Args:
        configuration: of the run.
        number: of the stage, from 0.
        process: this process among those that train together.
    """

    def __init__(self, configuration: TrainingConfiguration, number: int, process: Process) -> None:
        self._configuration, self._process = configuration, process
        self._stage = stage = configuration.stages[number]
        self._loss = TrainingLoss(configuration.loss).to(process.device)
        self.task = task_of(stage)
        self.title = f"{stage.images} of {stage.height} rows"
        self.steps, self.batch_size = stage.steps, stage.batch_size
        self.gradient_clip = configuration.optimiser.gradient_clip
        self.ema_decay = configuration.optimiser.ema_decay
        self.seed = (configuration.seed, number)

    def prepare(self, network: nn.Module, previous: Any) -> None:
        """Set the padding of the stage's images; give the weights pretrained on crops to the ceiling branch."""
        branch = network
        if isinstance(network, PanoLANet):
            # The ceiling branch always sees a perspective view.
            branch = network.panorama
            is_after_crops = previous is not None and isinstance(previous.task, CropTask)
            if is_after_crops and isinstance(self.task, PanoramaTask):
                network.ceiling.encoder.load_state_dict(network.panorama.encoder.state_dict())
        set_padding(branch, self.task.padding(self._configuration.network.padding))

    def part(self, network: nn.Module) -> nn.Module:
        """Return the part of a network that is trained."""
        return self.task.part(network)

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return a new optimiser."""
        return make_optimiser(network, self._configuration.optimiser)

    def learning_rates(self, step: int) -> list[float]:
        """Return the learning rate of each of the optimiser's groups."""
        return [learning_rate(self._stage, step)] * 2

    def batches(
        self, scenes: RunScenes, steps: range, workers: int, report: Callable[[str], None]
    ) -> Iterable[list[Tensor]]:
        """Return this process's share of each step: (ldr_linear, hdr), (N, 3, H, W) each."""
        loaded = load_scenes(scenes.training, self.task.scene_rows)
        report(f"{len(loaded)} training scenes")
        device = self._process.device
        seed, number = self.seed
        pairs = TrainingPairs(loaded, self.task, self._configuration.augmentation, seed * 1000 + number, device)
        numbers = StepNumbers(steps.start, steps.stop, self.batch_size, self._process.rank, self._process.count)
        return ([tensor.to(device) for tensor in batch] for batch in batches(pairs, numbers, workers))

    def predict(self, network: nn.Module, batch: list[Tensor]) -> NetworkOutput:
        """Return the network's output of a batch."""
        return network(batch[0].contiguous(memory_format=torch.channels_last))

    def loss(self, output: NetworkOutput, batch: list[Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of a batch and its unweighted terms by name."""
        return self._loss(output, *batch)

    def validation_photographs(self, scenes: list[Scene]) -> list[ValidationPair]:
        """Return the fixed photographs of scenes."""
        return self.task.validation_pairs(load_scenes(scenes, self.task.scene_rows))

    def validate(self, network: nn.Module, photographs: list[ValidationPair]) -> Validation:
        """Measure the trained part of a network on photographs."""
        calibrated = Calibrated(network) if self._configuration.loss.is_scale_free else network
        return self.task.validate(calibrated, photographs, self._process.device)
