"""The buttons that turn the environment and take changes of it back."""

from __future__ import annotations

from typing import ClassVar

from bpy.types import Context, Operator

from .. import session
from ..errors import AddonError
from ..translation import tr
from ..world import backplate
from ..world.graph import editable_textures, forget_pair, light_nodes, remembered_pair, show
from ..world.ground import remove_ground
from ..world.lamps import has_lamps, remove_lamps
from ..world.light_group import reset
from ..world.map_rotation import ensure_mapping
from ..world.obstacles import obstacle
from ..world.rendered_world import rendered_world
from .operator_part import OperatorPart


class OfConvertedWorld(OperatorPart):
    """A part of an operator that needs a converted world, and no running conversion."""

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether the world was converted and nothing is running."""
        if context.scene is None or remembered_pair(rendered_world(context.scene)) is None:
            cls.poll_message_set(tr("The world has no converted environment"))
            return False
        problem = obstacle(context.scene)
        if problem:
            cls.poll_message_set(problem)
            return False
        return session.current().conversion is None


class AddRotation(OfConvertedWorld, Operator):
    """Insert a Mapping node before the environment's textures, so that they can be turned."""

    bl_idname = "lanet.add_rotation"
    bl_label = "Add Rotation"
    bl_description = "Insert a Mapping node, by which the environment can be turned"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        """Insert it."""
        for node in editable_textures(context.scene):
            ensure_mapping(node)
        return {"FINISHED"}


class ResetLight(OfConvertedWorld, Operator):
    """Show the HDR as it was converted: without lamps, backplate and ground, all sliders neutral."""

    bl_idname = "lanet.reset_light"
    bl_label = "Reset"
    bl_description = (
        "Show the HDR as it was converted: no lamps, backplate or ground projection; sliders neutral unless animated"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        """Reset it."""
        try:
            show(context.scene, hdr=True)
        except AddonError as error:  # the world shows another image now
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if has_lamps(context.scene):
            remove_lamps(context.scene)
        backplate.remove(context.scene)
        remove_ground(context.scene)
        for node in light_nodes(context.scene):
            reset(node)
        session.current().show_text()
        return {"FINISHED"}


class RemoveLight(OfConvertedWorld, Operator):
    """Light the scene by the photograph again, without lamps and 'LANet Light'. The EXR file stays."""

    bl_idname = "lanet.remove_light"
    bl_label = "Remove"
    bl_description = "Light the scene by the photograph again, without what the conversion added. The EXR file stays"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        """Remove it."""
        if has_lamps(context.scene):
            remove_lamps(context.scene)
        backplate.remove(context.scene)
        remove_ground(context.scene)
        forget_pair(context.scene)
        session.current().show_text()
        return {"FINISHED"}
