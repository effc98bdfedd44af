"""Checks inside Blender: the sliders of the reconstructed light."""

from __future__ import annotations

import bpy
from enabled_extension import MODULE, convert, file_scene, part, write_model
from hdr_scenes import strength_of


def converted(folder) -> bpy.types.Scene:
    """Return a scene that a model has lit which predicts a range from -0.4 to 0.9 EV."""
    scene = file_scene(folder)
    write_model(folder / "range.onnx", gain=2.0, expected_stops=0.5, strength_range=(-0.4, 0.9))
    bpy.context.preferences.addons[MODULE].preferences.model = str(folder / "range.onnx")
    assert convert() == {"FINISHED"}
    return scene


def check_the_steps_set_highlights_to_the_predicted_range(folder):
    scene = converted(folder)
    graph, range_ = part("world.graph"), part("world.strength_range")
    hdr = graph.remembered_pair(scene.world).hdr
    low, high = range_.range_of(hdr)
    assert abs(low + 0.4) < 1e-6 and abs(high - 0.9) < 1e-6
    assert range_.describe((low, high)) == "Likely −0.4 … +0.9 EV"
    highlights = graph.light_node(scene).inputs["Highlights"]
    for end, ev in (("LOW", -0.4), ("HIGH", 0.9), ("PREDICTED", 0.0)):
        assert bpy.ops.lanet.try_strength(end=end) == {"FINISHED"}
        assert abs(highlights.default_value - ev) < 1e-6
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    hdr = graph.remembered_pair(bpy.context.scene.world).hdr
    assert range_.range_of(hdr) is not None, "the range is saved with the image"


def check_the_steps_keep_animated_sliders_and_change_lamps(folder):
    scene = converted(folder)
    graph = part("world.graph")
    light = {"energy": [3.0, 2.0, 1.0], "direction": [1.0, 0.0, 0.0], "radius_rad": 0.01}
    pair = graph.remembered_pair(scene.world)
    (lamp,) = part("world.lamps").place_lamps(scene, {0: light}, pair.hdr)
    energy = strength_of(lamp)
    assert bpy.ops.lanet.try_strength(end="HIGH") == {"FINISHED"}
    assert abs(strength_of(lamp) / energy - 2.0**0.9) < 1e-5
    assert bpy.ops.lanet.try_strength(end="LOW") == {"FINISHED"}
    assert abs(strength_of(lamp) / energy - 2.0**-0.4) < 1e-5
    highlights = graph.light_node(scene).inputs["Highlights"]
    highlights.keyframe_insert("default_value", frame=1)
    assert bpy.ops.lanet.try_strength(end="HIGH") == {"CANCELLED"}
    assert highlights.default_value < 0.0


def check_lamps_have_the_tint_of_the_sliders(folder):
    scene = converted(folder)
    inputs = part("world.graph").light_node(scene).inputs
    inputs["Warmth"].default_value, inputs["Saturation"].default_value = 0.8, 0.5
    light = {"energy": [2.0, 3.0, 5.0], "direction": [1.0, 0.0, 0.0], "radius_rad": 0.01}
    pair = part("world.graph").remembered_pair(scene.world)
    (lamp,) = part("world.lamps").place_lamps(scene, {0: light}, pair.hdr)
    expected = part("world.light_tint").tinted(light["energy"], 0.8, 0.5)
    strength = part("world.strength").strength_after(part("world.graph").lighting_node(scene)).default_value
    found = [each * strength_of(lamp) / strength for each in lamp.data.color]
    assert all(abs(a / b - 1.0) < 1e-4 for a, b in zip(found, expected, strict=True)), (found, expected)
    assert found[0] / found[2] > 2.0 * 2.0 / 5.0, "it is warmer than before"
    bpy.ops.lanet.reset_light()
    assert (inputs["Warmth"].default_value, inputs["Saturation"].default_value) == (0.0, 1.0)


def check_the_light_turns_by_an_angle_seen_from_above(folder):
    scene = converted(folder)
    mapping = scene.world.node_tree.nodes["Mapping"]
    rotation = mapping.inputs["Rotation"]
    for kind, sign in (("POINT", -1.0), ("TEXTURE", 1.0)):
        mapping.vector_type = kind
        rotation.default_value = (0.0, 0.0, 0.7)
        assert bpy.ops.lanet.turn_light(angle=0.5) == {"FINISHED"}
        found = tuple(rotation.default_value)
        assert all(abs(a - b) < 1e-6 for a, b in zip(found, (0.0, 0.0, 0.7 + sign * 0.5), strict=True)), (kind, found)


def check_a_model_without_a_range_has_no_steps(folder):
    scene = file_scene(folder)
    assert convert() == {"FINISHED"}
    hdr = part("world.graph").remembered_pair(scene.world).hdr
    assert part("world.strength_range").range_of(hdr) is None and not bpy.ops.lanet.try_strength.poll()
