"""The button *Ground*: set Highlights so that a surface has its albedo."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty
from bpy.types import Context, Event, Operator

from .. import session
from ..conversion.image import State
from ..conversion.running_work import Ending
from ..conversion.surface_calibrating import KnownSurface, SurfaceCalibrating
from ..errors import AddonError
from ..messages import about
from ..settings import worker_settings
from ..translation import tr
from ..world.surface_albedos import albedo_of
from .background_work import BackgroundWork


class CalibrateSurface(BackgroundWork, Operator):
    """Set Highlights so that a surface of the photograph has its albedo under the reconstructed light.

    From Python, ``bpy.ops.lanet.calibrate_surface(albedo=0.18, ground=False, u=0.4, v=0.55)`` returns when it is done,
    and raises ``RuntimeError`` if no positive factor solves it.
    """

    bl_idname = "lanet.calibrate_surface"
    bl_label = "Calibrate by a Surface"
    bl_description = "Set Highlights so that the surface is as bright under the HDR light as in the photograph"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    # Hidden, for a change in the panel of the last operation would calibrate again.
    albedo: FloatProperty(
        name="Albedo",
        description="Share of the light that the surface reflects; 0 for that of the panel",
        min=0.0,
        max=1.0,
        options={"HIDDEN", "SKIP_SAVE"},
    )
    ground: BoolProperty(
        name="Ground",
        description="The ground, measured 25° to 65° below the horizon, instead of a point",
        default=True,
        options={"HIDDEN", "SKIP_SAVE"},
    )
    u: FloatProperty(
        name="U",
        description="Place of the surface from the left of the panorama",
        min=0.0,
        max=1.0,
        options={"HIDDEN", "SKIP_SAVE"},
    )
    v: FloatProperty(
        name="V",
        description="Place of the surface from the top of the panorama",
        min=0.0,
        max=1.0,
        options={"HIDDEN", "SKIP_SAVE"},
    )
    facing: EnumProperty(
        name="Facing",
        description="Where the surface faces",
        items=(
            ("auto", "Automatic", "Up below the horizon, and to the camera above it"),
            ("up", "Up", "A horizontal surface"),
            ("camera", "Camera", "A surface that faces the camera"),
        ),
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def execute(self, context: Context) -> set[str]:
        """Calibrate and return when it is done."""
        work = self._begin(context)
        return self.do(work, self._ending(context)) if work is not None else {"CANCELLED"}

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Calibrate while Blender stays usable."""
        if bpy.app.background:
            return self.execute(context)
        work = self._begin(context)
        return self.go_on(context, work, self._ending(context)) if work is not None else {"CANCELLED"}

    def _begin(self, context: Context) -> SurfaceCalibrating | None:
        current = session.current()
        current.say()
        surface = KnownSurface(
            self.albedo or albedo_of(context.scene), None if self.ground else (self.u, self.v), self.facing
        )
        try:
            return SurfaceCalibrating(current.worker, context.scene, worker_settings(), surface)
        except AddonError as error:
            current.say(str(error), is_error=True, scene=context.scene)
            self.report({"ERROR"}, str(error))
            return None

    @staticmethod
    def _ending(context: Context):
        return partial(ending, scene_uid=context.scene.session_uid)


def ending(work: SurfaceCalibrating, *, scene_uid: int) -> Ending:
    """Return how a calibration ended."""
    scene = next((each for each in bpy.data.scenes if each.session_uid == scene_uid), bpy.context.scene)
    if work.details:
        print(f"LANet IBL: {work.details}")
    if work.state is State.FINISHED:
        values = {"albedo": f"{work.surface.albedo:.2g}", "ev": f"{work.ev:+.1f}"}
        if work.surface.at is None:
            text = tr("Ground, albedo {albedo}: Highlights is {ev} EV.", **values)
        else:
            text = tr("Surface, albedo {albedo}: Highlights is {ev} EV.", **values)
        return Ending(about(scene, text, *work.notes), "INFO", has_changed=True)
    is_error = work.state is State.FAILED
    text = work.message if is_error else "Cancelled. Nothing was changed."
    return Ending(about(scene, text, is_error=is_error), "ERROR" if is_error else "INFO", has_changed=False)
