"""What a method is: one photograph in, one linear HDR panorama out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from lanet_core.errors import LanetError
from render_eval.records import MethodRecord


class MethodError(LanetError):
    """A method is unknown, or cannot be set up."""


class PredictionError(LanetError):
    """What a method gave for a photograph is missing, or is no HDR panorama of the photograph's size."""


@dataclass(frozen=True, eq=False)
class Photograph:
    """What a method is shown of a scene.

    Attributes:
        name: the scene's name.
        rgb_srgb8: (H, W, 3) uint8, sRGB-encoded Rec.709.
        ldr_linear: (H, W, 3) float32, the same as linear Rec.709, [0, 1].
        truth: (H, W, 3) float32, linear Rec.709, calibrated by Eq. 1, 1 = the LDR's white; for oracles only.
        is_panorama: whether it is a 2:1 panorama, which wraps in azimuth; or else an image with edges.
    """

    name: str
    rgb_srgb8: np.ndarray
    ldr_linear: np.ndarray
    truth: np.ndarray
    is_panorama: bool = True


class Method(Protocol):
    """Something that makes an HDR panorama of an LDR panorama.

    Attributes:
        record: its name, its label for people and its source.
    """

    record: MethodRecord

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, ≥ 0, finite, at any scale.

        Raises:
            LanetError: there is no prediction for this photograph.
        """
        ...


def checked_prediction(method: Method, photograph: Photograph) -> np.ndarray:
    """Return a method's prediction, which is known to be an HDR panorama of the photograph's size.

    Args:
        method: the method.
        photograph: what it is shown.

    Returns:
        (H, W, 3) float32, linear Rec.709, ≥ 0, finite, at any scale, not all black.

    Raises:
        PredictionError: the prediction is black, has another shape or dtype, or has negative, NaN or infinite values.
        LanetError: the method has no prediction.
    """
    prediction = method.predict(photograph)
    problem = _problem(prediction, photograph.rgb_srgb8.shape)
    if problem:
        raise PredictionError(
            f"The method {method.record.name} gave {problem} for the scene {photograph.name}.",
            remedy="A prediction is finite, linear, never negative, and as large as its photograph.",
        )
    return prediction


def _problem(prediction: object, shape: tuple[int, ...]) -> str:
    if not isinstance(prediction, np.ndarray):
        return f"a {type(prediction).__name__}, not an array,"
    if prediction.shape != shape:
        return f"an array of {prediction.shape} instead of {shape}"
    if prediction.dtype != np.float32:
        return f"values of {prediction.dtype} instead of float32"
    lowest, highest = float(prediction.min()), float(prediction.max())  # NaN if any value is
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        return "NaN or infinite values"
    if lowest < 0.0:
        return f"negative values, down to {lowest:.3g},"
    return "" if highest > 0.0 else "nothing but black"


@contextmanager
def needed_packages(method: str, extra: str) -> Iterator[None]:
    """Turn the failure of the imports in a ``with`` block into an error that names what to install.

    Args:
        method: who needs them.
        extra: the extra of this project that installs them.

    Raises:
        MethodError: a package cannot be imported.
    """
    try:
        yield
    except ImportError as error:
        raise MethodError(
            f"The method {method} needs the package {error.name}, which cannot be imported ({error}).",
            remedy=f"Install it, for instance with: pip install lanet-ibl[{extra}]",
        ) from error


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
