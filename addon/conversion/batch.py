"""Several image files, each converted to an EXR file, one after another; a failure is recorded and ends no other.

It is advanced and shown as a :class:`addon.conversion.scene.WorldConversion` is.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy

from ..converter_settings import ConversionSettings
from ..errors import AddonError
from ..files.result_files import find_result
from ..source.image_loading import load_image
from ..translation import tr
from ..worker.shared import SharedWorker
from .image import STAGES, ImageConversion
from .output_paths import place_of_file
from .stepped_work import State, SteppedWork


@dataclass(frozen=True)
class Outcome:
    """What became of one image.

    Attributes:
        source: the image's file.
        output: its EXR file, None if it failed.
        is_skipped: whether the file existed and was left as it is.
        message: why it failed and what to do, with the file's name; empty if it did not.
        facts: the worker's figures of the result, see :mod:`lanet_core.pipeline.worker`.
        notes: remarks for the user on the result.
    """

    source: Path
    output: Path | None = None
    is_skipped: bool = False
    message: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def result(self) -> Path:
        """The EXR file of an image that was converted."""
        assert self.output is not None, self.message
        return self.output


class Batch(SteppedWork):
    """The conversion of several files, begun by making it and advanced by :meth:`step`, which never waits.

    Args:
        worker: the session's.
        sources: image files, absolute paths.
        settings: from the preferences; nothing is packed here.
        next_to_source: write each result next to its image, in place of the folder of the settings.
        skip_existing: leave out images whose result exists.
        finished: called with each image that was converted; the image has failed if it raises an exception.

    Attributes:
        state: FINISHED also where images have failed.
        outcomes: what became of the images so far, in their order; of the one that was cancelled, nothing.
    """

    def __init__(
        self,
        worker: SharedWorker,
        sources: Sequence[Path],
        settings: ConversionSettings,
        *,
        next_to_source: bool = True,
        skip_existing: bool = False,
        finished: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self._worker, self._settings, self._next_to_source = worker, settings, next_to_source
        self._sources = tuple(dict.fromkeys(sources))
        self._finished, self._skips = finished, skip_existing
        self._current: ImageConversion | None = None
        self._is_cancelled = False
        self.state = State.RUNNING
        self.outcomes: list[Outcome] = []

    @property
    def share(self) -> float:
        """How much is done, [0, 1]."""
        current = self._current.share if self._current is not None else 0.0
        return (len(self.outcomes) + current) / max(1, len(self._sources))

    @property
    def stage(self) -> str:
        """What is being done, for the artist."""
        if self._current is None:
            return STAGES["preparing"]
        return tr(
            "{number} of {count}, {name}: {stage}",
            number=len(self.outcomes) + 1,
            count=len(self._sources),
            name=self._current.name,
            stage=tr(STAGES.get(self._current.stage, self._current.stage)),
        )

    def step(self) -> State:
        """Continue if something can be done now; return where it stands."""
        if self.state is not State.RUNNING:
            return self.state
        if self._current is not None:
            self._attend(self._current)
        elif len(self.outcomes) < len(self._sources):
            if self._is_cancelled:
                self.state = State.CANCELLED
            else:
                self._begin(self._sources[len(self.outcomes)])
        else:
            self.state = State.FINISHED
        return self.state

    def cancel(self) -> None:
        """Stop it: :meth:`step` makes it CANCELLED within half a second; what is converted stays."""
        self._is_cancelled = True
        if self._current is not None:
            self._current.cancel()

    def _begin(self, source: Path) -> None:
        folder = str(source.parent) if self._next_to_source else self._settings.folder
        with self._failing(source):
            if self._skips and (result := find_result(source, place_of_file(source, folder, self._settings.pattern))):
                self._end(Outcome(source, result, is_skipped=True))
                return
            self._current = _conversion_of(source, self._worker, replace(self._settings, folder=folder))

    def _attend(self, current: ImageConversion) -> None:
        source = self._sources[len(self.outcomes)]
        with self._failing(source):
            match current.step():
                case State.FINISHED:
                    outcome = Outcome(source, current.output, facts=current.facts, notes=tuple(current.notes))
                    self._finished(outcome)
                    self._end(outcome)
                case State.FAILED:
                    self._fail(source, current.message)
                case State.CANCELLED:
                    self._current = None

    @contextmanager
    def _failing(self, source: Path) -> Iterator[None]:
        """Let any error fail the one file."""
        try:
            yield
        except AddonError as error:
            self._fail(source, str(error))
        except Exception as error:
            if bpy.app.debug_python:
                traceback.print_exc()
            self._fail(source, f"{type(error).__name__}: {error}. For details, start Blender with --debug-python.")

    def _fail(self, source: Path, message: str) -> None:
        if self._current is not None:
            self._current.cancel()
        named = source.name in message
        self._end(Outcome(source, message=message if named else f"{source}: {message}"))

    def _end(self, outcome: Outcome) -> None:
        self._current = None
        self.outcomes.append(outcome)


def summary(batch: Batch) -> list[str]:
    """Return how many images were converted, and then each failure with its file and reason."""
    failures = [outcome.message for outcome in batch.outcomes if not outcome.output]
    skipped = sum(outcome.is_skipped for outcome in batch.outcomes)
    done = len(batch.outcomes) - len(failures) - skipped
    counts = [tr("{count} converted", count=done)]
    if skipped:
        counts.append(tr("{count} skipped", count=skipped))
    if failures:
        counts.append(tr("{count} failed", count=len(failures)))
    text = ", ".join(counts)
    return [tr("{text}, then cancelled.", text=text) if batch.state is State.CANCELLED else f"{text}.", *failures]


def _conversion_of(source: Path, worker: SharedWorker, settings: ConversionSettings) -> ImageConversion:
    """Begin a file's conversion; its image is in the .blend for just as long as that takes."""
    image, is_new = load_image(source)
    try:
        return ImageConversion(worker, image, settings, image_goes=is_new)
    finally:
        if is_new:
            bpy.data.images.remove(image)
