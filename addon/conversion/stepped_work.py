"""Work that is advanced step by step, and the blocking call that advances it to its end."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from enum import Enum, auto

POLL_S = 0.01


class State(Enum):
    """Where work stands."""

    RUNNING = auto()
    FINISHED = auto()
    FAILED = auto()
    CANCELLED = auto()


class SteppedWork(ABC):
    """Work that begins with its construction and is advanced by :meth:`step`, which never waits."""

    @abstractmethod
    def step(self) -> State:
        """Continue if something can be done now; return where the work stands."""

    @abstractmethod
    def cancel(self) -> None:
        """Cancel the work, unless it has ended already."""

    def wait(self) -> State:
        """Advance the work to its end, which blocks the thread; an interruption cancels it."""
        try:
            self._advance_to_end()
        finally:
            self.cancel()
            self.settle()
        return self.step()

    def settle(self) -> None:
        """Wait until work that was cancelled has stopped."""
        self._advance_to_end()

    def _advance_to_end(self) -> None:
        while self.step() is State.RUNNING:
            time.sleep(POLL_S)
