"""The buttons beside the lights found."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import bpy
from bpy.props import EnumProperty, IntProperty
from bpy.types import Context, Event, Operator

from .. import session
from ..conversion.image import State
from ..conversion.lamp_placing import LampPlacing
from ..conversion.running_work import Ending
from ..errors import AddonError
from ..messages import about
from ..settings import conversion_settings
from ..translation import tr
from .background_work import BackgroundWork


class AddSunLamp(BackgroundWork, Operator):
    """Add a sun or an area lamp for a light of the environment, and take that light out of the map.

    So nothing is counted twice.

    From Python, ``bpy.ops.lanet.add_sun_lamp(index=0)`` returns when it is done, and raises ``RuntimeError`` if it
    fails.
    """

    bl_idname = "lanet.add_sun_lamp"
    bl_label = "Add Sun Lamp"
    bl_description = (
        "Add a lamp with this light's direction, colour, size and strength, in place of the light in the map"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    index: IntProperty(
        name="Light", description="The light's number, from 0 for the strongest", min=0, options={"HIDDEN", "SKIP_SAVE"}
    )

    kind: EnumProperty(
        name="Lamp",
        items=(
            ("SUN", "Sun", "Parallel light, the same everywhere in the scene"),
            ("AREA", "Area", "A disc 5 m from the origin, for windows and lamps nearby"),
        ),
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def execute(self, context: Context) -> set[str]:
        """Add it and return when it is done."""
        work = self._begin(context)
        return self.do(work, self._ending(context)) if work is not None else {"CANCELLED"}

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Add it while Blender goes on."""
        if bpy.app.background:
            return self.execute(context)
        work = self._begin(context)
        return self.go_on(context, work, self._ending(context)) if work is not None else {"CANCELLED"}

    def _begin(self, context: Context) -> LampPlacing | None:
        current = session.current()
        current.say()
        try:
            return LampPlacing(current.worker, context.scene, conversion_settings(), (self.index,), self.kind)
        except AddonError as error:
            current.say(str(error), is_error=True, scene=context.scene)
            self.report({"ERROR"}, str(error))
            return None

    @staticmethod
    def _ending(context: Context):
        return partial(ending, scene_uid=context.scene.session_uid)


def ending(work: LampPlacing, *, scene_uid: int) -> Ending:
    """Return how the placing of lamps ended."""
    scene = next((each for each in bpy.data.scenes if each.session_uid == scene_uid), bpy.context.scene)
    if work.details:
        print(f"LANet IBL: {work.details}")
    if work.state is State.FINISHED:
        names = ", ".join(lamp.name for lamp in work.lamps)
        return Ending(
            about(scene, tr("{names}: The light was taken out of the map.", names=names)), "INFO", has_changed=True
        )
    is_error = work.state is State.FAILED
    text = work.message if is_error else "Cancelled. Nothing was changed."
    return Ending(about(scene, text, is_error=is_error), "ERROR" if is_error else "INFO", has_changed=False)
