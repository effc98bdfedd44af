"""Client of the converter process for Blender's main thread: it neither waits for it nor crashes with it.

One request is served at a time; the others wait here. So a process that is killed takes one request with it, and the
next one gets a fresh process.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import AddonError
from ..files.unfinished_output import UnfinishedOutput
from .environment import worker_command, worker_environment
from .events import Event, RequestCancelled, RequestFailed, RequestFinished, RequestProgress
from .process import WorkerProcess
from .requests import Requests

_PROTOCOL = 1
#: A worker that is cancelled is killed if it has not stopped until then.
_CANCEL_GRACE_S = 0.25


@dataclass
class _Request:
    number: int
    fields: dict[str, Any]
    output: UnfinishedOutput | None = None
    is_cancelled: bool = False
    kill_at_s: float | None = None  # of time.monotonic(), once the worker shall not be waited for
    may_start_again: bool = False  # sent to a warm process, without a reply yet


class WorkerClient(Requests):
    """Keeps a worker, starts it when it is needed, and ends it when it has not been for a while.

    All methods are for one thread, and none but :meth:`stop` waits for anything.

    Args:
        model: an ONNX file in place of the one that comes with the extension.
        provider: ``auto``, ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        threads: CPU threads; all cores by default.
        idle_s: how long a worker without work is kept warm, seconds; 0 ends it at once.
        silence_s: how long a worker may be silent before it counts as hung, seconds. Its first word from the network
            stage may take long: a GPU's driver compiles then.
    """

    def __init__(
        self,
        *,
        model: str | None = None,
        provider: str = "auto",
        threads: int | None = None,
        idle_s: float = 300.0,
        silence_s: float = 180.0,
    ) -> None:
        self._command = worker_command(model=model, provider=provider, threads=threads)
        self._idle_s, self._silence_s = idle_s, silence_s
        self._process: WorkerProcess | None = None
        self._retirement: threading.Timer | None = None
        self._burials: list[threading.Thread] = []
        self._waiting: deque[_Request] = deque()
        self._current: _Request | None = None
        self._events: list[Event] = []
        self._heard_s = 0.0
        self._last_number = 0

    @property
    def busy(self) -> bool:
        """Whether a request has not ended, or its end has not been polled."""
        return bool(self._current or self._waiting or self._events)

    @property
    def worker_pid(self) -> int | None:
        """The number of the worker's process, None where there is none."""
        return self._process.pid if self._process else None

    def cancel(self, number: int, *, keep_worker: bool = False) -> None:
        """Stop a request. Its :class:`RequestCancelled` is polled within half a second, regardless of the worker does.

        Args:
            number: one that has ended is left alone.
            keep_worker: let the worker stop on its own, which may take as long as the network runs once; a new worker
                would take longer to start. For requests that no process waits for.
        """
        if self._current is not None and self._current.number == number:
            if not self._current.is_cancelled and self._process is not None:
                self._process.send({"do": "cancel", "id": number})
            self._current.is_cancelled = True
            if not keep_worker and self._current.kill_at_s is None:
                self._current.kill_at_s = time.monotonic() + _CANCEL_GRACE_S
            return
        for request in self._waiting:
            if request.number == number:
                self._waiting.remove(request)
                self._events.append(RequestCancelled(number))
                return

    def poll(self) -> list[Event]:
        """Return what has happened since the last call, in order; to be called several times a second while busy."""
        if self._process is not None:
            for message in self._process.poll():
                self._heard_s = time.monotonic()
                self._take(message)
        self._look_at_the_clock()
        if self._current is None and self._waiting:
            self._begin(self._waiting.popleft())
        events, self._events = self._events, []
        return events

    def stop(self) -> None:
        """End the worker and forget every request; return when no process and no unfinished file is left."""
        self._waiting.clear()
        self._events.clear()
        self._keep_for(None)
        if self._process is not None and self._current is None:
            self._process.close()
            self._process.wait(_CANCEL_GRACE_S)
        self._kill()
        for burial in self._burials:
            burial.join(timeout=5.0)

    def _ask(self, **fields: Any) -> int:
        self._last_number += 1
        self._waiting.append(_Request(self._last_number, fields))
        return self._last_number

    def _begin(self, request: _Request) -> None:
        self._keep_for(None)
        message = {"id": request.number, **request.fields}
        try:
            if "output" in message:
                request.output = request.output or UnfinishedOutput(Path(message["output"]))
                message["output"] = str(request.output.path)
            request.may_start_again = self._process is not None and self._process.send(message)
            if not request.may_start_again:
                self._process = WorkerProcess(self._command, worker_environment())
                self._process.send(message)
        except AddonError as error:
            self._events.append(RequestFailed(request.number, "AddonError", str(error)))
            self._bury(None, request)
            return
        self._current = request
        self._heard_s = time.monotonic()

    def _take(self, message: dict[str, Any]) -> None:
        event = message.get("event", "")
        if event == "exit":
            self._take_exit(message)
        elif event == "ready" and message.get("protocol") != _PROTOCOL:
            self._fail("WorkerEnded", "The extension's parts are of different versions. Install it again.")
            self._kill()
        elif self._current is not None and message.get("id") == self._current.number:
            self._take_reply(self._current, event, message)

    def _take_reply(self, request: _Request, event: str, message: dict[str, Any]) -> None:
        request.may_start_again = False
        if event == "progress":
            if not request.is_cancelled:
                self._events.append(RequestProgress(request.number, message["share"], message["stage"]))
        elif event == "error":
            self._fail_at(request, message)
        elif event == "result":
            self._finish(request, {name: value for name, value in message.items() if name not in ("id", "event")})

    def _take_exit(self, message: dict[str, Any]) -> None:
        self._process = None
        if self._current is None:
            return
        if self._current.may_start_again and not self._current.is_cancelled:
            self._waiting.appendleft(self._current)
            self._current = None
            return
        remedy = "Nothing was changed. Convert again; if it persists, choose the CPU in the extension's preferences."
        self._fail("WorkerEnded", f"The converter {message['reason']}. {remedy}", message["details"])

    def _finish(self, request: _Request, facts: dict[str, Any]) -> None:
        if not request.is_cancelled and request.output is not None:
            try:
                request.output.finish()
            except AddonError as error:
                self._fail("AddonError", str(error))
                return
            facts["output"] = str(request.output.place)
        self._end(RequestFinished(request.number, facts))

    def _fail(self, kind: str, message: str, details: str = "") -> None:
        if self._current is not None:
            self._end(RequestFailed(self._current.number, kind, message, details))

    def _end(self, event: Event) -> None:
        request, self._current = self._current, None
        assert request is not None, "a request ends once"
        self._events.append(RequestCancelled(request.number) if request.is_cancelled else event)
        self._bury(None, request)
        self._keep_for(self._idle_s)

    def _look_at_the_clock(self) -> None:
        if self._current is None:
            return
        now_s = time.monotonic()
        is_late = self._current.kill_at_s is not None and now_s > self._current.kill_at_s
        if is_late or now_s - self._heard_s > self._silence_s:
            remedy = "It was stopped and nothing was changed. Convert again, or choose the CPU in the preferences."
            silent = f"The converter has not replied for {self._silence_s:.0f} s. {remedy}"
            number = self._current.number
            failed = RequestFailed(number, "WorkerSilent", silent)
            self._events.append(RequestCancelled(number) if self._current.is_cancelled else failed)
            self._kill()

    def _kill(self) -> None:
        process, self._process = self._process, None
        request, self._current = self._current, None
        self._keep_for(None)
        if process is not None:
            process.kill()
        self._bury(process, request)

    def _bury(self, process: WorkerProcess | None, request: _Request | None) -> None:
        """Remove what is unfinished once its writer is gone; a large file takes its time, so a thread does it."""

        def bury() -> None:
            if process is not None:
                process.wait()
            if request is not None and request.output is not None:
                request.output.discard()

        self._burials = [each for each in self._burials if each.is_alive()]
        self._burials.append(threading.Thread(target=bury, name="lanet burial"))
        self._burials[-1].start()

    def _keep_for(self, idle_s: float | None) -> None:
        """Let the worker end after this time, or for None keep it until the next call."""
        if self._retirement is not None:
            self._retirement.cancel()
            self._retirement = None
        if idle_s is not None and self._process is not None:
            self._retirement = threading.Timer(idle_s, self._process.close)
            self._retirement.daemon = True
            self._retirement.start()

    def _fail_at(self, request: _Request, message: dict[str, Any]) -> None:
        """End the request by an error of the worker's; the unfinished file is called by its place."""
        path = message["path"]
        if request.output is not None and path == str(request.output.path):
            path = str(request.output.place)
        problem = " ".join(filter(None, (message["problem"], message["remedy"])))
        text = f"{path}: {problem}" if path else problem
        self._end(RequestFailed(request.number, message["kind"], text, path=path, problem=problem))
