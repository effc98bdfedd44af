"""Execution providers of ONNX Runtime: which there are, which one starts, and why another does not.

A GPU build of ONNX Runtime lists its provider whether or not the machine has what the provider needs. Only starting a
session shows it, and the reason (such as a missing CUDA library) goes to the process's standard error and nowhere else.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from lanet_core.errors import DamagedModelError, ModelError, ProviderError, WrongModelError
from lanet_core.inference.onnx_runtime import onnxruntime as ort
from lanet_core.parallel import bounded

#: The user's names of providers, best first, and ONNX Runtime's.
PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}

#: What may be requested.
PROVIDER_CHOICES = ("auto", *PROVIDERS)

# Linux, macOS: "libX.so.9: cannot open shared object file"; Windows: 'depends on "X.dll" which is missing'.
_MISSING_LIBRARY = re.compile(
    r"([\w.+-]+): cannot open shared object file|Library not loaded: (\S+)|depends on \"([^\"]+)\" which is missing"
)
_ERROR_CODES = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : ")
_TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

_LOG_ERRORS_ONLY = 3

#: How long one run of a network may take, seconds. The supplied models take about one.
RUN_SECONDS = 300.0


@dataclass(frozen=True)
class StartedSession:
    """An ONNX Runtime session and the provider that runs it.

    Attributes:
        session: the session.
        provider: a key of :data:`PROVIDERS`: the provider that ONNX Runtime has registered first.
        warnings: why a better provider is not used, one sentence each.
    """

    session: ort.InferenceSession
    provider: str
    warnings: tuple[str, ...]


def compiled_providers() -> tuple[str, ...]:
    """Return the names of the providers that this ONNX Runtime was built with, best first."""
    built_in = ort.get_available_providers()
    return tuple(name for name, ort_name in PROVIDERS.items() if ort_name in built_in)


def start_session(path: Path, provider: str = "auto", threads: int | None = None) -> StartedSession:
    """Start a session on the provider requested, or on the best one that works.

    Args:
        path: an ONNX file.
        provider: one of :data:`PROVIDER_CHOICES`. ``auto`` tries each compiled provider, best first, and ends at
            the CPU; a name is taken literally.
        threads: CPU threads, at most as many as there are cores; all cores by default.

    Raises:
        ProviderError: the provider requested is unknown, not compiled in, or does not start.
        ModelError: the file cannot be loaded; of the kinds ``DamagedModelError`` and ``WrongModelError`` if known.
    """
    if provider not in PROVIDER_CHOICES:
        raise ProviderError(
            f"The provider {provider!r} is unknown.", remedy=f"Choose from {', '.join(PROVIDER_CHOICES)}."
        )
    compiled = compiled_providers()
    if provider != "auto" and provider not in compiled:
        raise ProviderError(
            f"This ONNX Runtime was built without {provider}; it has {', '.join(compiled)}.",
            remedy="Install the build for your GPU (onnxruntime-gpu, onnxruntime-directml), or use --provider auto.",
        )
    warnings = []
    for name in compiled if provider == "auto" else (provider,):
        if name == "cpu":
            return StartedSession(_start_on_cpu(path, threads), "cpu", tuple(warnings))
        session, reason = _start_on_gpu(path, name, threads)
        if session is not None:
            return StartedSession(session, name, tuple(warnings))
        if provider != "auto":
            raise ProviderError(
                f"The provider {name} does not start: {reason}",
                remedy="Install what is missing, or use --provider auto or cpu.",
            )
        warnings.append(f"The GPU is not used, because the provider {name} does not start: {reason}")
    raise ProviderError("This ONNX Runtime has no provider that can be used.", remedy="Reinstall onnxruntime.")


def run_in_time(session: ort.InferenceSession, outputs: list[str], feed: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Run a network once, at most for :data:`RUN_SECONDS`: a model's file may describe an endless loop.

    Raises:
        TimeoutError: it was stopped.
    """
    options = ort.RunOptions()
    timer = threading.Timer(RUN_SECONDS, setattr, (options, "terminate", True))
    timer.daemon = True
    timer.start()
    try:
        return cast("list[np.ndarray]", session.run(outputs, feed, options))  # no output is sparse or a sequence
    except Exception as error:  # ONNX Runtime's errors have no base class of their own
        if options.terminate:
            raise TimeoutError(f"stopped after {RUN_SECONDS:g} s") from error
        raise
    finally:
        timer.cancel()


def _start_on_cpu(path: Path, threads: int | None) -> ort.InferenceSession:
    try:
        return _create(path, ["CPUExecutionProvider"], _options(threads))
    except Exception as error:  # ONNX Runtime's errors have no base class of their own
        raise _model_error(error, path) from error


def _start_on_gpu(path: Path, name: str, threads: int | None) -> tuple[ort.InferenceSession | None, str]:
    """Return the session, or None and the reason why the provider does not start."""
    options = _options(threads)
    if name == "directml":  # both demanded by the DirectML provider's documentation
        options.enable_mem_pattern = False
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    session, failure = None, ""
    with _captured_output() as output:
        if name == "cuda" and hasattr(ort, "preload_dlls"):
            ort.preload_dlls()  # finds CUDA in the NVIDIA wheels, if they are installed
        try:
            session = _create(path, [PROVIDERS[name], "CPUExecutionProvider"], options)
        except Exception as error:
            failure = str(error)
    if session is not None and session.get_providers()[0] == PROVIDERS[name]:
        return session, ""
    return None, describe_failure(f"{failure}\n{output.getvalue()}")


def _create(path: Path, providers: list[str], options: ort.SessionOptions) -> ort.InferenceSession:
    # ONNX Runtime's own fallback prints to standard output, which belongs to our caller.
    return ort.InferenceSession(path, options, providers=providers, enable_fallback=0)


def _options(threads: int | None) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.log_severity_level = _LOG_ERRORS_ONLY
    # Threads that spin while they wait take the cores from other work, here and in other programs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if threads is not None:
        options.intra_op_num_threads = bounded(threads)
    return options


def _model_error(error: Exception, path: Path) -> ModelError:
    """Return the error of ours for a failure to load a model on the CPU."""
    reason = describe_failure(str(error).replace(f"Load model from {path} failed:", ""))  # our errors name the file
    kind = type(error).__name__
    if kind == "InvalidProtobuf":
        return DamagedModelError(
            "This is not an ONNX model, or the file is damaged.", path=path, remedy="Download or export it again."
        )
    if kind in ("InvalidArgument", "InvalidGraph"):
        return DamagedModelError(
            f"The model cannot be read: {reason}", path=path, remedy="Download or export it again."
        )
    if kind in ("Fail", "NotImplemented"):
        return WrongModelError(
            f"ONNX Runtime cannot run this model: {reason}",
            path=path,
            remedy="Choose a model that `lanet export` wrote.",
        )
    return ModelError(f"The model cannot be loaded: {reason}", path=path)


def describe_failure(text: str) -> str:
    """Return one sentence for ONNX Runtime's message of a failure; the missing library's name if it contains one."""
    missing = _MISSING_LIBRARY.search(text)
    if missing:
        library = Path(next(filter(None, missing.groups()))).name
        driver = " (the NVIDIA driver)" if library.startswith(("libcuda.so", "nvcuda")) else ""
        return f"the library {library}{driver} is missing."
    lines = [line.strip() for line in _TERMINAL_COLOURS.sub("", text).splitlines() if line.strip()]
    if not lines:
        return "ONNX Runtime reports no reason."
    return _ERROR_CODES.sub("", lines[0])[:300]


@contextlib.contextmanager
def _captured_output() -> Iterator[io.StringIO]:
    """Collect what Python code prints and what native code writes to file descriptor 2."""
    collected = io.StringIO()
    with contextlib.redirect_stdout(collected), tempfile.TemporaryFile() as file:
        if sys.stderr:
            sys.stderr.flush()
        try:
            saved = os.dup(2)
        except OSError:  # a program without a console has no standard error
            yield collected
            return
        os.dup2(file.fileno(), 2)
        try:
            yield collected
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            file.seek(0)
            collected.write(file.read().decode(errors="replace"))
