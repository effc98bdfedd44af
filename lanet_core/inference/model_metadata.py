"""The description inside a model file: the JSON that the exporter writes and inference reads.

The text is one entry of the ONNX file's ``metadata_props``. With it a model file is complete: sizes, colour space,
licence and training data are stored in it.

All inputs and outputs of the graph are float32 and of static shape. The architecture determines them:

* ``panolanet_lite``: inputs ``image`` (1, 3, h, 2h), linear Rec.709 relative to the white level, [0, 1], and
  ``overexposure`` (1, 2, h, 2h), the mean and the maximum of the over-exposure in each pixel, [0, 1]; outputs
  ``diffuse`` and ``concentrated`` (1, 3, h/2, h), radiance to add relative to the white level.
* ``panolanet`` and ``lanet``, the paper's networks: input ``ldr_linear`` (1, 3, h, w), linear Rec.709, [0, 1]; output
  ``log_hdr`` (1, 3, h, w), natural log of linear Rec.709 radiance, 1 = the white of the LDR.

The description names the outputs that a model has in addition, see :data:`EXTRA_OUTPUTS`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from lanet_core.errors import WrongModelError

METADATA_KEY = "lanet"
INPUT_NAME = "ldr_linear"
OUTPUT_NAME = "log_hdr"

#: Additional outputs in their order, with their shapes for an input of h rows and w columns.
#:
#: * ``log_stops``: natural log of the expected error of diffuse irradiance, mean over directions, in stops;
#: * ``strength_range``: tenth and ninetieth percentile of the factor that the added light may lack, in stops;
#: * ``attention``: the attention maps of LANet, [0, 1];
#: * ``segmentation_logits``: luminance classes dark, between, bright (Eq. 6).
EXTRA_OUTPUTS: dict[str, tuple[int | str, ...]] = {
    "log_stops": (1,),
    "strength_range": (1, 2),
    "attention": (1, 2, "h", "w"),
    "segmentation_logits": (1, 3, "h", "w"),
}

#: Raised whenever a field changes its meaning, so that an old program refuses a model it would misread.
FORMAT_VERSION = 1

LITE = "panolanet_lite"
ARCHITECTURES = (LITE, "panolanet", "lanet")
#: Rows of a lite model's input for each row of its output.
CELL_PIXELS = 2

#: Left out of the text where they have their defaults, so that earlier programs read it.
_OPTIONAL = ("extra_outputs", "weights")
_NOTHING = object()

#: The largest network input, in rows; the columns are at most twice as many.
MAX_INPUT_HEIGHT = 4096
#: Characters of a description; those that `lanet export` writes have about a thousand.
_MAX_LENGTH = 100_000
_KINDS = {"str": str, "int": int, "float": float, "tuple[str, ...]": list}


@dataclass(frozen=True)
class ModelMetadata:
    """The facts about a model that travel inside its file.

    Attributes:
        name: the model's name, e.g. ``panolanet``.
        version: the version of these weights.
        architecture: one of :data:`ARCHITECTURES`.
        licence: SPDX identifier of the weights' licence.
        training_data: one sentence on the training data, stored in the model.
        input_height: rows of the network's input.
        input_width: columns of the network's input.
        overexposure_threshold: τ of Eq. 1 and Eq. 8 in training.
        created: date of the export, ISO 8601.
        configuration_sha256: SHA-256 of the training configuration, hexadecimal.
        input_colour_space: of the graph's input.
        output: what the graph's output is.
        preprocessing: what the graph does to its input before the first layer.
        postprocessing: what the graph does after the last layer.
        format_version: version of this description.
        extra_outputs: the graph's additional outputs, see :data:`EXTRA_OUTPUTS`.
        weights: how the file stores the weights, ``float32`` or ``float16``; the graph computes in float32.
    """

    name: str
    version: str
    architecture: str
    licence: str
    training_data: str
    input_height: int
    input_width: int
    overexposure_threshold: float
    created: str
    configuration_sha256: str
    input_colour_space: str = "linear Rec.709, [0, 1]"
    output: str = "natural log of linear Rec.709 radiance, 1 = LDR white"
    preprocessing: str = "floor at sRGB code 1/255, then 2 I - 1; inside the graph"
    postprocessing: str = "none"
    format_version: int = FORMAT_VERSION
    extra_outputs: tuple[str, ...] = ()
    weights: str = "float32"

    @property
    def input_shapes(self) -> dict[str, list[int]]:
        """The shapes of the graph's inputs by name, in order."""
        size = [self.input_height, self.input_width]
        if self.architecture == LITE:
            return {"image": [1, 3, *size], "overexposure": [1, 2, *size]}
        return {INPUT_NAME: [1, 3, *size]}

    @property
    def output_shapes(self) -> dict[str, list[int]]:
        """The shapes of the graph's outputs by name, in order."""
        size = {"h": self.input_height, "w": self.input_width}
        if self.architecture == LITE:
            cells = [1, 3, self.input_height // CELL_PIXELS, self.input_width // CELL_PIXELS]
            shapes = {"diffuse": cells, "concentrated": cells}
        else:
            shapes = {OUTPUT_NAME: [1, 3, *size.values()]}
        for name in self.extra_outputs:
            shapes[name] = [size[side] if isinstance(side, str) else side for side in EXTRA_OUTPUTS[name]]
        return shapes

    def to_json(self) -> str:
        """Return the text that goes under :data:`METADATA_KEY`."""
        defaults = {field.name: field.default for field in fields(self) if field.name in _OPTIONAL}
        values = {name: value for name, value in asdict(self).items() if value != defaults.get(name, _NOTHING)}
        return json.dumps(values, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, path: str | Path | None = None) -> ModelMetadata:
        """Read the text back, strictly: every field that has to be there, of the right type, and no other.

        Args:
            text: what :meth:`to_json` returned.
            path: the model's file, for the error message.

        Raises:
            WrongModelError: the text is not such a description, or of an unknown ``format_version``.
        """
        if len(text) > _MAX_LENGTH:
            raise _wrong(f"Its description is longer than {_MAX_LENGTH} characters.", path)
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise _wrong(f"Its description is not JSON ({error.msg}).", path) from error
        except (ValueError, RecursionError) as error:  # a number of thousands of digits, or thousands of brackets
            raise _wrong(f"Its description is not JSON of this program ({error}).", path) from error
        if not isinstance(values, dict):
            raise _wrong("Its description is not a JSON object.", path)
        if values.get("format_version") != FORMAT_VERSION:
            raise WrongModelError(
                f"The model's format version is {values.get('format_version')!r}; "
                f"this program reads version {FORMAT_VERSION}.",
                path=path,
                remedy="Use a model and a program of the same release.",
            )
        _check_fields(cls, values, path)
        checked: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        metadata = cls(**checked)
        _check_values(metadata, path)
        return metadata


def _check_fields(kind: type[ModelMetadata], values: dict, path: str | Path | None) -> None:
    types = {field.name: _KINDS[str(field.type)] for field in fields(kind)}
    missing = sorted(types.keys() - values.keys() - set(_OPTIONAL))
    unknown = sorted(values.keys() - types.keys())
    if missing or unknown:
        raise _wrong(f"Its description lacks {missing} and contains unknown {unknown}.", path)
    for name, value in values.items():
        if type(value) is not types[name]:
            raise _wrong(f"Its description's {name} is {value!r}, not {types[name].__name__}.", path)


def _check_values(metadata: ModelMetadata, path: str | Path | None) -> None:
    if metadata.architecture not in ARCHITECTURES:
        raise _wrong(f"Its architecture {metadata.architecture!r} is unknown.", path)
    if not (0 < metadata.input_height <= MAX_INPUT_HEIGHT and 0 < metadata.input_width <= 2 * MAX_INPUT_HEIGHT):
        raise _wrong(f"Its input size is {metadata.input_width}x{metadata.input_height}.", path)
    if not 0.0 < metadata.overexposure_threshold < 1.0:
        raise _wrong(f"Its over-exposure threshold {metadata.overexposure_threshold} is not in (0, 1).", path)
    if list(metadata.extra_outputs) != [name for name in EXTRA_OUTPUTS if name in metadata.extra_outputs]:
        raise _wrong(f"Its outputs {list(metadata.extra_outputs)} are unknown or in another order.", path)
    if metadata.weights not in ("float32", "float16"):
        raise _wrong(f"Its weights are {metadata.weights!r}.", path)


def _wrong(problem: str, path: str | Path | None) -> WrongModelError:
    return WrongModelError(
        f"The model was not exported by this program. {problem}",
        path=path,
        remedy="Choose a model that `lanet export` wrote.",
    )
