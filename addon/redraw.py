"""Having Blender draw again what has changed without the user's doing."""

from __future__ import annotations

import bpy

#: The regions that may show the panel or the preferences, by their area. Not the 3D View's own: it may take seconds.
_REGIONS = {"PROPERTIES": "WINDOW", "VIEW_3D": "UI", "NODE_EDITOR": "UI", "PREFERENCES": "WINDOW"}


def redraw() -> None:
    """Have the places drawn again where something of ours may be."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if region.type == _REGIONS.get(area.type):
                    region.tag_redraw()
