"""One model in ONNX Runtime: loaded with plain errors, run on one panorama at a time."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lanet_core.errors import ModelError, ModelNotFoundError, ProviderError, WrongModelError
from lanet_core.inference import providers
from lanet_core.inference.model_metadata import METADATA_KEY, ModelMetadata


@dataclass(frozen=True)
class Prediction:
    """Outputs of a model, float32; None for those that it lacks. See :mod:`lanet_core.inference.model_metadata`.

    Attributes:
        diffuse: (g, 2g, 3), radiance to add, linear Rec.709 relative to the white level, mean over each cell.
        concentrated: (g, 2g, 3), the same of concentrated light, such as the sun.
        log_hdr: (h, w, 3), natural log of linear Rec.709 radiance, 1 = the white of the LDR.
        log_stops: natural log of the expected error of diffuse irradiance, in stops.
        strength_range: (2,), likely range of the factor that the added light lacks, in stops.
        attention: (h, w, 2), [0, 1], the attention maps of LANet.
        segmentation_logits: (h, w, 3), luminance classes dark, between, bright.
    """

    diffuse: np.ndarray | None = None
    concentrated: np.ndarray | None = None
    log_hdr: np.ndarray | None = None
    log_stops: float | None = None
    strength_range: np.ndarray | None = None
    attention: np.ndarray | None = None
    segmentation_logits: np.ndarray | None = None

    @property
    def added_light(self) -> tuple[np.ndarray, np.ndarray]:
        """The diffuse and the concentrated radiance to add; of a prediction for a panorama."""
        assert self.diffuse is not None and self.concentrated is not None, "of a panorama"
        return self.diffuse, self.concentrated


class Session:
    """A model, ready to run.

    Args:
        path: an ONNX file that ``lanet export`` wrote.
        provider: one of :data:`lanet_core.inference.providers.PROVIDER_CHOICES`.
        threads: CPU threads; all cores by default.

    Attributes:
        path: the model's file.
        metadata: the model's metadata.
        provider: the provider that runs, as ONNX Runtime reports it: ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        warnings: why a better provider is not used, one sentence each.

    Raises:
        ModelNotFoundError: there is no such file, or it may not be read.
        DamagedModelError: it is truncated, corrupt or not ONNX.
        WrongModelError: it is ONNX, but not a model of ours, or of another format version.
        ProviderError: the provider requested cannot run here.
    """

    def __init__(self, path: str | Path, provider: str = "auto", threads: int | None = None) -> None:
        self.path = Path(path)
        _check_readable(self.path)
        self._demanded = provider
        self._threads = threads
        self._running = threading.Lock()
        # A model has some hundred megabytes: hash them while ONNX Runtime parses them.
        self._sha256 = ""
        self._hashing = threading.Thread(target=self._hash)
        self._hashing.start()
        try:
            started = providers.start_session(self.path, provider, threads)
            self.metadata = _read_metadata(started.session, self.path)
        finally:
            self._hashing.join()
        self._session = started.session
        self.provider = started.provider
        self.warnings = started.warnings

    @property
    def sha256(self) -> str:
        """SHA-256 of the model's file, hexadecimal."""
        return self._sha256

    @property
    def model_name(self) -> str:
        """Name and version of the model."""
        return f"{self.metadata.name} {self.metadata.version}"

    def run(self, **inputs: np.ndarray) -> Prediction:
        """Run the network once. Callers in other threads wait, so that one run's memory is the most that is taken.

        Args:
            inputs: the inputs of the model's architecture by name, (h, w, C) float32 each.

        Raises:
            ProviderError: a provider that was requested by name fails in the run. Under ``auto`` the CPU takes over,
                with a warning.
            ModelError: the network's output is not finite.
            ValueError: an input is missing, or has another shape.
        """
        shapes = {name: (*shape[2:], shape[1]) for name, shape in self.metadata.input_shapes.items()}
        given = {name: value.shape for name, value in inputs.items()}
        if given != shapes:
            raise ValueError(f"the network takes {shapes}, not {given}")
        feed = {
            name: np.ascontiguousarray(value.transpose(2, 0, 1)[None], dtype=np.float32)
            for name, value in inputs.items()
        }
        with self._running:
            outputs = dict(zip(self.metadata.output_shapes, self._run(feed), strict=True))
        if not all(np.isfinite(output).all() for output in outputs.values()):
            raise ModelError("The network's output contains NaN or infinite values.", path=self.path)
        fields: dict[str, Any] = {name: _without_batch(output) for name, output in outputs.items()}
        return Prediction(**fields)

    def _run(self, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        try:
            return providers.run_in_time(self._session, list(self.metadata.output_shapes), feed)
        except TimeoutError as error:
            raise ModelError(
                f"The model does not finish: {error}.",
                path=self.path,
                remedy="Use the supplied model, or more CPU threads.",
            ) from error
        except Exception as error:  # ONNX Runtime's errors have no base class of their own
            reason = providers.describe_failure(str(error))
            if self.provider == "cpu":
                raise ModelError(f"The model fails: {reason}", path=self.path) from error
            if self._demanded != "auto":
                raise ProviderError(
                    f"The provider {self.provider} fails: {reason}", remedy="Use --provider auto or cpu."
                ) from error
        # Mostly out of GPU memory: the CPU is slower, but succeeds.
        self.warnings += (f"The GPU is not used, because the provider {self.provider} fails: {reason}",)
        started = providers.start_session(self.path, "cpu", self._threads)
        self._session, self.provider = started.session, started.provider
        return self._run(feed)

    def _hash(self) -> None:
        with self.path.open("rb") as file:
            self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()


def _without_batch(output: np.ndarray) -> np.ndarray | float:
    """Return (1, C, h, w) as (h, w, C), (1, C) as (C,), and (1,) as a number."""
    if output.ndim == 4:
        return np.ascontiguousarray(output[0].transpose(1, 2, 0))
    return output[0] if output.ndim == 2 else float(output[0])


def _check_readable(path: Path) -> None:
    remedy = "Check the path, or omit --model to use the supplied model."
    if path.is_dir():
        raise ModelNotFoundError("This is a folder, not a model file.", path=path, remedy=remedy)
    try:
        path.open("rb").close()
    except FileNotFoundError as error:
        raise ModelNotFoundError("There is no model file here.", path=path, remedy=remedy) from error
    except OSError as error:
        raise ModelNotFoundError(f"The file cannot be read: {error.strerror}.", path=path, remedy=remedy) from error


def _read_metadata(session, path: Path) -> ModelMetadata:
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise WrongModelError(
            "This ONNX model was not exported by this program.",
            path=path,
            remedy="Choose a model that `lanet export` wrote.",
        )
    metadata = ModelMetadata.from_json(text, path)
    shapes = {**metadata.input_shapes, **metadata.output_shapes}
    ports = [(port.name, port.type, port.shape) for port in (*session.get_inputs(), *session.get_outputs())]
    if ports != [(name, "tensor(float)", shape) for name, shape in shapes.items()]:
        raise WrongModelError(
            f"The inputs and outputs of the model are {ports}, in contradiction to its metadata.",
            path=path,
            remedy="Export it again.",
        )
    return metadata
