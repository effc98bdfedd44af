"""Checks inside Blender: lamps that follow the strength of the environment."""

from __future__ import annotations

import bpy
import numpy as np
from enabled_extension import MODULE, part
from hdr_scenes import balls, hdr_scene, lamps, render, strength_of


def strength_input(scene):
    return scene.world.node_tree.nodes["Background"].inputs["Strength"]


def key(socket, **values) -> None:
    """Insert keyframes: ``f1=0.5`` for the value 0.5 in frame 1."""
    for frame, value in values.items():
        socket.default_value = value
        assert socket.keyframe_insert("default_value", frame=int(frame[1:]))


def strengths(scene, *frames: int) -> list[float]:
    """Return the strength of the first lamp in some frames."""
    found = []
    for frame in frames:
        scene.frame_set(frame)
        found.append(strength_of(lamps(scene)[0]))
    return found


def check_lamps_follow_an_animated_strength_in_both_orders(folder):
    scene = hdr_scene(folder)
    full = None
    for is_first in (True, False):
        if is_first:
            key(strength_input(scene), f1=1.0, f10=0.25)
            scene.frame_set(10)
        for kind in ("SUN", "AREA"):
            bpy.ops.lanet.add_sun_lamp(index=0, kind=kind)
            if not is_first:
                key(strength_input(scene), f1=1.0, f10=0.25)
            first, last = strengths(scene, 1, 10)
            np.testing.assert_allclose(last, first / 4.0, rtol=1e-5)
            if kind == "SUN":
                full = full or first
                np.testing.assert_allclose(first, full, rtol=1e-4)
            bpy.ops.lanet.remove_lamps()
            if not is_first:
                scene.world.node_tree.animation_data_clear()
                strength_input(scene).default_value = 1.0


def check_lamps_follow_a_driver_a_value_node_and_highlights(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    (lamp,) = lamps(scene)
    full = strength_of(lamp)
    scene["dimmer"] = 0.3
    curve = strength_input(scene).driver_add("default_value")
    variable = curve.driver.variables.new()
    variable.name, variable.targets[0].id_type, variable.targets[0].id = "dimmer", "SCENE", scene
    variable.targets[0].data_path = '["dimmer"]'
    curve.driver.expression = "dimmer"
    np.testing.assert_allclose(strength_of(lamp), 0.3 * full, rtol=1e-5)
    strength_input(scene).driver_remove("default_value")
    strength_input(scene).default_value = 1.0
    key(part("world.graph").light_node(scene).inputs["Highlights"], f1=0.0, f5=2.0)
    np.testing.assert_allclose(strengths(scene, 1, 5), [full, 4.0 * full], rtol=1e-5)
    bpy.ops.lanet.remove_lamps()
    tree = scene.world.node_tree
    value, reroute = tree.nodes.new("ShaderNodeValue"), tree.nodes.new("NodeReroute")
    value.outputs[0].default_value = 0.5
    tree.links.new(value.outputs[0], reroute.inputs[0])
    tree.links.new(reroute.outputs[0], strength_input(scene))
    bpy.ops.lanet.add_sun_lamp()
    assert not any("linked" in message.text for message in part("session").current().messages)
    np.testing.assert_allclose(strength_of(lamps(scene)[0]), 2.0 * full, rtol=1e-4)
    value.outputs[0].default_value = 0.0
    assert strength_of(lamps(scene)[0]) < 1e-4 * full


def check_a_calculated_strength_is_named(folder):
    scene = hdr_scene(folder)
    tree = scene.world.node_tree
    tree.links.new(tree.nodes.new("ShaderNodeMath").outputs[0], strength_input(scene))
    bpy.ops.lanet.add_sun_lamp()
    assert any("strength is linked" in message.text for message in part("session").current().messages)


def check_the_strength_of_a_lamp_remains_the_artists(folder):
    """It can be set and keyed, in the property that the panel shows, and follows the world in proportion."""
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    (lamp,) = lamps(scene)
    path = part("world.lamp_strength").strength_property(lamp.data)
    for frame, value in ((1, 2.0), (9, 6.0)):
        exec(f"lamp.data{path if path.startswith('[') else '.' + path} = {value}")
        assert lamp.data.keyframe_insert(path, frame=frame)
    strength_input(scene).default_value = 0.5
    np.testing.assert_allclose(strengths(scene, 1, 9), [1.0, 3.0], rtol=1e-5)
    bpy.ops.wm.save_mainfile()
    bpy.ops.preferences.addon_disable(module=MODULE)
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    strength_input(scene).default_value = 0.25
    scene.frame_set(9)
    (lamp,) = (each for each in scene.objects if each.type == "LIGHT")
    np.testing.assert_allclose(strength_of(lamp), 1.5, rtol=1e-5)


def check_copies_follow_their_own_world(folder):
    scene = hdr_scene(folder)
    bpy.context.view_layer.update()
    bpy.ops.lanet.add_sun_lamp()
    full = strength_of(lamps(scene)[0])
    first = scene.world
    scene.world = first.copy()
    bpy.context.view_layer.update()
    strength_input(scene).default_value = 0.5
    first.node_tree.nodes["Background"].inputs["Strength"].default_value = 3.0
    np.testing.assert_allclose(strength_of(lamps(scene)[0]), 0.5 * full, rtol=1e-5)


def check_map_and_lamp_dim_together_in_cycles(folder):
    scene = hdr_scene(folder)
    balls(scene)
    key(strength_input(scene), f1=1.0, f10=0.2)
    key(part("world.graph").light_node(scene).inputs["Highlights"], f1=0.0, f10=1.0)
    scene.frame_set(10)
    alone = render(scene, folder).mean(axis=(0, 1))
    scene.frame_set(1)
    bpy.ops.lanet.add_sun_lamp()
    scene.frame_set(10)
    together = render(scene, folder).mean(axis=(0, 1))
    print("together / alone", together / alone)
    np.testing.assert_allclose(together / alone, 1.0, atol=0.02)
