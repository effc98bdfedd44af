"""The converter in a process of its own, behind line-delimited JSON: ``python -m lanet_core.pipeline.worker``.

For a parent that must neither wait nor fall with it, such as Blender. The parent writes one request a line, as many as
it likes; they are served in turn, and each ends with exactly one ``result`` or ``error``:

    {"id": 1, "do": "convert", "source": "street.jpg", "output": "street.exr"}
    {"id": 1, "event": "progress", "share": 0.15, "stage": "network"}
    {"id": 1, "event": "result", "output": "street.exr", "peak_ev": 9.1, "expected_error_stops": 0.4, …}

    {"id": 2, "do": "inspect", "source": "street.jpg"}     size, clipped share and warnings, without a conversion
    {"id": 7, "do": "convert", …, "pad": true}             also stretch, force, eye, ignore_pose, ignore_alpha:
                                                           ReadingOptions;
                                                           "lights": true adds the result of the task lights
    {"id": 3, "do": "describe"}                            model, provider, and why no GPU runs
    {"id": 4, "do": "thumbnail", "source": "street.exr", "height": 128}  width, height, rgb_srgb8_base64 from the top
                                                           "kind": true adds the kind of its light, or null
    {"id": 5, "do": "lights", "source": "street.exr"}      concentrated lights, see :mod:`.light_list`
    {"id": 6, "do": "lights", "source": "street.exr", "take": [0], "output": "rest.exr"}  and the panorama without some
    {"id": 9, "do": "bake", "source": "street.exr", "output": "baked.exr", "strength": 0.5}  with the fields of
                                                           :class:`lanet_core.pipeline.light_baking.LightChange`
    {"id": 10, "do": "ground", "source": "street.exr"}     irradiance of the ground: the fields and the softness of
                                                           :class:`lanet_core.pipeline.ground_light.GroundLight`
    {"id": 11, "do": "expect", "source": "street.jpg"}     what a conversion will change, see
                                                           :mod:`lanet_core.pipeline.expectation`
    {"id": 12, "do": "balls", "source": "street.jpg", "hdr": "street.exr", "size": 96}  diffuse and mirror balls, before
                                                           above after: width, height, rgba_srgb8_base64 from the top
    {"id": 8, "do": "calibrate", "source": "street.exr", "albedo": 0.18, "at": [0.5, 0.8], "facing": "auto"}
                                                           factor of the light above white by which a surface has its
                                                           albedo, or null and a problem; "at" null is the ground
    {"do": "cancel", "id": 1}                              request 1 ends with the error ConversionCancelled

    {"id": 1, "event": "error", "kind": "DamagedImageError", "problem": "The file is cut short.",
     "path": "street.jpg", "remedy": "Copy it again.", "message": "street.jpg: The file is cut short. Copy it again."}

The first line is ``{"event": "ready", "protocol": 1}``. An ``id`` is an integer of 64 bits or a short string. A line
that is no request ends with an ``error``, whose id is null where the line has none. When its input ends or its output
is closed, the process drops what is not done and ends, after some seconds also out of a call that does not return: it
does not outlive its parent.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lanet_core.errors import HalfRangeError
from lanet_core.pipeline import worker_tasks
from lanet_core.pipeline.worker_protocol import (
    PROTOCOL,
    RequestError,
    error_reply,
    parse_request,
    read_lines,
    write_line,
)
from lanet_core.pipeline.worker_requests import reading_options, surface_of, text_of
from lanet_core.standard_streams import is_open, open_closed_streams

#: How long a request may take to notice that the parent is gone, seconds; writing a large file takes some.
_LAST_STAGE_S = 5.0


class Worker:
    """Serves requests one after another with one model, which is loaded when it is first needed.

    Args:
        reply: sends one reply to the parent; called from one thread only.
        model: see :func:`lanet_core.pipeline.panorama_converter.find_model`.
        provider: see :func:`lanet_core.pipeline.panorama_converter.load_converter`.
        threads: the same.
    """

    def __init__(
        self,
        reply: Callable[[Mapping[str, Any]], None],
        *,
        model: str | None = None,
        provider: str = "auto",
        threads: int | None = None,
    ) -> None:
        self._reply = reply
        self._model, self._provider, self._threads = model, provider, threads
        self._converter = None
        self._accepted: Counter[int | str] = Counter()
        self._cancelled: set[int | str] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def accept(self, number: int | str) -> None:
        """Take note of a request that will be served, so that it can be cancelled; may be called from any thread."""
        with self._lock:
            self._accepted[number] += 1

    def cancel(self, number: int | str) -> None:
        """Stop an accepted request before its next stage, or before it begins; may be called from any thread.

        Nothing is remembered of an id that is unknown or served already.
        """
        with self._lock:
            if number in self._accepted:
                self._cancelled.add(number)

    def stop(self) -> None:
        """Stop the request that is being served, and refuse all others; may be called from any thread."""
        self._stopped = True

    def serve(self, request: Mapping[str, Any]) -> None:
        """Serve an accepted request; it always gets one final reply."""
        if self._stopped:
            return
        number, source = request["id"], request.get("source")
        try:
            self._reply({"id": number, "event": "result", **self._do(request)})
        except Exception as error:  # it is reported to the parent, and the next request may succeed
            self._reply(error_reply(number, error, source if isinstance(source, str) else None))
        finally:
            self._served(number)

    def refuse(self, error: RequestError) -> None:
        """Reply to a line that is no request."""
        if not self._stopped:
            self._reply(error_reply(error.number, error))

    def _served(self, number: int | str) -> None:
        with self._lock:
            self._accepted[number] -= 1
            if self._accepted[number] <= 0:
                del self._accepted[number]
                self._cancelled.discard(number)

    def _do(self, request: Mapping[str, Any]) -> dict[str, Any]:
        tasks = {
            "convert": self._convert,
            "inspect": worker_tasks.inspect,
            "describe": self._describe,
            "thumbnail": worker_tasks.thumbnail,
            "lights": worker_tasks.lights,
            "calibrate": worker_tasks.calibrate,
            "bake": worker_tasks.bake,
            "ground": worker_tasks.ground,
            "expect": self._expect,
            "balls": worker_tasks.balls,
        }
        task = tasks.get(request.get("do", ""))
        if task is None:
            raise RequestError(f"There is no task {request.get('do')!r}.", remedy=f"Use one of {', '.join(tasks)}.")
        return task(request)

    def _convert(self, request: Mapping[str, Any]) -> dict[str, Any]:
        source, output = text_of(request, "source"), text_of(request, "output")
        number = request["id"]

        def progress(share: float, stage: str) -> None:
            self._reply({"id": number, "event": "progress", "share": share, "stage": stage})

        def convert(half: bool):
            return self._load().convert_file(
                source,
                output,
                half=half,
                options=reading_options(request),
                surface=surface_of(request),
                confidence=bool(request.get("confidence", False)),
                progress=progress,
                cancelled=lambda: self._stopped or number in self._cancelled,
            )

        from lanet_core.files import read_hdr
        from lanet_core.reconstruction.light_list import find_lights

        half = request.get("half", False)
        try:
            conversion = convert(bool(half))
        except HalfRangeError:
            if half != "auto":
                raise
            conversion = convert(False)
        lights = {}
        if request.get("lights", False):
            lights["lights"] = [light.facts() for light in find_lights(read_hdr(Path(output)))]
        return {"output": output, **conversion.facts(), **lights}

    def _describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.inference.providers import compiled_providers

        session = self._load().session
        return {
            "model": {"path": str(session.path), "sha256": session.sha256, **asdict(session.metadata)},
            "provider": session.provider,
            "compiled_providers": list(compiled_providers()),
            "warnings": list(session.warnings),
        }

    def _expect(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.files import read_ldr
        from lanet_core.pipeline.expectation import expect

        number, options = request["id"], reading_options(request)
        image = read_ldr(Path(text_of(request, "source")))
        return expect(
            self._load(), image, options, cancelled=lambda: self._stopped or number in self._cancelled
        ).facts()

    def _load(self):
        if self._converter is None:
            from lanet_core.pipeline.panorama_converter import load_converter

            self._converter = load_converter(self._model, self._provider, self._threads)
        return self._converter


def run(requests: int, replies: int, **options: Any) -> None:
    """Serve requests until either stream ends, reading on while one is served so that it can be cancelled.

    If one is still being served some seconds after that, the process ends at once: a driver may have hung. All replies
    are written by the calling thread, so that a parent which reads none of them cannot stop the reading.

    Args:
        requests: file descriptor of the parent's lines.
        replies: file descriptor of the replies.
        options: of :class:`Worker`.

    Raises:
        OSError: the parent no longer reads the replies.
    """
    worker = Worker(lambda message: write_line(replies, message), **options)
    waiting: queue.SimpleQueue[dict[str, Any] | RequestError | None] = queue.SimpleQueue()
    served = threading.Event()

    def read() -> None:
        try:
            for line in read_lines(requests, replies):
                try:
                    request = parse_request(line)
                except RequestError as error:
                    waiting.put(error)
                    continue
                if request["do"] == "cancel":
                    worker.cancel(request["id"])
                else:
                    worker.accept(request["id"])
                    waiting.put(request)
        finally:  # also where reading fails: nothing may leave the process behind
            worker.stop()
            waiting.put(None)
            if not served.wait(_LAST_STAGE_S):
                os._exit(1)

    try:
        write_line(replies, {"event": "ready", "protocol": PROTOCOL})
        threading.Thread(target=read, daemon=True).start()
        while (request := waiting.get()) is not None:
            if isinstance(request, RequestError):
                worker.refuse(request)
            else:
                worker.serve(request)
    finally:
        served.set()


def _own_streams() -> tuple[int, int]:
    """Return the pipes to the parent as file descriptors, out of reach of libraries that print."""
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    return requests, replies


def main() -> int:
    """Run the worker on standard input and output."""
    description = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m lanet_core.pipeline.worker", description=description)
    parser.add_argument("--model")
    parser.add_argument("--provider", default="auto")
    parser.add_argument("--threads", type=int, help="CPU threads, at least 1 and at most the number of cores")
    arguments = parser.parse_args()
    if not (is_open(0) and is_open(1)):  # there is no parent
        return 1
    open_closed_streams()
    requests, replies = _own_streams()
    try:
        run(requests, replies, model=arguments.model, provider=arguments.provider, threads=arguments.threads)
    except OSError:  # the parent is gone
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
