"""The part of the panel that calibrates the light by a surface."""

from __future__ import annotations

from bpy.types import Context, UILayout

from ..world.surface_albedos import ALBEDOS


def draw_surface(layout: UILayout, context: Context) -> None:
    """Draw the surface's albedo, and the buttons for the ground and for a point."""
    surface = context.scene.lanet.surface
    column = layout.column(align=True)
    column.active = context.scene.lanet.shown == "HDR"
    column.label(text="Calibrate by a Surface")
    row = column.row(align=True)
    row.prop(surface, "kind", text="")
    if surface.kind not in ALBEDOS:
        row.prop(surface, "albedo")
    row = column.row(align=True)
    row.operator("lanet.calibrate_surface", text="Ground", icon="VIEW_PERSPECTIVE").ground = True
    row.operator("lanet.pick_surface", text="Pick Point", icon="EYEDROPPER")
