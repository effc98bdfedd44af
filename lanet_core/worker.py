"""The converter in a process of its own, behind line-delimited JSON: ``python -m lanet_core.worker``.

For a parent that must neither wait nor fall with it, such as Blender. The parent writes one request a line, as many as
it likes; they are served in turn, and each ends with exactly one ``result`` or ``error``:

    {"id": 1, "do": "convert", "source": "street.jpg", "output": "street.exr"}
    {"id": 1, "event": "progress", "share": 0.15, "stage": "network"}
    {"id": 1, "event": "result", "output": "street.exr", "peak_ev": 9.1, "expected_error_stops": 0.4, …}

    {"id": 2, "do": "inspect", "source": "street.jpg"}     size, clipped share and warnings, without a conversion
    {"id": 3, "do": "describe"}                            model, provider, and why no GPU runs
    {"id": 4, "do": "thumbnail", "source": "street.exr", "height": 128}  width, height, rgb_srgb8_base64 from the top
    {"do": "cancel", "id": 1}                              answered by the error ConversionCancelled of request 1

    {"id": 1, "event": "error", "kind": "DamagedImageError", "message": "street.jpg: The file is cut short. …"}

The first line is ``{"event": "ready", "protocol": 1}``. When its input ends, the process drops what is not done and
ends, after some seconds also out of a call that does not return: it does not outlive its parent.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from lanet_core.errors import HalfRangeError, LanetError

PROTOCOL = 1
#: How long a request may take to notice that the parent is gone, seconds; writing a large file takes some.
_LAST_STAGE_S = 5.0


class RequestError(LanetError):
    """A line of the parent's is not a request."""


class Worker:
    """Serves requests one after another with one model, which is loaded when it is first needed.

    Args:
        answer: sends one answer to the parent; called from one thread only.
        model: see :func:`lanet_core.converter.find_model`.
        provider: see :func:`lanet_core.converter.load_converter`.
        threads: likewise.
    """

    def __init__(
        self,
        answer: Callable[[Mapping[str, Any]], None],
        *,
        model: str | None = None,
        provider: str = "auto",
        threads: int | None = None,
    ) -> None:
        self._answer = answer
        self._model, self._provider, self._threads = model, provider, threads
        self._converter = None
        self._cancelled: set[Any] = set()
        self._stopped = False

    def cancel(self, number: Any) -> None:
        """Stop a request before its next stage, or before it begins; may be called from any thread."""
        self._cancelled.add(number)

    def stop(self) -> None:
        """Stop the request that is being served, and refuse all others; may be called from any thread."""
        self._stopped = True

    def serve(self, request: Mapping[str, Any]) -> None:
        """Do what a request asks and answer it, whatever happens."""
        if self._stopped:
            return
        number = request.get("id")
        try:
            result = self._do(request)
        except LanetError as error:
            self._answer({"id": number, "event": "error", "kind": type(error).__name__, "message": str(error)})
        except Exception as error:  # the parent must hear of it, and the next request may fare better
            self._answer({"id": number, "event": "error", "kind": type(error).__name__, "message": f"{error}"})
        else:
            self._answer({"id": number, "event": "result", **result})
        finally:
            self._cancelled.discard(number)

    def _do(self, request: Mapping[str, Any]) -> dict[str, Any]:
        tasks = {
            "convert": self._convert,
            "inspect": self._inspect,
            "describe": self._describe,
            "thumbnail": self._thumbnail,
        }
        task = tasks.get(request.get("do"))
        if task is None:
            raise RequestError(f"There is no task {request.get('do')!r}.", remedy=f"Ask for {', '.join(tasks)}.")
        return task(request)

    def _convert(self, request: Mapping[str, Any]) -> dict[str, Any]:
        source, output = _text(request, "source"), _text(request, "output")
        number = request.get("id")

        def progress(share: float, stage: str) -> None:
            self._answer({"id": number, "event": "progress", "share": share, "stage": stage})

        def convert(half: bool):
            return self._load().convert_file(
                source,
                output,
                half=half,
                confidence=bool(request.get("confidence", False)),
                progress=progress,
                cancelled=lambda: self._stopped or number in self._cancelled,
            )

        half = request.get("half", False)
        try:
            conversion = convert(bool(half))
        except HalfRangeError:
            if half != "auto":
                raise
            conversion = convert(False)
        return {"output": output, **conversion.facts()}

    def _inspect(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.images import read_ldr
        from lanet_core.panorama import panorama_from_picture

        picture = read_ldr(Path(_text(request, "source")))
        panorama = panorama_from_picture(picture)
        return {
            "width": panorama.width,
            "height": panorama.height,
            "clipped_fraction": panorama.clipped_fraction(),
            "warnings": [*picture.warnings, *panorama.warnings],
        }

    def _describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.providers import compiled_providers

        session = self._load().session
        return {
            "model": {"path": str(session.path), "sha256": session.sha256, **asdict(session.metadata)},
            "provider": session.provider,
            "compiled_providers": list(compiled_providers()),
            "warnings": list(session.warnings),
        }

    def _thumbnail(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.images import read_hdr
        from lanet_core.thumbnail import thumbnail

        height = request.get("height")
        if not isinstance(height, int) or height < 1:
            raise RequestError("The request has no height.", remedy="Give a number of rows.")
        picture = thumbnail(read_hdr(Path(_text(request, "source"))), height)
        pixels = base64.b64encode(picture.tobytes()).decode("ascii")
        return {"width": picture.shape[1], "height": picture.shape[0], "rgb_srgb8_base64": pixels}

    def _load(self):
        if self._converter is None:
            from lanet_core.converter import load_converter  # slow, and of no use before the first conversion

            self._converter = load_converter(self._model, self._provider, self._threads)
        return self._converter


def _text(request: Mapping[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise RequestError(f"The request has no {name}.", remedy="Give a path.")
    return value


def parse_request(line: str) -> dict[str, Any]:
    """Read one line of the parent's.

    Raises:
        RequestError: it is no JSON object.
    """
    try:
        request = json.loads(line)
    except ValueError as error:
        raise RequestError(f"The line is not JSON ({error}).") from error
    if not isinstance(request, dict):
        raise RequestError("The line is not a JSON object.")
    return request


def run(requests: TextIO, answers: TextIO, **options: Any) -> None:
    """Serve requests until their stream ends, reading on while one is served so that it can be cancelled.

    If one is still being served some seconds after that, the process ends at once: a driver may have hung.

    Args:
        requests: the parent's lines.
        answers: where answers go, flushed one by one.
        options: of :class:`Worker`.
    """
    lock = threading.Lock()

    def answer(message: Mapping[str, Any]) -> None:
        with lock:
            answers.write(json.dumps(message, allow_nan=False) + "\n")
            answers.flush()

    worker = Worker(answer, **options)
    waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    served = threading.Event()

    def read() -> None:
        for line in requests:
            try:
                request = parse_request(line)
            except RequestError as error:
                answer({"id": None, "event": "error", "kind": type(error).__name__, "message": str(error)})
                continue
            if request.get("do") == "cancel":
                worker.cancel(request.get("id"))
            else:
                waiting.put(request)
        worker.stop()
        waiting.put(None)
        if not served.wait(_LAST_STAGE_S):
            os._exit(1)

    answer({"event": "ready", "protocol": PROTOCOL})
    threading.Thread(target=read, daemon=True).start()
    try:
        while (request := waiting.get()) is not None:
            worker.serve(request)
    finally:
        served.set()


def _own_streams() -> tuple[TextIO, TextIO]:
    """Return the pipes to the parent, out of reach of libraries that print."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    return requests, answers


def main() -> int:
    """Run the worker on standard input and output."""
    parser = argparse.ArgumentParser(prog="python -m lanet_core.worker", description=__doc__.partition("\n")[0])
    parser.add_argument("--model")
    parser.add_argument("--provider", default="auto")
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    requests, answers = _own_streams()
    try:
        run(requests, answers, model=arguments.model, provider=arguments.provider, threads=arguments.threads)
    except BrokenPipeError:  # the parent is gone
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
