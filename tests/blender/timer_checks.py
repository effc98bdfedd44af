"""Checks inside Blender: the timer that advances a conversion."""

from __future__ import annotations

import time

import bpy
from enabled_extension import (
    MODULE,
    convert,
    disable,
    errors,
    file_scene,
    messages,
    part,
    wait_until,
)


class _Context:
    """What a button's context has."""

    workspace = None


def driven(scene, **options):
    """Begin a conversion as the button does, and return the session; its timer is called by hand, without a window."""
    current = part("session").current()
    work = part("conversion.scene").WorldConversion(
        current.worker, scene, part("settings").conversion_settings(), **options
    )
    operators = part("operators.convert_environment")
    current.go_on(
        work, lambda each: operators.ending(each, scene_uid=scene.session_uid, asset=False), "Convert", _Context
    )
    return current


def check_a_timer_does_the_work_and_no_operator_is_left(folder):
    scene = file_scene(folder)
    current = driven(scene)
    assert bpy.app.timers.is_registered(current._timer)
    assert not list(getattr(bpy.context.window, "modal_operators", ()))

    def turn() -> bool:
        current._tick()
        return current.conversion is None

    wait_until(turn)
    assert part("world.graph").shows_hdr(scene) and "brightest" in messages()[0]
    current = driven(scene)
    current._tick()
    disable()
    assert current.conversion is None and not bpy.app.timers.is_registered(current._timer)
    assert bpy.ops.preferences.addon_enable(module=MODULE) == {"FINISHED"}
    bpy.context.preferences.addons[MODULE].preferences.model = str(folder / "tiny.onnx")
    assert convert() == {"FINISHED"}


def check_an_unexpected_error_ends_the_work_and_not_the_timer(folder):
    scene = file_scene(folder)
    current = driven(scene)

    def fall():
        raise ValueError("out of the blue")

    current.conversion.step = fall
    assert current._tick() is not None
    assert current.conversion is None and "out of the blue" in errors()[0]
    current = driven(scene)
    until_s = time.monotonic() + 30.0
    while current.conversion is not None and time.monotonic() < until_s:
        current._tick()
        time.sleep(0.01)
    assert part("world.graph").shows_hdr(scene)
