"""What the extension keeps while Blender runs: the worker, the conversion that is running, and what there is to say.

There is one session from :func:`start` to :func:`stop`, which registering and unregistering call.
"""

from __future__ import annotations

import atexit
from dataclasses import dataclass

import bpy

from .conversion import Conversion
from .picture_facts import PictureFacts
from .progress_display import ProgressDisplay
from .provider_report import ProviderReport
from .redraw import redraw
from .shared_worker import SharedWorker

_TICK_S = 0.1


@dataclass(frozen=True)
class Message:
    """What the panel says last.

    Attributes:
        text: for the artist.
        is_error: whether something went wrong.
    """

    text: str
    is_error: bool = False


class Session:
    """One session of the extension.

    Attributes:
        worker: asked by everybody.
        conversion: the one that is running, which the operator advances; None at rest.
        display: how it is shown in a window; None where it is not.
        messages: how the last one ended.
        facts: what is known of pictures.
        provider: what is known of the converter.
    """

    def __init__(self) -> None:
        self.worker = SharedWorker()
        self.conversion: Conversion | None = None
        self.display: ProgressDisplay | None = None
        self.messages: tuple[Message, ...] = ()
        self.facts = PictureFacts(self.worker, self.look_after)
        self.provider = ProviderReport(self.worker, self.look_after)
        self._timer = self._tick  # Blender knows a timer by its very object

    def look_after(self) -> None:
        """Let a timer attend to the worker until it has answered everything."""
        if not bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.register(self._timer, first_interval=_TICK_S, persistent=True)

    def say(self, *texts: str, is_error: bool = False) -> None:
        """Show these texts in the panel, and no others."""
        self.messages = tuple(Message(text, is_error) for text in texts)
        redraw()

    def finish(self) -> None:
        """The conversion has ended; the worker may still have to stop."""
        self.conversion = None
        if self.worker.busy:
            self.look_after()
        if self.display is not None:
            self.display.close()
            self.display = None

    def abandon(self) -> None:
        """Stop the conversion, whose operator is gone."""
        if self.conversion is not None:
            self.conversion.cancel()
        self.finish()

    def forget(self) -> None:
        """Another file is loaded: nothing that was said concerns it."""
        self.abandon()
        self.messages = ()
        self.facts.forget()

    def end(self) -> None:
        """End everything; return when no process and no timer is left."""
        self.forget()
        self.worker.abandon()
        if bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.unregister(self._timer)
        self.end_worker()

    def end_worker(self) -> None:
        """End the worker; also called where Blender is ending."""
        self.worker.stop()

    def _tick(self) -> float | None:
        self.facts.step()
        self.worker.poll()
        return _TICK_S if self.worker.busy or self.facts.waiting else None


_sessions: list[Session] = []


def start() -> None:
    """Begin the session."""
    _sessions.append(Session())
    atexit.register(_sessions[-1].end_worker)


def stop() -> None:
    """End the session."""
    session = _sessions.pop()
    session.end()
    atexit.unregister(session.end_worker)


def current() -> Session:
    """Return the session; the extension is registered."""
    return _sessions[-1]
