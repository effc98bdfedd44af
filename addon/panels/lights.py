"""The part of the panel that lists the lights found in the result."""

from __future__ import annotations

from bpy.types import Context, UILayout

from .. import session
from ..conversion.found_lights import describe
from ..world.graph import ImagePair
from ..world.lamp_strength import strength_property
from ..world.lamps import has_lamps, lamps_of


def draw_lights(layout: UILayout, context: Context, pair: ImagePair) -> None:
    """Draw the lights, each with the button that makes it a lamp, or its lamp's name and strength."""
    lights = session.current().lights.of(pair.hdr)
    lamps = {lamp["lanet_lamp"]: lamp for lamp in lamps_of(context.scene)}
    if not lights and not has_lamps(context.scene):
        return
    column = layout.column(align=True)
    column.label(text="Lights Found")
    column.active = context.scene.lanet.shown == "HDR"
    for index, light in enumerate(lights or ()):
        row = column.row(align=True)
        row.label(
            text=describe(light), icon=f"LIGHT_{lamps[index].data.type}" if index in lamps else "DOT", translate=False
        )
        if index not in lamps:
            for kind in ("SUN", "AREA"):
                button = row.operator("lanet.add_sun_lamp", text="", icon=f"LIGHT_{kind}")
                button.index, button.kind = index, kind
    for lamp in lamps.values():
        row = column.row(align=True)
        row.prop(lamp.data, "color", text="")
        row.prop(lamp.data, strength_property(lamp.data), text=lamp.name)
    if pair.rest is not None and not lamps:
        column.label(text="The lamps were deleted. The map lacks their light.", icon="ERROR")
    if has_lamps(context.scene):
        column.operator("lanet.remove_lamps", icon="X")
