"""The panel in the sidebar of the 3D View."""

from __future__ import annotations

from bpy.types import Context, Panel

from .environment import CATEGORY, draw_environment


class ViewSidebarPanel(Panel):
    """In the sidebar of the 3D View."""

    bl_idname = "LANET_PT_view_sidebar"
    bl_label = "LANet IBL"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY

    def draw(self, context: Context) -> None:
        """Draw it."""
        draw_environment(self.layout, context)
