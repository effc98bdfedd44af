"""The panel in the sidebar of the Shader Editor."""

from __future__ import annotations

from bpy.types import Context, Panel

from .environment import CATEGORY, draw_environment


class ShaderSidebarPanel(Panel):
    """In the sidebar of the Shader Editor."""

    bl_idname = "LANET_PT_shader_sidebar"
    bl_label = "LANet IBL"
    bl_space_type = "NODE_EDITOR"
    bl_region_type = "UI"
    bl_category = CATEGORY

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether the editor is that for shaders."""
        return context.space_data.tree_type == "ShaderNodeTree"

    def draw(self, context: Context) -> None:
        """Draw it."""
        draw_environment(self.layout, context)
