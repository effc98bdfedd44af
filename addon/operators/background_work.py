"""Common base of the operators that convert: wait for the end, or work in the background."""

from __future__ import annotations

from collections.abc import Callable

from bpy.types import Context

from .. import session
from ..conversion.running_work import AnyWork, Ending
from ..translation import tr
from .operator_part import OperatorPart


class BackgroundWork(OperatorPart):
    """A part of an operator, before ``Operator`` in the list of its bases."""

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether a conversion can begin."""
        if session.current().conversion is not None:
            cls.poll_message_set(tr("A conversion is running"))
            return False
        return True

    def do(self, work: AnyWork, ending: Callable[[AnyWork], Ending]) -> set[str]:
        """Do the work and return when it is done."""
        current = session.current()
        current.conversion = work
        try:
            work.wait()
        finally:
            current.finish()
        end = ending(work)
        current.show(*end.messages)
        self.report({end.level}, end.text)
        return {"FINISHED"} if end.has_changed else {"CANCELLED"}

    def go_on(self, context: Context, work: AnyWork, ending: Callable[[AnyWork], Ending]) -> set[str]:
        """Let a timer do the work; the operator itself has ended, without an undo step of its own."""
        session.current().go_on(work, ending, self.bl_label, context)
        return {"INTERFACE"}
