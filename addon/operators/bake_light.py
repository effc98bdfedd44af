"""The button that writes the light as an EXR for other programs."""

from __future__ import annotations

from typing import ClassVar

import bpy
from bpy.props import StringProperty
from bpy.types import Operator, Scene

from ..conversion.light_bake import LightBake
from ..conversion.running_work import Ending
from ..messages import about
from ..session import ExtensionSession
from ..settings import conversion_settings
from ..translation import tr
from .hdr_work_operator import HdrWorkOperator


class BakeLight(HdrWorkOperator, Operator):
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

    def start(self, current: ExtensionSession, scene: Scene) -> LightBake:
        """Begin the baking."""
        return LightBake(current.worker, scene, conversion_settings(), bpy.path.abspath(self.filepath))

    @staticmethod
    def success(scene: Scene, work: LightBake) -> Ending:
        """Return the message of a written file; the .blend is as it was."""
        return Ending(about(scene, tr("Baked: {path}", path=work.output), *work.notes), "INFO", has_changed=False)

    @staticmethod
    def cancelled() -> str:
        """Return the message of a cancelled baking."""
        return tr("Cancelled. Nothing was written.")
