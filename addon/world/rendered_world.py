"""The world that a scene renders: its own, or that of the view layer's World Override (Blender 4.3 and later)."""

from __future__ import annotations

import bpy
from bpy.types import Scene, ViewLayer, World


def rendered_world(scene: Scene) -> World | None:
    """Return the world that the current view layer of a scene renders, None if there is none."""
    layer = _overriding_layer(scene)
    return layer.world_override if layer is not None else scene.world


def set_rendered_world(scene: Scene, world: World) -> None:
    """Give a scene another world, in the place where the rendered one is chosen."""
    layer = _overriding_layer(scene)
    if layer is not None:
        layer.world_override = world
    else:
        scene.world = world


def other_worlds(scene: Scene) -> list[tuple[ViewLayer, World]]:
    """Return the view layers that are rendered with another world than the current one, each with that world."""
    current = rendered_world(scene)
    found = []
    for layer in scene.view_layers:
        world = getattr(layer, "world_override", None) or scene.world
        if layer.use and world is not None and world != current:
            found.append((layer, world))
    return found


def _overriding_layer(scene: Scene) -> ViewLayer | None:
    layer = _current_layer(scene)
    return layer if getattr(layer, "world_override", None) is not None else None


def _current_layer(scene: Scene) -> ViewLayer:
    """Return the view layer that a window shows of a scene; where no window shows it, the first that is rendered."""
    window = bpy.context.window
    windows = [window, *bpy.context.window_manager.windows] if window else bpy.context.window_manager.windows
    for each in windows:
        if each.scene == scene:
            return each.view_layer
    return next((layer for layer in scene.view_layers if layer.use), scene.view_layers[0])
