"""An image on its way to an EXR file: made a file, converted by the worker. Nothing of the .blend changes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bpy.types import Image

from ..converter_settings import ConversionSettings
from ..errors import AddonError
from ..source.reading_choice import reading_of
from ..source.sources import prepare_source
from ..worker.events import Event, RequestCancelled, RequestFailed, RequestFinished, RequestProgress
from ..worker.shared import Request, SharedWorker
from ..worker.wording import for_artist
from .output_paths import output_place
from .stepped_work import POLL_S, State, SteppedWork

#: The worker's word for each precision of the preferences.
_HALF = {"AUTO": "auto", "HALF": True, "FLOAT": False}
#: What the stages are called for the artist.
STAGES = {
    "preparing": "Preparing the image",
    "starting": "Starting",
    "reading": "Reading the image",
    "network": "Reconstructing the light",
    "reconstruction": "Composing the HDR",
    "writing": "Writing the EXR",
    "done": "Done",
}


class ImageConversion(SteppedWork):
    """One image's conversion to an EXR file, begun by making it and advanced by :meth:`step`, which never waits.

        conversion = ImageConversion(worker, image, settings)
        while conversion.step() is State.RUNNING: ...        # several times a second, from a timer

    Or at once: ``conversion.wait()``. The image may be changed or removed as soon as it is no longer being prepared.

    Args:
        worker: the session's.
        image: an LDR image, local or linked.
        settings: see there; nothing is packed here, but a result that will be is not mourned as temporary.
        image_goes: the image will be removed as soon as the conversion has begun.

    Attributes:
        name: the image's.
        state: where it stands.
        share: how much is done, [0, 1].
        stage: what is being done, a word of the worker's.
        output: the EXR file; whole once it is FINISHED, and then maybe of a numbered name; untouched if it ends
            otherwise.
        facts: once FINISHED, the worker's figures of the result, see :mod:`lanet_core.pipeline.worker`.
        message: once FAILED, what was wrong and what to do.
        details: once FAILED, what the worker last complained of: for the console.
        notes: remarks for the user on a result.

    Raises:
        AddonError: the image cannot be converted, or there is no place for the result.
    """

    def __init__(
        self, worker: SharedWorker, image: Image, settings: ConversionSettings, *, image_goes: bool = False
    ) -> None:
        place = output_place(image, settings.folder, settings.pattern)
        self.name = image.name
        self.output: Path = place.path
        self.notes: list[str] = [place.note] if place.note and not settings.pack else []
        self.state = State.RUNNING
        self.share, self.stage = 0.0, "preparing"
        self.facts: dict[str, Any] = {}
        self.message = self.details = ""
        self._worker, self._settings = worker, settings
        self._request: Request | None = None
        self._is_asked = False
        self._reading = {**reading_of(image), **settings.reading}
        self._source = prepare_source(image)
        if image_goes:
            self._source.take_from_blender()

    def step(self) -> State:
        """Continue if something can be done now; return where it stands."""
        if self.state is State.RUNNING and self._request is None:
            self._ask_when_ready()
        self._worker.poll()
        return self.state

    def cancel(self) -> None:
        """Make it CANCELLED at once, unless it has ended already; the worker stops within half a second of polling."""
        if self.state is not State.RUNNING:
            return
        self.state = State.CANCELLED
        if self._request is None:
            self._source.leave()
        else:
            self._request.cancel()

    def settle(self) -> None:
        """Wait until the worker is done with it, where it was cancelled."""
        while self._is_asked and self._worker.busy:
            self._worker.poll()
            time.sleep(POLL_S)

    def _ask_when_ready(self) -> None:
        try:
            if not self._source.ready():
                return
        except AddonError as error:
            self._fail(str(error))
            self._source.leave()
            return
        source, half, lights = self._source.path, _HALF[self._settings.precision], self._settings.lights
        self._request = self._worker.ask(
            self._settings.worker,
            lambda client: client.convert(source, self.output, half=half, reading=self._reading, lights=lights),
            self._hear,
        )
        self._is_asked = True
        self.stage = "starting"

    def _hear(self, event: Event) -> None:
        if isinstance(event, RequestProgress):
            self.share, self.stage = event.share, event.stage
            return
        self._is_asked = False
        self._source.leave()
        if self.state is not State.RUNNING:  # it was cancelled
            return
        match event:
            case RequestFinished():
                self.facts = dict(event.facts)
                self.output = Path(self.facts["output"])
                self.notes += map(for_artist, self.facts.get("warnings", ()))
                self.share = 1.0
                self.state = State.FINISHED
            case RequestFailed():
                message = event.message_about(self._source.path, self._source_name())
                self._fail(for_artist(message), event.details)
            case RequestCancelled():
                self.state = State.CANCELLED

    def _source_name(self) -> str:
        """Return the name of the source in messages: a temporary file is called by its image."""
        return self.name if self._source.is_temporary else str(self._source.path)

    def _fail(self, message: str, details: str = "") -> None:
        self.message, self.details = message, details
        self.state = State.FAILED
