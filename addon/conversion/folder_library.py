"""The images of a folder on their way to an asset library: an EXR file and a .blend file with a world asset of each.

It is advanced and shown like :class:`addon.conversion.batch.Batch`. What exists is skipped, so that it can be cancelled
and resumed. Of the opened .blend nothing changes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ..converter_settings import ConversionSettings
from ..errors import AddonError
from ..files.result_files import PATTERN, SUFFIX, find_result, result_name
from ..translation import tr
from ..worker.events import Event, RequestFailed, RequestFinished
from ..worker.shared import Request, SharedWorker
from ..worker.wording import for_artist
from ..world.asset import PREVIEW_HEIGHT, describe_asset, show_preview, world_of_files
from ..world.asset_library import CATALOGS, catalog_id, write_asset, write_catalogs
from .batch import Batch, Outcome
from .stepped_work import State, SteppedWork


@dataclass
class _Survey:
    """What is to be done, as a thread has found out."""

    to_convert: list[Path]
    to_list: list[tuple[Path, Path]]
    done: int = 0


class FolderLibrary(SteppedWork):
    """The conversion of several images into a library, begun by making it and advanced by :meth:`step`.

    Args:
        worker: the session's; it serves all images one after another.
        sources: image files, absolute paths.
        settings: from the preferences; the folder is not used.
        library: the folder of the library; made if it is missing.

    Attributes:
        state: FINISHED also where images have failed.
        library: the folder.
        listed: names of the .blend files that were written.
        failures: why images have failed, each with the name of its file.

    Raises:
        AddonError: the folder cannot be made.
    """

    def __init__(
        self, worker: SharedWorker, sources: Sequence[Path], settings: ConversionSettings, library: Path
    ) -> None:
        try:
            library.mkdir(parents=True, exist_ok=True)
            write_catalogs(library)
        except OSError as error:
            raise AddonError(
                f"{library}: The folder cannot be written to: {error.strerror}. Choose another."
            ) from error
        self.library = library
        self.state = State.RUNNING
        self.listed: list[str] = []
        self.failures: list[str] = []
        self._worker = worker
        self._settings = replace(settings, folder=str(library), pattern=PATTERN, pack=False)
        self._survey = _Survey([], [])
        self._batch: Batch | None = None
        self._requests: dict[Path, Request] = {}
        self._is_cancelled = False
        self._thread = threading.Thread(target=self._look, args=(tuple(sources),), name="lanet survey")
        self._thread.start()

    @property
    def skipped(self) -> int:
        """How many images are in the library already."""
        return self._survey.done

    @property
    def share(self) -> float:
        """How much is done, [0, 1]."""
        return self._batch.share if self._batch is not None else 0.0

    @property
    def stage(self) -> str:
        """What is being done, for the artist."""
        if self._batch is None:
            return "Looking for finished images"
        return self._batch.stage if self._batch.state is State.RUNNING else "Writing the assets"

    def step(self) -> State:
        """Do what can be done now; return where it stands."""
        if self.state is not State.RUNNING or self._thread.is_alive():
            return self.state
        batch = self._batch or self._begin()
        batch.step()
        self._worker.poll()
        if batch.state is not State.RUNNING and not self._requests:
            self.failures += [outcome.message for outcome in batch.outcomes if outcome.output is None]
            self.state = State.CANCELLED if self._is_cancelled else State.FINISHED
        return self.state

    def cancel(self) -> None:
        """Stop it: :meth:`step` makes it CANCELLED within half a second; what is in the library stays."""
        self._is_cancelled = True
        if self._batch is not None:
            self._batch.cancel()
        for request in list(self._requests.values()):
            request.cancel()

    def _look(self, sources: tuple[Path, ...]) -> None:
        """Find out what is done; in a thread, as it reads every image."""
        for source in sources:
            if self._is_cancelled:
                return
            result = find_result(source, self.library / result_name(source.stem))
            if result is None:
                self._survey.to_convert.append(source)
            elif not _asset_of(result).is_file():
                self._survey.to_list.append((source, result))
            else:
                self._survey.done += 1

    def _begin(self) -> Batch:
        self._batch = batch = Batch(
            self._worker, self._survey.to_convert, self._settings, next_to_source=False, finished=self._ask_for_preview
        )
        if self._is_cancelled:
            batch.cancel()
            return batch
        for source, result in self._survey.to_list:
            self._ask_for_preview(Outcome(source, result))
        return batch

    def _ask_for_preview(self, outcome: Outcome) -> None:
        result = outcome.result

        def hear(event: Event) -> None:
            self._requests.pop(result, None)
            match event:
                case RequestFinished():
                    self._list(outcome, event.facts)
                case RequestFailed():
                    self.failures.append(for_artist(event.message_about(result, str(result))))

        self._requests[result] = self._worker.ask(
            self._settings.worker,
            lambda client: client.thumbnail(result, height=PREVIEW_HEIGHT, kind=True),
            hear,
        )

    def _list(self, outcome: Outcome, facts: Mapping[str, Any]) -> None:
        """Write the .blend file of an image, by a world that exists meanwhile."""
        kind = facts.get("kind") or ""
        path = _asset_of(outcome.result)
        try:
            with _passing_datablocks():
                world = world_of_files(outcome.source, outcome.result, anew=True)
                describe_asset(world, outcome.source.name, CATALOGS[kind] if kind else "", outcome.facts)
                world.asset_data.catalog_id = catalog_id(kind)
                show_preview(world, facts)
                write_asset(world, path)
        except (AddonError, OSError) as error:
            self.failures.append(f"{outcome.source}: {error}")
            return
        self.listed.append(path.name)


def summary(work: FolderLibrary) -> list[str]:
    """Return how many images were converted, and then each failure with its file and reason."""
    counts = [tr("{count} added", count=len(work.listed))] if work.listed or not work.skipped else []
    if work.skipped:
        counts.append(tr("{count} skipped", count=work.skipped))
    if work.failures:
        counts.append(tr("{count} failed", count=len(work.failures)))
    text = ", ".join(counts)
    if work.state is State.CANCELLED:
        return [tr("{text}, then cancelled. Start again to resume.", text=text), *work.failures]
    return [tr("{text}. Library: {folder}", text=text, folder=work.library), *work.failures]


def _asset_of(result: Path) -> Path:
    """Return the .blend file of a result, next to it."""
    return result.with_name(f"{result.name.removesuffix(SUFFIX)}.blend")


@contextmanager
def _passing_datablocks():
    """Remove the worlds, images and node groups that are new at the end."""
    kinds = (bpy.data.worlds, bpy.data.images, bpy.data.node_groups)
    former = [{each.session_uid for each in kind} for kind in kinds]
    try:
        yield
    finally:
        new = [each for kind, uids in zip(kinds, former, strict=True) for each in kind if each.session_uid not in uids]
        bpy.data.batch_remove(new)
