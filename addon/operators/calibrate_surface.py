"""The button *Ground*: set Highlights so that a surface has its albedo."""

from __future__ import annotations

from typing import ClassVar

from bpy.props import BoolProperty, EnumProperty, FloatProperty
from bpy.types import Operator, Scene

from ..conversion.running_work import Ending
from ..conversion.surface_calibrating import KnownSurface, SurfaceCalibrating
from ..messages import about
from ..session import ExtensionSession
from ..settings import worker_settings
from ..translation import tr
from ..world.surface_albedos import albedo_of
from .hdr_work_operator import HdrWorkOperator


class CalibrateSurface(HdrWorkOperator, Operator):
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
        name="Ground of Photograph",
        description="The photographed ground, measured 25° to 65° below the horizon, instead of a point",
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

    def start(self, current: ExtensionSession, scene: Scene) -> SurfaceCalibrating:
        """Begin the calibration."""
        surface = KnownSurface(self.albedo or albedo_of(scene), None if self.ground else (self.u, self.v), self.facing)
        return SurfaceCalibrating(current.worker, scene, worker_settings(), surface)

    @staticmethod
    def success(scene: Scene, work: SurfaceCalibrating) -> Ending:
        """Return the message of a calibrated light."""
        values = {"albedo": f"{work.surface.albedo:.2g}", "ev": f"{work.ev:+.1f}"}
        if work.surface.at is None:
            text = tr("Ground of the photograph, albedo {albedo}: Highlights is {ev} EV.", **values)
        else:
            text = tr("Surface, albedo {albedo}: Highlights is {ev} EV.", **values)
        return Ending(about(scene, text, *work.notes), "INFO", has_changed=True)
