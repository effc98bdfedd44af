"""Turning the light by moving the mouse."""

from __future__ import annotations

import math
from typing import ClassVar

from bpy.props import FloatProperty
from bpy.types import Context, Event, Operator, ShaderNodeMapping

from ..translation import tr
from ..world.graph import editable_textures
from ..world.map_rotation import ensure_mapping
from .reset_light import OfConvertedWorld

#: A movement by one pixel; with Shift, a tenth of it.
_RAD_PER_PIXEL = math.radians(0.25)
_FINE = 0.1


class TurnLight(OfConvertedWorld, Operator):
    """Turn the environment around the vertical axis: by the mouse until a click, or by an angle from Python."""

    bl_idname = "lanet.turn_light"
    bl_label = "Turn Light"
    bl_description = "Move the mouse to turn the light. Click to confirm, Esc to cancel, Shift for small steps"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO", "GRAB_CURSOR", "BLOCKING"}

    angle: FloatProperty(
        name="Angle", description="By which the light turns, seen from above", subtype="ANGLE", options={"SKIP_SAVE"}
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
        context.window_manager.modal_handler_add(self)
        self._show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Follow the mouse."""
        if event.type == "MOUSEMOVE":
            self.angle += (event.mouse_x - self._x) * _RAD_PER_PIXEL * (_FINE if event.shift else 1.0)
            self._x = event.mouse_x
            self._turn()
            self._show(context)
        elif event.type in ("LEFTMOUSE", "RET", "NUMPAD_ENTER") and event.value == "PRESS":
            context.workspace.status_text_set(None)
            return {"FINISHED"}
        elif event.type in ("RIGHTMOUSE", "ESC"):
            self.angle = 0.0
            self._turn()
            context.workspace.status_text_set(None)
            return {"CANCELLED"}
        return {"RUNNING_MODAL"}

    def _start(self, context: Context) -> None:
        """Note the rotations from which it begins; several textures may have one Mapping."""
        mappings = {each.as_pointer(): each for each in map(ensure_mapping, editable_textures(context.scene))}
        self._starts = [(each, each.inputs["Rotation"].default_value[2]) for each in mappings.values()]

    def _turn(self) -> None:
        for mapping, start in self._starts:
            mapping.inputs["Rotation"].default_value[2] = start + _sign(mapping) * self.angle

    def _show(self, context: Context) -> None:
        context.workspace.status_text_set(tr("Light turned by {angle}°", angle=f"{math.degrees(self.angle):.1f}"))


def _sign(mapping: ShaderNodeMapping) -> float:
    """Return how a Mapping's angle turns the light: one of type Point turns the direction that is looked up."""
    return 1.0 if mapping.vector_type == "TEXTURE" else -1.0
