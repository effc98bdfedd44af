"""Checks inside Blender: what an artist does by hand to lamps, ground and nodes."""

from __future__ import annotations

import math

import bpy
import numpy as np
from enabled_extension import convert, errors, file_scene, messages, part, texture_of, write_image
from follow_checks import assert_all_follow, drivers, followed_scene, ground_values, parts, update
from hdr_scenes import SUN, hdr_scene, lamps, strength_of
from mathutils import Matrix, Vector


def beam(scene, lamp) -> Vector:
    """Return the direction that a lamp's light comes from."""
    update(scene)
    matrix = lamp.evaluated_get(scene.view_layers[0].depsgraph).matrix_world.to_3x3()
    return (matrix @ Vector((0.0, 0.0, 1.0))).normalized()


def check_muted_and_removed_nodes_change_neither_lamps_nor_ground(folder):
    """As they change nothing of the map; the strength is followed all the same."""
    scene = followed_scene(folder)
    mapping, _, light = parts(scene)
    full = strength_of(lamps(scene)[0])
    mapping.inputs["Rotation"].default_value[2], light.inputs["Highlights"].default_value = 1.0, 2.0
    for node in (mapping, light):
        node.mute = True
    assert beam(scene, lamps(scene)[0]).angle(SUN) < math.radians(0.3)
    np.testing.assert_allclose(strength_of(lamps(scene)[0]), full, rtol=1e-4)
    np.testing.assert_allclose(ground_values(scene), (0.0, 1.0, 0.0), atol=1e-6)
    for node in (mapping, light):
        node.mute = False
    assert_all_follow(scene)
    mapping, strength, light = parts(scene)
    strength.default_value = 1.0
    part("world.light_group").remove_light_node(light)
    scene.world.node_tree.nodes.remove(mapping)
    update(scene)
    strength.default_value = 0.5
    assert beam(scene, lamps(scene)[0]).angle(SUN) < math.radians(0.3)
    np.testing.assert_allclose(strength_of(lamps(scene)[0]), 0.5 * full, rtol=1e-4)
    np.testing.assert_allclose(ground_values(scene), (0.0, 0.5, 0.0), atol=1e-6)
    assert all(curve.driver.is_valid for curve in drivers(scene))


def check_lamps_and_ground_of_a_muted_light_follow_it_when_it_is_unmuted(folder):
    scene = hdr_scene(folder)
    light = part("world.graph").light_node(scene)
    light.inputs["Highlights"].default_value, light.mute = 2.0, True
    assert bpy.ops.lanet.add_sun_lamp() == bpy.ops.lanet.add_ground() == {"FINISHED"}
    full = strength_of(lamps(scene)[0])
    update(scene)
    np.testing.assert_allclose([strength_of(lamps(scene)[0]), ground_values(scene)[2]], [full, 0.0], rtol=1e-4)
    light.mute = False
    update(scene)
    np.testing.assert_allclose([strength_of(lamps(scene)[0]), ground_values(scene)[2]], [4.0 * full, 2.0], rtol=1e-4)


def check_a_muted_light_node_is_not_baked(folder):
    scene = hdr_scene(folder)
    light = part("world.graph").light_node(scene)
    light.inputs["Highlights"].default_value = 2.0
    change = part("conversion.light_bake")._change
    inputs = part("world.light_inputs").LightInputs.of(part("world.graph").lighting_node(scene))
    assert change(inputs)["highlights_ev"] == 2.0
    light.mute = True
    assert "highlights_ev" not in change(inputs)


def check_the_light_turns_around_the_vertical_axis_of_any_mapping(folder):
    """Mirrored, tilted and of each type; several turns are kept as they are."""
    scene = hdr_scene(folder)
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}
    mapping = parts(scene)[0]
    (lamp,) = lamps(scene)
    for kind in ("POINT", "TEXTURE"):
        mapping.vector_type = kind
        for scale in ((1.0, 1.0, 1.0), (-1.0, 1.0, 1.0), (1.0, -2.0, 1.0), (-1.0, -1.0, -1.0)):
            for rotation in ((0.0, 0.0, 0.2), (0.4, -0.3, 0.2), (0.3, math.pi / 2.0, 0.2)):
                mapping.inputs["Scale"].default_value, mapping.inputs["Rotation"].default_value = scale, rotation
                before = beam(scene, lamp)
                assert bpy.ops.lanet.turn_light(angle=0.5) == {"FINISHED"}
                expected = Matrix.Rotation(0.5, 3, "Z") @ before
                assert beam(scene, lamp).angle(expected) < math.radians(0.1), (kind, scale, rotation)
    mapping.inputs["Rotation"].default_value, mapping.inputs["Scale"].default_value = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    bpy.ops.lanet.turn_light(angle=15.0)
    assert abs(mapping.inputs["Rotation"].default_value[2] - 15.0) < 1e-5


def check_duplicates_are_removed_too(folder):
    scene = followed_scene(folder)
    ground, (lamp,) = part("world.ground").ground_of(scene), lamps(scene)
    for each in (ground, lamp):
        copy = each.copy()
        copy.data = each.data.copy()
        scene.collection.objects.link(copy)
    scene.world.node_tree.nodes["Mapping"].name = "Turn"
    update(scene)
    assert len(lamps(scene)) == 2
    assert bpy.ops.lanet.reset_light() == {"FINISHED"} and not scene.objects[:]


def check_lamps_without_their_empty_or_with_another_parent_are_removed(folder):
    scene = hdr_scene(folder)
    for take_back in (bpy.ops.lanet.remove_lamps, bpy.ops.lanet.reset_light, bpy.ops.lanet.remove_light):
        assert bpy.ops.lanet.add_sun_lamp() == bpy.ops.lanet.add_sun_lamp(index=1) == {"FINISHED"}
        rig = bpy.data.objects.new("rig", None)
        scene.collection.objects.link(rig)
        first, second = lamps(scene)
        bpy.data.objects.remove(first.parent)
        second.parent = rig
        scene.world.node_tree.nodes[0].name = "renamed"
        update(scene)
        assert lamps(scene) == [first, second]
        assert take_back() == {"FINISHED"}
        assert scene.objects[:] == [rig], "the artist's own stays"
        bpy.data.objects.remove(rig)


def check_what_remains_of_a_removed_photograph_is_taken_away(folder):
    """Its lamps would light the scene in addition to another photograph, and its map would come back."""
    scene = followed_scene(folder)
    graph = part("world.graph")
    bpy.data.images.remove(graph.remembered_pair(scene.world).ldr)
    assert graph.remembered_pair(scene.world) is None and len(scene.objects) == 3
    scene.lanet.image = bpy.data.images.load(str(write_image(folder / "another.png")))
    assert not scene.objects[:] and any("lamps" in text for text in messages())
    assert convert() == {"FINISHED"}
    pair = graph.remembered_pair(scene.world)
    scene.lanet.shown = "LDR"
    scene.lanet.shown = "HDR"
    assert pair.rest is None and graph.environment_image(scene) == pair.hdr and not errors()


def check_nodes_are_added_in_the_frame_of_the_texture(folder):
    scene = file_scene(folder)
    nodes = scene.world.node_tree.nodes
    outer, inner, texture = nodes.new("NodeFrame"), nodes.new("NodeFrame"), texture_of(scene)
    inner.parent, texture.parent = outer, inner
    outer.location, inner.location, texture.location = (500.0, 300.0), (50.0, 50.0), (10.0, 10.0)
    nodes["World Output"].parent = outer
    nodes["World Output"].location = (900.0, 0.0)
    nodes.remove(nodes["Mapping"])
    assert convert() == bpy.ops.lanet.add_rotation() == {"FINISHED"}
    added = [node for node in nodes if node.parent == inner and node != texture]
    assert sorted(node.type for node in added) == ["GROUP", "MAPPING", "TEX_COORD"]
    assert all(abs(node.location.x - 10.0) < 500.0 for node in added)
    scene.lanet.backplate = "PHOTOGRAPH"
    assert part("world.backplate").backplate_node(scene.world).parent == outer
    scene.lanet.backplate = "LIGHT"
    assert nodes["World Output"].location.x == 900.0


def check_a_map_without_a_light_for_a_lamp_is_named(folder):
    file_scene(folder)
    assert convert() == {"FINISHED"}
    try:
        bpy.ops.lanet.add_sun_lamp()
    except RuntimeError as error:
        assert "No light of the map" in str(error)
    else:
        raise AssertionError("it was not refused")


def check_lamps_of_another_photograph_are_named(folder):
    """They belong to the former world of the scene, and light it in addition to the new one."""
    scene = followed_scene(folder)
    scene.world = bpy.data.worlds.new("another")
    update(scene)
    scene.lanet.image = bpy.data.images.load(str(write_image(folder / "another.png")))
    assert convert() == {"FINISHED"}
    added = part("world.light_notes").added
    assert added(scene)[0] in messages() and "LANet Sun 1" in added(scene)[0]
    bpy.data.objects["LANet Sun 1"].hide_render = True
    assert added(scene) == []


def check_remove_takes_back_each_of_two_photographs(folder):
    scene = file_scene(folder)
    tree, first = scene.world.node_tree, texture_of(scene)
    second, mix = tree.nodes.new("ShaderNodeTexEnvironment"), tree.nodes.new("ShaderNodeMixRGB")
    second.image = bpy.data.images.load(str(write_image(folder / "another.png")))
    for number, texture in enumerate((first, second), start=1):
        tree.links.new(texture.outputs[0], mix.inputs[number])
    tree.links.new(mix.outputs[0], tree.nodes["Background"].inputs[0])
    photographs = [first.image, second.image]
    for share in (0.0, 1.0):
        mix.inputs[0].default_value = share
        assert convert() == {"FINISHED"}
    assert first.image != photographs[0] and second.image != photographs[1]
    assert bpy.ops.lanet.remove_light() == {"FINISHED"}
    assert [first.image, second.image] == photographs
    assert not [node for node in tree.nodes if node.type == "GROUP"]
    assert [each.links[0].from_node for each in mix.inputs[1:3]] == [first, second]


def check_the_frame_of_an_animated_light_is_baked_and_named(folder):
    scene = hdr_scene(folder)
    mapping, strength, light = parts(scene)
    for socket in (mapping.inputs["Rotation"], strength, light.inputs["Warmth"]):
        assert bpy.ops.lanet.bake_light() == {"FINISHED"} and not any("Frame 1 was" in text for text in messages())
        socket.keyframe_insert("default_value", frame=1)
        assert bpy.ops.lanet.bake_light() == {"FINISHED"} and any("Frame 1 was" in text for text in messages())
        scene.world.node_tree.animation_data_clear()
