"""Setting Highlights of a whole scene."""

from __future__ import annotations

from bpy.types import Scene

from .graph import light_nodes
from .light_group import HIGHLIGHTS, is_animated


def set_highlights(scene: Scene, ev: float) -> bool:
    """Set Highlights of the textures that show the remembered images, which lamps follow.

    Animated sliders are left alone.

    Returns:
        Whether there is a slider that is not animated.
    """
    nodes = [node for node in light_nodes(scene) if not is_animated(node, HIGHLIGHTS)]
    if not nodes:
        return False
    for node in nodes:
        node.inputs[HIGHLIGHTS].default_value = ev
    return True
