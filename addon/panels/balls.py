"""The part of the panel with balls lit by the photograph and by the HDR."""

from __future__ import annotations

from bpy.types import UILayout

from .. import session
from ..world.graph import ImagePair

#: Of the image, in units of an icon.
_SCALE = 7.0


def draw_balls(layout: UILayout, pair: ImagePair) -> None:
    """Draw the balls, before above after, once they are there."""
    icon = session.current().balls.of(pair)
    if not icon:
        return
    row = layout.row()
    names = row.column()
    names.scale_y = 0.5 * _SCALE
    names.label(text="Before")
    names.label(text="After")
    row.template_icon(icon_value=icon, scale=_SCALE)
