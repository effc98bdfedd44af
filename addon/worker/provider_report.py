"""The execution provider in use and why a GPU is unavailable, as text for the preferences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..redraw import redraw
from ..settings import worker_settings
from ..translation import tr
from .events import Event, RequestCancelled, RequestFailed, RequestFinished
from .shared import SharedWorker
from .wording import for_artist

_NAMES = {"cpu": "the CPU", "cuda": "CUDA", "directml": "DirectML", "coreml": "Core ML"}


class ProviderReport:
    """The worker's description of itself.

    Args:
        worker: the session's.
        wake: has the worker polled until its reply.

    Attributes:
        lines: to be shown; empty before the first request.
        is_problem: whether nothing can be converted like this.
    """

    def __init__(self, worker: SharedWorker, wake: Callable[[], None]) -> None:
        self._worker, self._wake = worker, wake
        self._asked = 0
        self.lines: tuple[str, ...] = ()
        self.is_problem = False

    def ask(self) -> None:
        """Send a request to the worker, with the preferences as they are now."""
        self._asked += 1
        asked = self._asked
        self.lines, self.is_problem = (tr("Checking …"),), False

        def hear(event: Event) -> None:
            if asked == self._asked:  # else it is of other preferences
                self._take(event)

        self._worker.ask(worker_settings(), lambda client: client.describe(), hear)
        self._wake()

    def forget(self) -> None:
        """Drop the description: the preferences have changed."""
        self._asked += 1
        self.lines, self.is_problem = (), False

    def _take(self, event: Event) -> None:
        match event:
            case RequestFinished():
                self.lines = tuple(describe(event.facts))
            case RequestFailed():
                self.lines, self.is_problem = (for_artist(event.message),), True
            case RequestCancelled():
                self.lines = ()
        redraw()


def describe(facts: Mapping[str, Any]) -> list[str]:
    """Return a worker's description of itself, see :mod:`lanet_core.pipeline.worker`, as sentences."""
    model, compiled = facts["model"], facts["compiled_providers"]
    provider: str = facts["provider"]
    others = [_NAMES.get(name, name) for name in map(str, compiled) if name != provider]
    lines = [tr("Runs on {name}.", name=tr(_NAMES.get(provider, provider)))]
    if others:
        lines.append(tr("Also built in: {names}.", names=", ".join(map(tr, others))))
    if list(compiled) == ["cpu"]:
        lines.append("This build of the extension does not support a GPU.")
    lines += map(for_artist, facts["warnings"])
    lines.append(tr("Model: {name} ({file}).", name=model["name"], file=Path(model["path"]).name))
    return lines
