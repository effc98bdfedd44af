"""What the extension keeps while Blender runs: the worker, the running conversion and the panel's messages.

There is one session from :func:`start` to :func:`stop`, which registering and unregistering call.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable

import bpy
from bpy.types import Context, Scene

from .conversion.ball_images import BallImages
from .conversion.found_lights import FoundLights
from .conversion.progress_display import ProgressDisplay
from .conversion.running_work import AnyWork, Ending, RunningWork, Work
from .messages import Message, about
from .redraw import redraw
from .source.image_facts import ImageFacts
from .worker.provider_report import ProviderReport
from .worker.shared import SharedWorker
from .world.followed_worlds import FollowedWorlds

_TICK_S = 0.1
#: While a conversion runs. A cancel takes effect within half a second, of which the worker may use half.
_WORK_TICK_S = 0.05


class ExtensionSession:
    """One session of the extension.

    Attributes:
        worker: shared by all requests.
        conversion: the one that is running; None at rest.
        facts: what is known of images.
        lights: the lights that were found in HDR images.
        balls: images of balls before and after conversions.
        provider: what is known of the converter.
        worlds: lets objects follow worlds that are copied or whose nodes are changed.
    """

    def __init__(self) -> None:
        self.worker = SharedWorker()
        self.conversion: Work | None = None
        self.facts = ImageFacts(self.worker, self.look_after)
        self.lights = FoundLights(self.worker, self.look_after)
        self.balls = BallImages(self.worker, self.look_after)
        self.provider = ProviderReport(self.worker, self.look_after)
        self.worlds = FollowedWorlds()
        self._running: RunningWork | None = None
        self._end_display: ProgressDisplay | None = None
        self._messages: tuple[Message, ...] = ()
        self._timer = self._tick  # Blender identifies a timer by its object

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages that hold now."""
        return tuple(message for message in self._messages if message.holds())

    def look_after(self) -> None:
        """Let a timer poll the worker until every request has ended."""
        if not bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.register(self._timer, first_interval=_WORK_TICK_S, persistent=True)

    def go_on(self, work: AnyWork, ending: Callable[[AnyWork], Ending], name: str, context: Context) -> None:
        """Let a timer do a work while Blender continues; for the arguments, see :class:`RunningWork`."""
        self._close_end()
        self.conversion = work
        self.facts.stop_expecting()
        self.lights.forget()
        self.balls.forget()
        self._running = RunningWork(work, ending, name, context)
        self.look_after()

    def show(self, *messages: Message) -> None:
        """Show these messages in the panel, and no others."""
        self._messages = messages
        redraw()

    def show_text(self, *texts: str, is_error: bool = False, scene: Scene | None = None) -> None:
        """Show these sentences in the panel, and no others, while a scene is as it is now; the current one if None."""
        self.show(*about(scene or bpy.context.scene, *texts, is_error=is_error))

    def finish(self) -> None:
        """The conversion has ended; the worker may still have to stop."""
        self.conversion = None
        if self._running is not None:
            self._running.close()
            self._running = None
        if self.worker.busy:
            self.look_after()

    def abandon(self) -> None:
        """Stop the conversion without a word."""
        if self.conversion is not None:
            self.conversion.cancel()
        self.finish()

    def forget(self) -> None:
        """Another file is loaded: no message concerns it."""
        self.abandon()
        self._close_end()
        self._messages = ()
        self.facts.forget()
        self.lights.forget()
        self.balls.forget()
        self.worlds.forget()

    def end(self) -> None:
        """End everything; return when no process and no timer is left."""
        self.forget()
        self.worker.abandon()
        if bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.unregister(self._timer)
        self.balls.close()
        self.end_worker()

    def end_worker(self) -> None:
        """End the worker; also called where Blender is ending."""
        self.worker.stop()

    def _tick(self) -> float | None:
        if self._running is not None:
            self._advance(self._running)
        if self._end_display is not None and self._end_display.is_over:
            self._close_end()
        self.facts.step()
        if self.conversion is None:  # the conversion comes first
            self.lights.step()
            self.balls.step()
        self.worker.poll()
        if self._running is not None:
            return _WORK_TICK_S
        is_waiting = self.facts.waiting or self.lights.waiting or self.balls.waiting
        is_needed = self.worker.busy or is_waiting or self._end_display is not None
        return _TICK_S if is_needed else None

    def _advance(self, running: RunningWork) -> None:
        ending = running.step()
        if ending is None or running is not self._running:  # it may have been abandoned meanwhile
            return
        self._running = self.conversion = None
        self.show(*ending.messages)
        self._end_display = running.close(ending)

    def _close_end(self) -> None:
        if self._end_display is not None:
            self._end_display.close()
            self._end_display = None


_sessions: list[ExtensionSession] = []


def start() -> None:
    """Begin the session."""
    _sessions.append(ExtensionSession())
    atexit.register(_sessions[-1].end_worker)


def stop() -> None:
    """End the session."""
    session = _sessions.pop()
    session.end()
    atexit.unregister(session.end_worker)


def current() -> ExtensionSession:
    """Return the session; the extension is registered."""
    return _sessions[-1]
