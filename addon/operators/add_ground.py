"""The buttons that add the ground and remove it."""

from __future__ import annotations

from typing import ClassVar

from bpy.props import EnumProperty, FloatProperty
from bpy.types import Context, Operator, Scene

from .. import session
from ..conversion.ground_placing import GroundPlacing
from ..conversion.running_work import Ending
from ..messages import about
from ..session import ExtensionSession
from ..settings import worker_settings
from ..translation import tr
from ..world.ground import DOME, PLANE, ground_of, remove_ground
from ..world.light_notes import not_shared
from .hdr_work_operator import HdrWorkOperator


class AddGround(HdrWorkOperator, Operator):
    """Add a ground that shows the photograph and receives shadows.

    From Python, ``bpy.ops.lanet.add_ground(shape="PLANE", height=1.6, radius=20)`` returns when it is added, and raises
    ``RuntimeError`` if it fails.
    """

    bl_idname = "lanet.add_ground"
    bl_label = "Add Ground Projection"
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

    def start(self, current: ExtensionSession, scene: Scene) -> GroundPlacing:
        """Begin the placing."""
        options = {"shape": self.shape, "height": self.height, "radius": self.radius}
        return GroundPlacing(current.worker, scene, worker_settings(), **options)

    @staticmethod
    def success(scene: Scene, work: GroundPlacing) -> Ending:
        """Return the message of an added ground."""
        assert work.ground is not None  # it is FINISHED
        texts = [tr("{name} was added.", name=work.ground.name), *not_shared(scene)]
        return Ending(about(scene, *texts), "INFO", has_changed=True)


class RemoveGround(Operator):
    """Remove the ground of this world."""

    bl_idname = "lanet.remove_ground"
    bl_label = "Remove Ground Projection"
    bl_description = "Remove the ground projection"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether there is a ground."""
        scene = context.scene
        return scene is not None and scene.library is None and ground_of(scene) is not None

    def execute(self, context: Context) -> set[str]:
        """Remove it."""
        remove_ground(context.scene)
        session.current().show_text()
        return {"FINISHED"}
