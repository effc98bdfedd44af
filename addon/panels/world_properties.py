"""The panel in World properties."""

from __future__ import annotations

from bpy.types import Context, Panel

from .environment import draw_environment


class WorldPropertiesPanel(Panel):
    """In World properties."""

    bl_idname = "LANET_PT_world_properties"
    bl_label = "LANet IBL"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "world"

    def draw(self, context: Context) -> None:
        """Draw it."""
        draw_environment(self.layout, context)
