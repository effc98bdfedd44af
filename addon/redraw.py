"""Having Blender draw again what has changed without the user's doing."""

from __future__ import annotations

import bpy

#: What may show the panel or the preferences.
_AREAS = {"PROPERTIES", "VIEW_3D", "NODE_EDITOR", "PREFERENCES"}


def redraw() -> None:
    """Have the places drawn again where something of ours may be."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _AREAS:
                area.tag_redraw()
