"""One model in ONNX Runtime: loaded with plain errors, run on one panorama at a time."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core import providers
from lanet_core.errors import ModelError, ModelNotFoundError, ProviderError, WrongModelError
from lanet_core.model_metadata import INPUT_NAME, METADATA_KEY, ModelMetadata


@dataclass(frozen=True)
class Answer:
    """What a model says of a picture, float32, at the network's size.

    Attributes:
        log_hdr: (h, w, 3), natural log of linear Rec.709 radiance, 1 = LDR white.
        log_scale: (h, w), natural log of the expected absolute error of ``log_hdr`` where the picture is over-exposed;
            None if the model has no confidence.
        log_stops: natural log of the expected error of diffuse irradiance, in stops; None likewise.
        attention: (h, w, 2), [0, 1], the attention maps of LANet; None if the model has none.
        segmentation_logits: (h, w, 3), luminance classes dark, between, bright; None likewise.
    """

    log_hdr: np.ndarray
    log_scale: np.ndarray | None = None
    log_stops: float | None = None
    attention: np.ndarray | None = None
    segmentation_logits: np.ndarray | None = None


class Session:
    """A model, ready to run.

    Args:
        path: an ONNX file that ``lanet export`` wrote.
        provider: one of :data:`lanet_core.providers.PROVIDER_CHOICES`.
        threads: CPU threads; all cores by default.

    Attributes:
        path: the model's file.
        metadata: what the model says of itself.
        provider: the provider that runs, as ONNX Runtime reports it: ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        warnings: why a better provider is not used, one sentence each.

    Raises:
        ModelNotFoundError: there is no such file, or it may not be read.
        DamagedModelError: it is truncated, corrupt or not ONNX.
        WrongModelError: it is ONNX, but not a model of ours, or of another format version.
        ProviderError: the provider asked for cannot run here.
    """

    def __init__(self, path: str | Path, provider: str = "auto", threads: int | None = None) -> None:
        self.path = Path(path)
        _check_readable(self.path)
        self._demanded = provider
        self._threads = threads
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

    def run(self, ldr_linear: np.ndarray) -> Answer:
        """Run the network once.

        Args:
            ldr_linear: (h, w, 3) float32, linear Rec.709, [0, 1]; h and w as the metadata say.

        Raises:
            ProviderError: a provider that was asked for by name fails in the run. Under ``auto`` the CPU takes over,
                with a warning.
            ModelError: the network's output is not finite.
            ValueError: the array has another shape.
        """
        expected = (self.metadata.input_height, self.metadata.input_width, 3)
        if ldr_linear.shape != expected:
            raise ValueError(f"the network takes {expected}, not {ldr_linear.shape}")
        feed = np.ascontiguousarray(ldr_linear.transpose(2, 0, 1)[None], dtype=np.float32)
        outputs = dict(zip(self.metadata.output_shapes, self._run(feed), strict=True))
        if not all(np.isfinite(output).all() for output in outputs.values()):
            raise ModelError("The network's output holds NaN or infinite values.", path=self.path)
        return Answer(**{name: _as_picture(output[0]) for name, output in outputs.items()})

    def _run(self, feed: np.ndarray) -> list[np.ndarray]:
        try:
            return providers.run_in_time(self._session, list(self.metadata.output_shapes), {INPUT_NAME: feed})
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
        # Out of GPU memory, most often. The CPU is slower, but it ends well.
        self.warnings += (f"The GPU is not used, because the provider {self.provider} fails: {reason}",)
        started = providers.start_session(self.path, "cpu", self._threads)
        self._session, self.provider = started.session, started.provider
        return self._run(feed)

    def _hash(self) -> None:
        with self.path.open("rb") as file:
            self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()


def _as_picture(output: np.ndarray) -> np.ndarray | float:
    """Return (C, h, w) as (h, w, C), one channel as (h, w), and a figure as a number."""
    if output.ndim == 0:
        return float(output)
    return output[0] if len(output) == 1 else np.ascontiguousarray(output.transpose(1, 2, 0))


def _check_readable(path: Path) -> None:
    remedy = "Check the path, or leave --model out to use the model that came with the program."
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
            "This is an ONNX model, but not one made for this program.",
            path=path,
            remedy="Give a model that `lanet export` wrote.",
        )
    metadata = ModelMetadata.from_json(text, path)
    shapes = {INPUT_NAME: [1, 3, metadata.input_height, metadata.input_width], **metadata.output_shapes}
    ports = [(port.name, port.type, port.shape) for port in (*session.get_inputs(), *session.get_outputs())]
    if ports != [(name, "tensor(float)", shape) for name, shape in shapes.items()]:
        raise WrongModelError(
            f"The model's input and outputs are {ports}, which its description does not say.",
            path=path,
            remedy="Export it again.",
        )
    return metadata
