"""Facts of an image in the panel, determined by the worker: its size and how much of it is clipped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import bpy
from bpy.types import Image

from ..errors import AddonError
from ..redraw import redraw
from ..settings import worker_settings
from ..worker.events import Event, RequestCancelled, RequestFailed, RequestFinished
from ..worker.shared import Request, SharedWorker
from ..worker.wording import for_artist
from .expectation import describe_expectation
from .reading_choice import reading_of
from .source_file import SourceFile
from .sources import file_of, prepare_source

#: How long a look at the file holds, seconds: the panel is drawn with every move of the mouse over it.
_LOOK_HOLDS_S = 2.0


@dataclass(frozen=True)
class Facts:
    """What is known of an image.

    Attributes:
        width: in pixels; 0 where there is a problem.
        height: the same.
        clipped_fraction: the share of the sphere that is over-exposed, [0, 1]; None while it is not known.
        problem: why it cannot be converted, empty if it can.
        is_no_panorama: whether the problem is that the image is not understood as a panorama.
        expectation: what a conversion will change, see :mod:`addon.source.expectation`; empty while it is not known.
    """

    width: int = 0
    height: int = 0
    clipped_fraction: float | None = None
    problem: str = ""
    is_no_panorama: bool = False
    expectation: str = ""


@dataclass
class _KnownFacts:
    signature: tuple[object, ...]
    facts: Facts | None = None


class ImageFacts:
    """Facts of the images that are shown, requested again when an image or its file has changed.

    Args:
        worker: the session's.
        wake: has :meth:`step` called soon.
    """

    def __init__(self, worker: SharedWorker, wake: Callable[[], None]) -> None:
        self._worker, self._wake = worker, wake
        self._entries: dict[int, _KnownFacts] = {}
        self._looked_s: dict[int, float] = {}
        self._wished: int | None = None
        self._sources: list[tuple[int, SourceFile]] = []
        self._expecting: Request | None = None

    @property
    def waiting(self) -> bool:
        """Whether :meth:`step` has something to do."""
        return self._wished is not None or bool(self._sources)

    def of(self, image: Image) -> Facts | None:
        """Return what is known of an image, None if nothing yet; what is not is found out later. For drawing."""
        uid = image.session_uid
        if time.monotonic() - self._looked_s.get(uid, -_LOOK_HOLDS_S) >= _LOOK_HOLDS_S:
            self._wished = uid
            self._wake()
        entry = self._entries.get(uid)
        return entry.facts if entry else None

    def step(self) -> None:
        """Look at the image that was last requested, and send a request if it is a new one."""
        uid, self._wished = self._wished, None
        image = next((each for each in bpy.data.images if each.session_uid == uid), None)
        if uid is not None and image is not None:
            self._looked_s[uid] = time.monotonic()
            signature = _signature(image)
            former = self._entries.get(uid)
            if former is None or former.signature != signature:
                self._entries[uid] = _KnownFacts(signature, former.facts if former else None)
                self._find_out(image)
        for waiting in list(self._sources):
            self._ask_when_ready(*waiting)

    def forget(self) -> None:
        """Forget everything: another file is loaded."""
        self._entries.clear()
        self._looked_s.clear()
        self._wished = None
        for _, source in self._sources:
            source.leave()
        self._sources.clear()

    def _find_out(self, image: Image) -> None:
        uid = image.session_uid
        if image.source == "GENERATED" or image.is_dirty:  # to encode it just for this would take long
            self._know(uid, Facts(*image.size))
            return
        try:
            self._sources.append((uid, prepare_source(image)))
        except AddonError as error:
            self._know(uid, Facts(problem=str(error)))

    def _ask_when_ready(self, uid: int, source: SourceFile) -> None:
        try:
            if not source.ready():
                return
        except AddonError as error:
            self._know(uid, Facts(problem=str(error)))
        else:
            image = next((each for each in bpy.data.images if each.session_uid == uid), None)
            reading = reading_of(image) if image is not None else {}
            self._worker.ask(
                worker_settings(),
                lambda client: client.inspect(source.path, reading),
                lambda event: self._hear(uid, source, event),
            )
        self._sources.remove((uid, source))

    def stop_expecting(self) -> None:
        """Stop the conversion of a small copy, where one is running: the whole image is converted now.

        The worker is kept, so that the conversion does not wait for a new one.
        """
        if self._expecting is not None:
            self._expecting.cancel(keep_worker=True)
            self._expecting = None

    def _hear(self, uid: int, source: SourceFile, event: Event) -> None:
        match event:
            case RequestFinished():
                facts = event.facts
                found = Facts(facts["width"], facts["height"], facts["clipped_fraction"])
                self._know(uid, found)
                self._expect(uid, source, found)
            case RequestFailed():
                source.leave()
                image = next((each for each in bpy.data.images if each.session_uid == uid), None)
                if image is not None:
                    text = for_artist(event.message_about(source.path, image.name))
                    self._know(uid, Facts(problem=text, is_no_panorama=event.kind == "NotEquirectangularError"))
            case RequestCancelled():
                source.leave()

    def _expect(self, uid: int, source: SourceFile, found: Facts) -> None:
        image = next((each for each in bpy.data.images if each.session_uid == uid), None)
        if image is None:
            source.leave()
            return
        reading = reading_of(image)

        def hear(event: Event) -> None:
            source.leave()
            if self._expecting is request:
                self._expecting = None
            entry = self._entries.get(uid)
            if isinstance(event, RequestFinished) and entry is not None and entry.facts == found:
                self._know(uid, replace(found, expectation=describe_expectation(event.facts)))

        request = self._worker.ask(worker_settings(), lambda client: client.expect(source.path, reading), hear)
        self._expecting = request

    def _know(self, uid: int, facts: Facts) -> None:
        if uid in self._entries:
            self._entries[uid].facts = facts
            redraw()


def _signature(image: Image) -> tuple[object, ...]:
    """Return what differs when an image is another image than before."""
    packed = image.packed_file.size if image.packed_file else None
    try:
        status = file_of(image).stat()
        file = (status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):
        file = None
    size = tuple(image.size) if image.is_dirty else None
    return image.filepath, image.source, image.is_dirty, size, packed, file, tuple(reading_of(image).items())
