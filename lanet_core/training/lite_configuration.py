"""Configurations of panoLANet on the pretrained encoder: one TOML file with ``task = "lite"`` describes a model."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from lanet_core.data.photograph_options import PhotographOptions
from lanet_core.networks.panolanet_lite import LiteConfiguration

TASK = "lite"
#: Training panoramas have this many rows: photographs are taken and edited at this size.
SCENE_ROWS = 512
#: Rows of the network's input: the photographs reduce to them, and their light grid to the maps of the losses.
HEIGHTS = (64, 128, 256, 512)


@dataclass(frozen=True)
class LightLossWeights:
    """Weights of the terms.

    Attributes:
        irradiance: mean absolute error of diffuse irradiance, in stops.
        glossy: the same of glossy reflection.
        distribution: Kullback-Leibler divergence of the added light over the cells, in nats.
        cells: absolute error of the log radiance of over-exposed cells.
        place: the same divergence of the concentrated light.
        energy: absolute error of the log of the concentrated light's total.
        beam: absolute error of the light within some degrees of the strongest concentrated light, in stops.
    """

    irradiance: float = 1.0
    glossy: float = 0.3
    distribution: float = 0.15
    cells: float = 0.1
    place: float = 0.1
    energy: float = 0.1
    beam: float = 0.1


@dataclass(frozen=True)
class LiteSchedule:
    """How long the network is trained, and on what.

    Attributes:
        height: rows of the network's input, one of :data:`HEIGHTS`.
        batch_size: photographs a step, over all processes.
        steps: number of steps.
        learning_rate: of AdamW for the decoder and the heads; it falls to a hundredth along a cosine.
        encoder_rate: the encoder's learning rate as a share of it.
        warmup_steps: steps over which the learning rate rises from 0.
        weight_decay: decoupled weight decay.
        gradient_clip: largest norm of the gradient.
        ema_decay: decay of the moving average of the weights, which is validated and exported.
        pool: photographs drawn of each scene before the first step and used again with other rotations; 0 draws each
            photograph anew.
        synthetic_share: share of the photographs that show synthetic scenes.
        synthetic_pool: as ``pool``, of each synthetic scene.
    """

    height: int = 128
    batch_size: int = 16
    steps: int = 1000
    learning_rate: float = 1e-3
    encoder_rate: float = 0.3
    warmup_steps: int = 40
    weight_decay: float = 0.02
    gradient_clip: float = 1.0
    ema_decay: float = 0.99
    pool: int = 16
    synthetic_share: float = 0.0
    synthetic_pool: int = 3


@dataclass(frozen=True)
class LiteTrainingConfiguration:
    """Everything that defines a trained model but the data."""

    name: str
    description: str
    seed: int = 0
    network: LiteConfiguration = field(default_factory=LiteConfiguration)
    photographs: PhotographOptions = field(default_factory=PhotographOptions)
    loss: LightLossWeights = field(default_factory=LightLossWeights)
    schedule: LiteSchedule = field(default_factory=LiteSchedule)

    def __post_init__(self) -> None:
        """Refuse values that the network cannot be trained with."""
        if self.schedule.height not in HEIGHTS:
            raise ValueError(f"height is {self.schedule.height}, but must be one of {HEIGHTS}")
        if self.schedule.batch_size < 1 or self.schedule.steps < 1:
            raise ValueError("batch_size and steps must be at least 1")

    @property
    def synthetic_share(self) -> float:
        """Share of the photographs that show synthetic scenes."""
        return self.schedule.synthetic_share

    @property
    def sha256(self) -> str:
        """Hash of all values."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, strings and numbers, as a TOML file has them."""
        return json.loads(json.dumps({"task": TASK, **dataclasses.asdict(self)}))
