"""What the operators have in common that let the worker work on the HDR image of the scene."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import bpy
from bpy.types import Context, Event, Scene

from .. import session
from ..conversion.hdr_work import HdrWork
from ..conversion.running_work import Ending
from ..conversion.stepped_work import State
from ..errors import AddonError
from ..messages import about
from ..session import ExtensionSession
from ..translation import tr
from .background_work import BackgroundWork


class HdrWorkOperator(BackgroundWork):
    """A part of an operator, before ``Operator`` in the list of its bases; it defines ``start`` and ``success``."""

    def start(self, current: ExtensionSession, scene: Scene) -> HdrWork:
        """Return the work on a scene, begun.

        Raises:
            AddonError: it cannot begin.
        """
        raise NotImplementedError

    @staticmethod
    def success(scene: Scene, work: HdrWork) -> Ending:
        """Return how finished work ended. The operator itself may be gone by then."""
        raise NotImplementedError

    @staticmethod
    def cancelled() -> str:
        """Return the message of cancelled work."""
        return tr("Cancelled. Nothing was changed.")

    def execute(self, context: Context) -> set[str]:
        """Do the work and return when it is done."""
        work = self._begin(context)
        if work is None:
            return {"CANCELLED"}
        self.do(work, self._ending(context))
        return {"FINISHED"} if work.state is State.FINISHED else {"CANCELLED"}

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Do the work while Blender continues."""
        if bpy.app.background:
            return self.execute(context)
        work = self._begin(context)
        return self.go_on(context, work, self._ending(context)) if work is not None else {"CANCELLED"}

    def _begin(self, context: Context) -> HdrWork | None:
        current = session.current()
        current.show_text()
        try:
            return self.start(current, context.scene)
        except AddonError as error:
            current.show_text(str(error), is_error=True, scene=context.scene)
            self.report({"ERROR"}, str(error))
            return None

    def _ending(self, context: Context) -> Callable[[HdrWork], Ending]:
        return partial(_ending, success=self.success, cancelled=self.cancelled, scene_uid=context.scene.session_uid)


def _ending(
    work: HdrWork, *, success: Callable[[Scene, HdrWork], Ending], cancelled: Callable[[], str], scene_uid: int
) -> Ending:
    scene = next((each for each in bpy.data.scenes if each.session_uid == scene_uid), bpy.context.scene)
    if work.details:
        print(f"LANet IBL: {work.details}")
    if work.state is State.FINISHED:
        return success(scene, work)
    is_error = work.state is State.FAILED
    text = work.message if is_error else cancelled()
    return Ending(about(scene, text, is_error=is_error), "ERROR" if is_error else "INFO", has_changed=False)
