"""The buttons that add the ground and remove it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import bpy
from bpy.props import EnumProperty, FloatProperty
from bpy.types import Context, Event, Operator

from .. import session
from ..conversion.ground_placing import GroundPlacing
from ..conversion.image import State
from ..conversion.running_work import Ending
from ..errors import AddonError
from ..messages import about
from ..settings import worker_settings
from ..translation import tr
from ..world.ground import DOME, PLANE, ground_of, remove_ground
from .background_work import BackgroundWork


class AddGround(BackgroundWork, Operator):
    """Add a ground that shows the photograph and receives shadows.

    From Python, ``bpy.ops.lanet.add_ground(shape="PLANE", height=1.6, radius=20)`` returns when it is added, and raises
    ``RuntimeError`` if it fails.
    """

    bl_idname = "lanet.add_ground"
    bl_label = "Add Ground"
    bl_description = "Add a ground at the origin that shows the photograph's lower half and receives shadows"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    shape: EnumProperty(
        name="Shape",
        items=(
            (PLANE, "Plane", "A disc that fades out at its rim"),
            (DOME, "Dome", "A disc, and a dome above it that only the camera sees"),
        ),
        options={"HIDDEN", "SKIP_SAVE"},
    )
    height: FloatProperty(
        name="Camera Height",
        description="Height of the photograph's camera above the ground",
        default=1.6,
        min=0.01,
        subtype="DISTANCE",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    radius: FloatProperty(
        name="Radius",
        description="Radius of the ground",
        default=20.0,
        min=0.1,
        subtype="DISTANCE",
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

    def _begin(self, context: Context) -> GroundPlacing | None:
        current = session.current()
        current.say()
        options = {"shape": self.shape, "height": self.height, "radius": self.radius}
        try:
            return GroundPlacing(current.worker, context.scene, worker_settings(), **options)
        except AddonError as error:
            current.say(str(error), is_error=True, scene=context.scene)
            self.report({"ERROR"}, str(error))
            return None

    @staticmethod
    def _ending(context: Context):
        return partial(ending, scene_uid=context.scene.session_uid)


def ending(work: GroundPlacing, *, scene_uid: int) -> Ending:
    """Return how the adding ended."""
    scene = next((each for each in bpy.data.scenes if each.session_uid == scene_uid), bpy.context.scene)
    if work.details:
        print(f"LANet IBL: {work.details}")
    if work.state is State.FINISHED and work.ground is not None:
        return Ending(about(scene, tr("{name} was added.", name=work.ground.name)), "INFO", has_changed=True)
    is_error = work.state is State.FAILED
    text = work.message if is_error else "Cancelled. Nothing was changed."
    return Ending(about(scene, text, is_error=is_error), "ERROR" if is_error else "INFO", has_changed=False)


class RemoveGround(Operator):
    """Remove the ground of this world."""

    bl_idname = "lanet.remove_ground"
    bl_label = "Remove Ground"
    bl_description = "Remove the ground"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether there is a ground."""
        return context.scene is not None and ground_of(context.scene) is not None

    def execute(self, context: Context) -> set[str]:
        """Remove it."""
        remove_ground(context.scene)
        session.current().say()
        return {"FINISHED"}
