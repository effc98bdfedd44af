"""The button *Pick Point*: a click on the panorama, in an Image Editor or in the background of a 3D Viewport."""

from __future__ import annotations

from typing import ClassVar

import bpy
from bpy.types import Area, Context, Event, Operator, Region, Scene
from bpy_extras.view3d_utils import region_2d_to_vector_3d

from .. import session
from ..translation import tr
from ..world.graph import find_environment_texture, remembered_pair
from ..world.map_rotation import looked_up
from ..world.rendered_world import rendered_world

#: How often a running pick looks whether the extension is being disabled, seconds.
_TICK_S = 0.1
_HINT = "Click a surface of the photograph, in an Image Editor or in a 3D Viewport.   Esc cancels"


class PickSurface(Operator):
    """Wait for a click on the panorama, and calibrate by that point."""

    bl_idname = "lanet.pick_surface"
    bl_label = "Pick Surface"
    bl_description = "Click a surface of the photograph, in an Image Editor or in the background of a 3D Viewport"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    running: ClassVar[bool] = False
    must_end: ClassVar[bool] = False

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether the world was converted and nothing is running."""
        if cls.running or session.current().conversion is not None or context.scene is None:
            return False
        return remembered_pair(rendered_world(context.scene)) is not None

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Show the eyedropper and wait."""
        PickSurface.running, PickSurface.must_end = True, False
        context.window.cursor_modal_set("EYEDROPPER")
        context.workspace.status_text_set(tr(_HINT))
        self._timer = context.window_manager.event_timer_add(_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Take the click; the view can be turned and moved meanwhile."""
        if PickSurface.must_end or event.type in {"ESC", "RIGHTMOUSE"}:
            return self._end(context, {"CANCELLED"})
        if event.type != "LEFTMOUSE":
            return {"PASS_THROUGH"}
        if event.value != "PRESS":
            return {"RUNNING_MODAL"}
        point = point_under(context, event.mouse_x, event.mouse_y)
        if point is None:
            self.report({"WARNING"}, "There is no panorama here. Click into an Image Editor or a 3D Viewport.")
            return {"RUNNING_MODAL"}
        self._end(context, {"FINISHED"})
        bpy.ops.lanet.calibrate_surface("INVOKE_DEFAULT", ground=False, u=point[0], v=point[1])
        return {"FINISHED"}

    def _end(self, context: Context, result: set[str]) -> set[str]:
        PickSurface.running = False
        context.window_manager.event_timer_remove(self._timer)
        context.window.cursor_modal_restore()
        context.workspace.status_text_set(None)
        return result


def point_under(context: Context, x: int, y: int) -> tuple[float, float] | None:
    """Return the point of the panorama under the mouse, (u, v) in [0, 1] from the left and from the top.

    Args:
        context: of the window.
        x: of the mouse in the window, pixels.
        y: the same, from the bottom.
    """
    for area in context.window.screen.areas:
        for region in area.regions:
            inside = region.x <= x < region.x + region.width and region.y <= y < region.y + region.height
            if region.type == "WINDOW" and inside:
                return _point_in(context.scene, area, region, (x - region.x, y - region.y))
    return None


def _point_in(scene: Scene, area: Area, region: Region, place: tuple[int, int]) -> tuple[float, float] | None:
    space = area.spaces.active
    if area.type == "IMAGE_EDITOR":
        pair = remembered_pair(rendered_world(scene))
        u, v = region.view2d.region_to_view(*place)
        is_inside = 0.0 <= u <= 1.0 and 0.0 <= v <= 1.0
        return (u, 1.0 - v) if pair is not None and space.image in pair.images and is_inside else None
    if area.type == "VIEW_3D" and space.region_3d.is_perspective:
        texture = find_environment_texture(scene)
        if texture is not None:
            return looked_up(texture.node, region_2d_to_vector_3d(region, space.region_3d, place))
    return None
