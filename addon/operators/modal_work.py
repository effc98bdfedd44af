"""What the operators have in common that convert while Blender goes on: the timer, Esc and the end."""

from __future__ import annotations

from abc import abstractmethod

from bpy.types import Context, Event

from .. import session
from ..batch import Batch
from ..conversion import Conversion
from ..picture_conversion import State
from ..progress_display import ProgressDisplay


class ModalWork:
    """A part of an operator, before ``Operator`` in the list of its bases."""

    _work: Conversion | Batch

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether a conversion can begin."""
        if session.current().conversion is not None:
            cls.poll_message_set("A conversion is running")
            return False
        return True

    def do(self, work: Conversion | Batch) -> set[str]:
        """Do the work and return when it is done."""
        self._work = session.current().conversion = work
        try:
            work.wait()
        finally:
            session.current().finish()
        return self.end(work)

    def do_modally(self, context: Context, work: Conversion | Batch) -> set[str]:
        """Do the work while Blender goes on."""
        current = session.current()
        self._work = current.conversion = work
        current.display = ProgressDisplay(context)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Go on with the work; other events are for others."""
        if event.type == "ESC" and event.value == "PRESS":
            self._work.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            state = self._work.step()
        except BaseException:  # Blender drops the operator then without a word to it
            session.current().abandon()
            raise
        if state is not State.RUNNING:
            session.current().finish()
            return self.end(self._work)
        session.current().display.show(self._work)
        return {"PASS_THROUGH"}

    def cancel(self, context: Context) -> None:
        """Blender ends it: the window is closed, or another file loaded."""
        session.current().abandon()

    @abstractmethod
    def end(self, work: Conversion | Batch) -> set[str]:
        """Say how the work ended, in the panel and in the status bar; return what the operator returns."""
