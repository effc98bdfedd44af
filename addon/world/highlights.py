"""Setting Highlights of a whole scene."""

from __future__ import annotations

from bpy.types import Scene

from .graph import light_nodes
from .lamps import lamps_of
from .light_group import HIGHLIGHTS, is_animated


def set_highlights(scene: Scene, ev: float) -> bool:
    """Set Highlights of the textures that show the remembered images; lamps change by the same factor.

    Animated sliders and lamps are left alone.

    Returns:
        Whether there is a slider that is not animated.
    """
    nodes = [node for node in light_nodes(scene) if not is_animated(node, HIGHLIGHTS)]
    if not nodes:
        return False
    change_ev = ev - nodes[0].inputs[HIGHLIGHTS].default_value
    for node in nodes:
        node.inputs[HIGHLIGHTS].default_value = ev
    for lamp in lamps_of(scene):
        if lamp.data.animation_data is None:
            lamp.data.energy *= 2.0**change_ev
    return True
