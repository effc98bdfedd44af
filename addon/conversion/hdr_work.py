"""Work of the worker on the HDR image that lights a scene.

It is advanced like :class:`addon.conversion.scene.WorldConversion`, and changes the .blend in its last step alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bpy.types import Image

from ..converter_settings import WorkerSettings
from ..source.sources import hdr_source
from ..worker.client import WorkerClient
from ..worker.events import Event, RequestCancelled, RequestFailed, RequestFinished
from ..worker.shared import SharedWorker
from ..worker.wording import for_artist
from .stepped_work import POLL_S, State, SteppedWork


class HdrWork(SteppedWork):
    """One request about an HDR image, and what is done with its result.

    Args:
        worker: the session's.
        hdr: the image.
        stage: what is being done, for the artist.

    Attributes:
        name: the image's.
        state: where it stands.
        share: how much is done, [0, 1].
        stage: see above.
        message: once FAILED, what was wrong and what to do.
        details: once FAILED, the worker's last lines, for the console.

    Raises:
        AddonError: the image's file is missing.
    """

    def __init__(self, worker: SharedWorker, hdr: Image, stage: str) -> None:
        self._worker = worker
        self.name = hdr.name
        self.state = State.RUNNING
        self.share, self.stage = 0.0, stage
        self.message = self.details = ""
        self._source = hdr_source(hdr)

    def ask(self, settings: WorkerSettings, request: Callable[[WorkerClient, Path], int]) -> None:
        """Make the request.

        Args:
            settings: how the worker shall run.
            request: makes it, with the file of the HDR image.
        """
        self._request = self._worker.ask(settings, lambda client: request(client, self._source.path), self._hear)

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Use the worker's result; to be overridden. It may call :meth:`fail`, or set the state to FINISHED."""
        raise NotImplementedError

    def step(self) -> State:
        """Continue if something can be done now; return where it stands."""
        self._worker.poll()
        return self.state

    def cancel(self) -> None:
        """Make it CANCELLED at once, unless it has ended already."""
        if self.state is State.RUNNING:
            self.state = State.CANCELLED
            self._request.cancel()

    def settle(self) -> None:
        """Wait until the worker is done with it, where it was cancelled."""
        while self._worker.busy:
            self._worker.poll()
            time.sleep(POLL_S)

    def fail(self, message: str, details: str = "") -> None:
        """Make it FAILED."""
        self.message, self.details = message, details
        self.state = State.FAILED

    def _hear(self, event: Event) -> None:
        if not isinstance(event, RequestFinished | RequestFailed | RequestCancelled):
            return
        self._source.leave()
        if self.state is not State.RUNNING:
            return
        match event:
            case RequestFinished():
                self.finish(event.facts)
            case RequestFailed():
                self.fail(for_artist(event.message_about(self._source.path, self.name)), event.details)
            case RequestCancelled():
                self.state = State.CANCELLED
