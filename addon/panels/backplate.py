"""The part of the panel that chooses what the camera sees."""

from __future__ import annotations

from bpy.types import Context, UILayout

from ..world.backplate import COLOUR, backplate_node, blur_node
from ..world.backplate_group import BLUR, EXPOSURE, IMAGE
from ..world.rendered_world import rendered_world
from .text import is_wide


def draw_backplate(layout: UILayout, context: Context) -> None:
    """Draw the choice, and the backplate's own exposure, blur and colour."""
    world, properties = rendered_world(context.scene), context.scene.lanet
    column = layout.column(align=True)
    column.use_property_split = is_wide(context)
    column.prop(properties, "backplate")
    node = backplate_node(world)
    if node is None:
        return
    if properties.backplate == COLOUR:
        column.prop(node.inputs[IMAGE], "default_value", text="Colour")
    blur = blur_node(world)
    if blur is not None:
        column.prop(blur.inputs[BLUR], "default_value", text=BLUR)
    column.prop(node.inputs[EXPOSURE], "default_value", text=EXPOSURE)
