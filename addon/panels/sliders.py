"""The part of the panel with the sliders of the reconstructed light."""

from __future__ import annotations

from bpy.types import Context, UILayout

from ..world.environment_texture import EnvironmentTexture
from ..world.graph import ImagePair, light_nodes
from ..world.light_group import HIGHLIGHTS, changes_light, light_node_after, sliders_of
from ..world.strength_range import describe, range_of
from .text import is_wide


def draw_sliders(
    layout: UILayout, context: Context, texture: EnvironmentTexture | None, pair: ImagePair | None
) -> None:
    """Draw the switch and the sliders: of every texture that shows the pair, else of the one that lights the scene."""
    scene = context.scene
    if pair is not None:
        layout.row(align=True).prop(scene.lanet, "shown", expand=True)
        lights = light_nodes(scene)
    else:
        light = light_node_after(texture.node) if texture is not None else None
        lights = [light] if light is not None and changes_light(light) else []
    for light in lights:
        column = layout.column(align=True)
        column.use_property_split = is_wide(context)  # else the names stand inside the sliders
        column.active = pair is None or scene.lanet.shown == "HDR"
        if len(lights) > 1:
            column.label(text=light.inputs["Color"].links[0].from_node.name, translate=False)
        for name in sliders_of(light):
            column.prop(light.inputs[name], "default_value", text=name)
            if name == HIGHLIGHTS and pair is not None and light == lights[0]:
                _draw_range(column, pair)


def _draw_range(layout: UILayout, pair: ImagePair) -> None:
    """Draw the predicted range of Highlights, with the steps to try its ends."""
    range_ev = range_of(pair.hdr)
    if range_ev is None:
        return
    layout.label(text=describe(range_ev), translate=False)
    row = layout.row(align=True)
    for end, text in (("LOW", "Low"), ("PREDICTED", "0"), ("HIGH", "High")):
        row.operator("lanet.try_strength", text=text).end = end
