"""The part of the panel that calibrates the light by a surface."""

from __future__ import annotations

from bpy.types import Context, UILayout

from ..world.surface_albedos import ALBEDOS


def draw_surface(layout: UILayout, context: Context) -> None:
    """Draw the surface's albedo, and the buttons for the photographed ground and for a point, in a box."""
    surface = context.scene.lanet.surface
    column = layout.box().column(align=True)
    column.active = context.scene.lanet.shown == "HDR"
    column.label(text="Calibrate by a Surface", icon="LIGHT_SUN")
    row = column.row(align=True)
    row.prop(surface, "kind", text="")
    if surface.kind not in ALBEDOS:
        row.prop(surface, "albedo")
    column.operator("lanet.calibrate_surface", text="By Ground of Photograph", icon="IMAGE_DATA").ground = True
    column.operator("lanet.pick_surface", text="Pick Point", icon="EYEDROPPER")
