"""The part of the panel for the ground on which the photograph is projected."""

from __future__ import annotations

from bpy.types import Context, UILayout

from ..world.ground import DOME, PLANE, ground_node, ground_of, projection_node
from ..world.ground_group import EXPOSURE, HEIGHT
from .text import is_wide


def draw_ground(layout: UILayout, context: Context) -> None:
    """Draw the buttons that add a ground, or its camera height and exposure, in a box."""
    column = layout.box().column(align=True)
    column.label(text="Ground Projection", icon="MESH_GRID")
    target = ground_of(context.scene)
    material = target.active_material if target is not None else None
    if target is None or material is None:
        row = column.row(align=True)
        row.operator("lanet.add_ground", text="Add Plane", icon="MESH_CIRCLE").shape = PLANE
        row.operator("lanet.add_ground", text="Add Dome", icon="MESH_UVSPHERE").shape = DOME
        return
    column.use_property_split = is_wide(context)
    column.label(text=target.name, translate=False)
    for node, name in ((projection_node(material), HEIGHT), (ground_node(material), EXPOSURE)):
        if node is not None:
            column.prop(node.inputs[name], "default_value", text=name)
    column.operator("lanet.remove_ground", icon="X")
