"""Turning the light by moving the mouse, or by the dial in the 3D Viewport."""

from __future__ import annotations

import math
from typing import ClassVar

from bpy.props import BoolProperty, FloatProperty
from bpy.types import Context, Event, Operator
from bpy_extras.view3d_utils import region_2d_to_origin_3d, region_2d_to_vector_3d
from mathutils import Vector

from ..translation import tr
from ..world.graph import editable_textures
from ..world.map_rotation import ensure_mapping, turn_around_vertical
from .reset_light import OfConvertedWorld

#: A movement by one pixel; with Shift, a tenth of it.
_RAD_PER_PIXEL = math.radians(0.25)
_FINE = 0.1
#: A view that looks at the dial at a flatter angle is no help to turn it, sine.
_FLATTEST = 0.15


class TurnLight(OfConvertedWorld, Operator):
    """Turn the environment around the vertical axis: by the mouse until a click, or by an angle from Python."""

    bl_idname = "lanet.turn_light"
    bl_label = "Turn Light"
    bl_description = "Move the mouse to turn the light. Click to confirm, Esc to cancel, Shift for small steps"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO", "GRAB_CURSOR", "BLOCKING"}

    angle: FloatProperty(
        name="Angle", description="By which the light turns, seen from above", subtype="ANGLE", options={"SKIP_SAVE"}
    )

    by_dial: BoolProperty(
        name="By Dial",
        description="Follow the mouse around the dial until it is released",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def execute(self, context: Context) -> set[str]:
        """Turn it by the angle."""
        self._start(context)
        self._turn()
        return {"FINISHED"}

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Turn it with the mouse until a click."""
        self._start(context)
        self._x = event.mouse_x
        self._azimuth = self._azimuth_of(context, event)
        context.window_manager.modal_handler_add(self)
        self._show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Follow the mouse."""
        if event.type == "MOUSEMOVE":
            self.angle += self._moved_rad(context, event) * (_FINE if event.shift else 1.0)
            self._turn()
            self._show(context)
        elif self._confirms(event):
            context.workspace.status_text_set(None)
            self._key(context)
            return {"FINISHED"}
        elif event.type in ("RIGHTMOUSE", "ESC"):
            self.angle = 0.0
            self._turn()
            context.workspace.status_text_set(None)
            return {"CANCELLED"}
        return {"RUNNING_MODAL"}

    def _confirms(self, event: Event) -> bool:
        if event.type == "LEFTMOUSE":
            return event.value == ("RELEASE" if self.by_dial else "PRESS")
        return event.type in ("RET", "NUMPAD_ENTER") and event.value == "PRESS"

    def _moved_rad(self, context: Context, event: Event) -> float:
        """Return the angle by which the mouse has moved since the last call."""
        azimuth, x = self._azimuth_of(context, event), event.mouse_x
        moved = (x - self._x) * _RAD_PER_PIXEL
        if azimuth is not None and self._azimuth is not None:
            moved = math.remainder(azimuth - self._azimuth, 2.0 * math.pi)
        self._azimuth, self._x = azimuth, x
        return moved

    def _azimuth_of(self, context: Context, event: Event) -> float | None:
        """Return where around the dial the mouse is; None without the dial, and where the view is too flat."""
        region, view = context.region, context.region_data
        if not self.by_dial or region is None or view is None:
            return None
        mouse, centre = (event.mouse_region_x, event.mouse_region_y), context.scene.cursor.location
        start, ray = region_2d_to_origin_3d(region, view, mouse), region_2d_to_vector_3d(region, view, mouse)
        if abs(ray.z) < _FLATTEST:
            return None
        place = start + ray * ((centre.z - start.z) / ray.z)
        return math.atan2(place.y - centre.y, place.x - centre.x)

    def _key(self, context: Context) -> None:
        """Insert a keyframe if Auto Keying is on."""
        if context.scene.tool_settings.use_keyframe_insert_auto:
            for mapping, _ in self._starts:
                is_tilted = any(mapping.inputs["Rotation"].default_value[:2])
                mapping.inputs["Rotation"].keyframe_insert("default_value", index=-1 if is_tilted else 2)

    def _start(self, context: Context) -> None:
        """Note the rotations from which it begins; several textures may have one Mapping."""
        mappings = {each.as_pointer(): each for each in map(ensure_mapping, editable_textures(context.scene))}
        self._starts = [(each, Vector(each.inputs["Rotation"].default_value)) for each in mappings.values()]

    def _turn(self) -> None:
        for mapping, start in self._starts:
            turn_around_vertical(mapping, start, self.angle)

    def _show(self, context: Context) -> None:
        context.workspace.status_text_set(tr("Light turned by {angle}°", angle=f"{math.degrees(self.angle):.1f}"))
