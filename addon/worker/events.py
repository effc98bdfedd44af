"""What a worker's client reports of its requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RequestProgress:
    """A request continues: the share of it that is done, [0, 1], and the stage that begins."""

    request: int
    share: float
    stage: str


@dataclass(frozen=True)
class RequestFinished:
    """A request ended well: the facts that the worker gives, see :mod:`lanet_core.pipeline.worker`."""

    request: int
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class RequestFailed:
    """A request failed, and nothing has changed.

    Attributes:
        request: its number.
        kind: an error class of ``lanet_core.errors``, or ``WorkerEnded``, ``WorkerSilent``, ``AddonError``.
        message: for the artist: the file, what was wrong and what to do, one line.
        details: for the console: the last lines of the worker's standard error, if any.
        path: the file that is at fault, None if it is none.
        problem: the message without the file.
    """

    request: int
    kind: str
    message: str
    details: str = ""
    path: str | None = None
    problem: str = ""

    def message_about(self, path: str | Path, name: str) -> str:
        """Return the message, with another name for a file, such as that of the image that it was made of."""
        return f"{name}: {self.problem}" if self.path == str(path) else self.message


@dataclass(frozen=True)
class RequestCancelled:
    """A request ended because that was requested; nothing has changed."""

    request: int


Event = RequestProgress | RequestFinished | RequestFailed | RequestCancelled
