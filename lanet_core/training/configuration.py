"""Training configurations: one TOML file describes a model from its network to its last step."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
import typing
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from lanet_core.data.augmentation import AugmentationConfiguration
from lanet_core.errors import DataError
from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.training.lite_configuration import TASK, LiteTrainingConfiguration


@dataclass(frozen=True)
class LossConfiguration:
    """Weights of the loss's terms; a term of weight 0 is not computed. See :mod:`lanet_core.training.losses`.

    Attributes:
        target: ``calibrated`` (Eq. 1), or ``normalised`` (divided by the maximum), the baseline of Tables 2 and 4.
        log_l2: mean squared log difference.
        scale_invariant: L_SI, Eq. 4.
        segmentation: α of Eq. 2.
        segmentation_source: the image that gives the classes, ``hdr`` or ``ldr`` (Table 2's LDR-Seg).
        overexposed: β1 of Eq. 9.
        well_exposed: β2 of Eq. 9.
    """

    target: Literal["calibrated", "normalised"] = "calibrated"
    log_l2: float = 0.0
    scale_invariant: float = 0.0
    segmentation: float = 0.0
    segmentation_source: Literal["hdr", "ldr"] = "hdr"
    overexposed: float = 0.0
    well_exposed: float = 0.0

    @property
    def is_scale_free(self) -> bool:
        """Whether the network learns HDR up to a factor only: its output must be calibrated (Eq. 1) before use."""
        return self.target == "normalised" or self.scale_invariant > 0.0


@dataclass(frozen=True)
class OptimiserConfiguration:
    """AdamW and what surrounds it.

    Attributes:
        beta1: decay of the gradient's mean; 0.5 is the paper's.
        beta2: decay of the gradient's square.
        weight_decay: decoupled weight decay; with 0 this is Adam.
        gradient_clip: largest norm of the gradient.
        ema_decay: decay of the moving average of the weights, which is what is validated and shipped.
    """

    beta1: float = 0.5
    beta2: float = 0.999
    weight_decay: float = 0.0
    gradient_clip: float = 1.0
    ema_decay: float = 0.999


@dataclass(frozen=True)
class StageConfiguration:
    """A stretch of training on images of one kind and size.

    Attributes:
        images: ``crops`` trains LANet, or panoLANet's panorama branch, on perspective crops; ``panoramas``
            trains the whole network.
        height: rows of the images. Crops are square, panoramas twice as wide.
        batch_size: images a step, over all processes together.
        steps: steps of the stage.
        learning_rate: at the start of the stage, after ``warmup_steps``.
        schedule: ``step`` multiplies by 0.8 every 5,000 steps as the paper does; ``cosine`` falls to a
        hundredth.
        warmup_steps: steps over which the learning rate rises from 0.
    """

    images: Literal["crops", "panoramas"]
    height: int
    batch_size: int
    steps: int
    learning_rate: float
    schedule: Literal["step", "cosine"] = "step"
    warmup_steps: int = 0


@dataclass(frozen=True)
class TrainingConfiguration:
    """Everything that defines a trained model, but for the data."""

    name: str
    description: str
    stages: tuple[StageConfiguration, ...]
    seed: int = 0
    network: NetworkConfiguration = field(default_factory=NetworkConfiguration)
    loss: LossConfiguration = field(default_factory=LossConfiguration)
    augmentation: AugmentationConfiguration = field(default_factory=AugmentationConfiguration)
    optimiser: OptimiserConfiguration = field(default_factory=OptimiserConfiguration)

    @property
    def synthetic_share(self) -> float:
        """Share of the photographs that show synthetic scenes: none."""
        return 0.0

    @property
    def sha256(self) -> str:
        """Hash of the values that are not the defaults, regardless of the file's layout.

        An option that comes later, and changes nothing by default, leaves it as it is.
        """
        return hashlib.sha256(json.dumps(_chosen(self), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, strings and numbers, which :func:`from_dict` reads back."""
        return json.loads(json.dumps(dataclasses.asdict(self)))


#: What one TOML file describes.
Configuration = TrainingConfiguration | LiteTrainingConfiguration


def from_dict(values: dict[str, Any], *, path: Path | None = None) -> Configuration:
    """Build a configuration from plain values.

    Raises:
        DataError: a key is unknown or missing, or a value is not allowed; ``path`` is named as the file.
    """
    try:
        if values.get("task") == TASK:
            return _built(LiteTrainingConfiguration, {name: value for name, value in values.items() if name != "task"})
        return _built(TrainingConfiguration, values)
    except (TypeError, ValueError) as error:
        raise DataError(f"The configuration is not valid: {error}.", path=path) from error


def _built(kind: Any, value: Any) -> Any:
    """Return the dataclass or tuple that a dict or list stands for, and any other value as it is."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        kinds = typing.get_type_hints(kind)
        return kind(**{name: _built(kinds.get(name), each) for name, each in dict(value).items()})
    if isinstance(value, list):
        [element, *_] = typing.get_args(kind) or [None]
        return tuple(_built(element, each) for each in value)
    return value


def load_configuration(name_or_path: str | Path) -> Configuration:
    """Read a configuration: a TOML file's path, or the name of one that comes with the package.

    Raises:
        DataError: there is no such file or name, it is not TOML, or its values are not valid.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = _shipped_folder() / f"{name_or_path}.toml"
    if not path.is_file():
        raise DataError(
            "The training configuration does not exist.",
            path=path,
            remedy=f"Choose a .toml file, or one of: {', '.join(shipped_configurations())}.",
        )
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"This is not valid TOML: {error}.", path=path) from error
    return from_dict(values, path=path)


def shipped_configurations() -> list[str]:
    """Return the names of the configurations that come with the package."""
    return sorted(path.stem for path in _shipped_folder().glob("*.toml"))


def _shipped_folder() -> Path:
    return Path(str(resources.files("lanet_core.training"))) / "configurations"


def _chosen(section: Any) -> Any:
    """Return a dataclass as plain values, without the fields that have their defaults."""
    if isinstance(section, tuple):
        return [_chosen(each) for each in section]
    if not dataclasses.is_dataclass(section):
        return section
    chosen = {}
    for each in dataclasses.fields(section):
        value = getattr(section, each.name)
        factory = each.default_factory
        default = each.default if factory is dataclasses.MISSING else factory()
        if value != default:
            chosen[each.name] = _chosen(value)
    return chosen
