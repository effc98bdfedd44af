"""The button that writes the light as an EXR for other programs."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import bpy
from bpy.props import StringProperty
from bpy.types import Context, Event, Operator

from .. import session
from ..conversion.image import State
from ..conversion.light_bake import LightBake
from ..conversion.running_work import Ending
from ..errors import AddonError
from ..messages import about
from ..settings import conversion_settings
from ..translation import tr
from .background_work import BackgroundWork


class BakeLight(BackgroundWork, Operator):
    """Write the light with its rotation, strength and sliders into a new EXR file.

    From Python, ``bpy.ops.lanet.bake_light(filepath=…)`` returns when it is written, and raises ``RuntimeError`` if it
    fails.
    """

    bl_idname = "lanet.bake_light"
    bl_label = "Bake for Other Programs"
    bl_description = "Write an EXR with the rotation, the strength and the sliders, for programs that drop them"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    filepath: StringProperty(
        name="File", description="The EXR file to write", subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"}
    )

    def execute(self, context: Context) -> set[str]:
        """Bake and return when it is done."""
        work = self._begin(context)
        if work is None:
            return {"CANCELLED"}
        self.do(work, self._ending(context))
        return {"FINISHED"} if work.state is State.FINISHED else {"CANCELLED"}

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Bake while Blender goes on."""
        if bpy.app.background:
            return self.execute(context)
        work = self._begin(context)
        return self.go_on(context, work, self._ending(context)) if work is not None else {"CANCELLED"}

    def _begin(self, context: Context) -> LightBake | None:
        current = session.current()
        current.say()
        try:
            path = bpy.path.abspath(self.filepath)
            return LightBake(current.worker, context.scene, conversion_settings(), path)
        except AddonError as error:
            current.say(str(error), is_error=True, scene=context.scene)
            self.report({"ERROR"}, str(error))
            return None

    @staticmethod
    def _ending(context: Context):
        return partial(ending, scene_uid=context.scene.session_uid)


def ending(work: LightBake, *, scene_uid: int) -> Ending:
    """Return how the baking ended."""
    scene = next((each for each in bpy.data.scenes if each.session_uid == scene_uid), bpy.context.scene)
    if work.details:
        print(f"LANet IBL: {work.details}")
    if work.state is State.FINISHED:
        return Ending(about(scene, tr("Baked: {path}", path=work.output), *work.notes), "INFO", has_changed=False)
    is_error = work.state is State.FAILED
    text = work.message if is_error else "Cancelled. Nothing was written."
    return Ending(about(scene, text, is_error=is_error), "ERROR" if is_error else "INFO", has_changed=False)
