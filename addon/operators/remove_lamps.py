"""The button that undoes Add Sun Lamp."""

from __future__ import annotations

from typing import ClassVar

from bpy.types import Context, Operator

from .. import session
from ..world.lamps import has_lamps, remove_lamps


class RemoveLamps(Operator):
    """Remove the lamps of this world, and light the scene by the whole map again."""

    bl_idname = "lanet.remove_lamps"
    bl_label = "Remove Lamps"
    bl_description = "Remove the lamps and light the scene by the whole map again"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether there are lamps or the map lacks lights, and no conversion is running."""
        scene = context.scene
        is_free = scene is not None and scene.library is None and session.current().conversion is None
        return is_free and has_lamps(scene)

    def execute(self, context: Context) -> set[str]:
        """Remove them."""
        remove_lamps(context.scene)
        session.current().show_text()
        return {"FINISHED"}
