"""Shared worker process of a Blender session; routes each event to the owner of its request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..converter_settings import WorkerSettings
from .client import WorkerClient
from .events import Event, RequestCancelled, RequestProgress

_POLL_S = 0.01


@dataclass
class _Line:
    """A client, and who waits for what of it."""

    client: WorkerClient
    settings: WorkerSettings
    listeners: dict[int, Callable[[Event], None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A request that was made, to be cancelled."""

    line: _Line
    number: int

    def cancel(self, *, keep_worker: bool = False) -> None:
        """Stop it; its listener receives :class:`addon.worker.events.Cancelled` within half a second.

        With ``keep_worker``, the worker stops on its own, see :meth:`addon.worker.client.WorkerClient.cancel`.
        """
        self.line.client.cancel(self.number, keep_worker=keep_worker)


class SharedWorker:
    """Sends requests to a worker that runs by the current settings.

    When they change, the next request gets a new worker, and the former ends once it is done. All methods are for
    Blender's main thread, and none but :meth:`wait` and :meth:`stop` waits.
    """

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._retired: list[threading.Thread] = []

    @property
    def busy(self) -> bool:
        """Whether a request has not ended."""
        return any(line.client.busy for line in self._lines)

    @property
    def worker_pid(self) -> int | None:
        """The number of the process that the latest request went to, None where there is none."""
        return self._lines[-1].client.worker_pid if self._lines else None

    def ask(
        self, settings: WorkerSettings, request: Callable[[WorkerClient], int], listener: Callable[[Event], None]
    ) -> Request:
        """Make a request.

        Args:
            settings: how the worker shall run.
            request: makes it, ``lambda client: client.inspect(path)``.
            listener: called in :meth:`poll` with each event; the last is no ``Progress``.
        """
        if not self._lines or self._lines[-1].settings != settings:
            client = WorkerClient(
                model=settings.model, provider=settings.provider, threads=settings.threads, idle_s=settings.idle_s
            )
            self._lines.append(_Line(client, settings))
        line = self._lines[-1]
        number = request(line.client)
        line.listeners[number] = listener
        return Request(line, number)

    def poll(self) -> None:
        """Pass each event to its listener; to be called several times a second while busy."""
        for line in list(self._lines):
            for event in line.client.poll():
                waits_on = isinstance(event, RequestProgress)
                listener = line.listeners.get(event.request) if waits_on else line.listeners.pop(event.request, None)
                if listener is not None:
                    listener(event)
        for line in self._lines[:-1]:
            if not line.client.busy:
                self._retire(line)

    def wait(self) -> None:
        """Poll until every request has ended, which holds the thread."""
        while self.busy:
            self.poll()
            time.sleep(_POLL_S)

    def abandon(self) -> None:
        """Report to every listener that its request is cancelled; :meth:`stop` cancels it."""
        for line in self._lines:
            listeners, line.listeners = line.listeners, {}
            for number, listener in listeners.items():
                listener(RequestCancelled(number))

    def stop(self) -> None:
        """End every worker and forget every request; return when no process is left."""
        for line in self._lines:
            line.client.stop()
        self._lines.clear()
        for thread in self._retired:
            thread.join(timeout=5.0)

    def _retire(self, line: _Line) -> None:
        # Its end may take some tenths of a second, and nothing else uses it any more.
        self._lines.remove(line)
        self._retired = [thread for thread in self._retired if thread.is_alive()]
        self._retired.append(threading.Thread(target=line.client.stop, name="lanet retirement"))
        self._retired[-1].start()
