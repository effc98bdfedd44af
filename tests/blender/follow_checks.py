"""Checks inside Blender: lamps, ground and backplate follow nodes that are renamed or replaced."""

from __future__ import annotations

import math

import bpy
import numpy as np
from enabled_extension import MODULE, part
from hdr_scenes import SUN, hdr_scene, lamps, strength_of
from mathutils import Euler, Vector


def followed_scene(folder) -> bpy.types.Scene:
    """Return a converted scene with a sun lamp and a ground."""
    scene = hdr_scene(folder)
    assert bpy.ops.lanet.add_sun_lamp() == bpy.ops.lanet.add_ground() == {"FINISHED"}
    update(scene)
    return scene


def update(scene) -> None:
    """Update a scene twice: the handler sets the drivers, the next update evaluates them."""
    for _ in range(2):
        scene.view_layers[0].update()


def parts(scene) -> list:
    """Return the lighting Mapping, the strength and the 'LANet Light' node of a scene."""
    inputs = part("world.light_inputs").LightInputs.of(part("world.graph").lighting_node(scene))
    return [inputs.mapping, inputs.strength, inputs.light]


def evaluated_ground(scene):
    """Return the evaluated node tree of the ground's material."""
    graph = scene.view_layers[0].depsgraph
    ground = part("world.ground").ground_of(scene).evaluated_get(graph)
    return ground.active_material.evaluated_get(graph).node_tree


def ground_values(scene) -> tuple[float, float, float]:
    """Return what reaches the ground: the rotation around Z, the strength and Highlights."""
    nodes = evaluated_ground(scene).nodes
    inputs = next(node for node in nodes if node.type == "GROUP" and "Strength" in node.inputs).inputs
    mapping = next(node for node in nodes if node.type == "MAPPING")
    return (
        mapping.inputs["Rotation"].default_value[2],
        inputs["Strength"].default_value,
        inputs["Highlights"].default_value,
    )


def assert_all_follow(scene, angle: float = 0.8, strength: float = 0.5, highlights: float = 1.0) -> None:
    """Change the world's light and assert that the lamps and the ground change with it, each by drivers that work."""
    mapping, socket, light = parts(scene)
    (lamp,) = lamps(scene)
    before = [socket.default_value, light.inputs["Highlights"].default_value]
    update(scene)
    full = strength_of(lamp) / before[0] / 2.0 ** before[1]
    mapping.inputs["Rotation"].default_value[2] = angle
    socket.default_value, light.inputs["Highlights"].default_value = strength, highlights
    update(scene)
    turned = lamp.evaluated_get(scene.view_layers[0].depsgraph).matrix_world.to_3x3() @ Vector((0.0, 0.0, 1.0))
    sign = 1.0 if mapping.vector_type == "TEXTURE" else -1.0
    assert math.degrees(turned.angle(Euler((0.0, 0.0, sign * angle)).to_matrix() @ SUN)) < 0.3
    np.testing.assert_allclose(strength_of(lamp), full * strength * 2.0**highlights, rtol=1e-4)
    if part("world.ground").ground_of(scene) is not None:
        np.testing.assert_allclose(ground_values(scene), (angle, strength, highlights), rtol=1e-5)
    assert all(curve.driver.is_valid for curve in drivers(scene))


def drivers(scene) -> list:
    """Return the drivers of the lamps and of the ground."""
    ground = part("world.ground").ground_of(scene)
    owners = [owner for lamp in lamps(scene) for owner in (lamp.parent, lamp.data)]
    owners += [ground.active_material.node_tree] if ground is not None else []
    return [curve for owner in owners if owner.animation_data for curve in owner.animation_data.drivers]


def rename_all(world) -> None:
    """Give all nodes names that need escapes in paths."""
    for number, node in enumerate(world.node_tree.nodes):
        node.name = f'Dréh "{number}" [x]\\'


def check_renamed_nodes_are_followed(folder):
    scene = followed_scene(folder)
    count = len(drivers(scene))
    for _ in range(2):
        rename_all(scene.world)
        assert_all_follow(scene, angle=1.2)
        assert_all_follow(scene)
    assert len(drivers(scene)) == count and all(curve.driver.is_simple_expression for curve in drivers(scene))


def check_the_ground_follows_tint_and_limit_of_a_renamed_node(folder):
    scene = hdr_scene(folder)
    assert bpy.ops.lanet.add_ground() == {"FINISHED"}
    update(scene)
    rename_all(scene.world)
    update(scene)
    light = part("world.graph").light_node(scene)
    for name, value in (("Warmth", 0.7), ("Saturation", 0.4), ("Peak Limit", 0.3)):
        light.inputs[name].default_value = value
    update(scene)
    nodes = evaluated_ground(scene).nodes
    inputs = next(node for node in nodes if node.type == "GROUP" and "Warmth" in node.inputs).inputs
    np.testing.assert_allclose([inputs["Warmth"].default_value, inputs["Saturation"].default_value], [0.7, 0.4])
    base = [node.outputs[0].default_value for node in nodes if node.type == "VALUE" and node.label.startswith("Base")]
    np.testing.assert_allclose(base, [0.3])


def check_nodes_of_the_ground_may_be_renamed_too(folder):
    scene = hdr_scene(folder)
    assert bpy.ops.lanet.add_ground() == {"FINISHED"}
    tree = part("world.ground").ground_of(scene).active_material.node_tree
    if bpy.app.version < (4, 4):  # it does not repair what is driven either
        tree.animation_data_clear()
    for number, node in enumerate(tree.nodes):
        node.name = f"mine {number}"
    light = part("world.graph").light_node(scene)
    light.inputs["Peak Limit"].default_value = 0.3
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}  # it has the light that would be limited
    update(scene)
    assert {node.outputs[0].default_value for node in evaluated_ground(scene).nodes if node.type == "VALUE"} == {1.0}
    light.inputs["Peak Limit"].default_value = 0.0
    if bpy.app.version >= (4, 4):
        assert_all_follow(scene)
    assert bpy.ops.lanet.remove_lamps() == {"FINISHED"}
    light.inputs["Peak Limit"].default_value = 0.3
    update(scene)
    values = [node.outputs[0].default_value for node in evaluated_ground(scene).nodes if node.type == "VALUE"]
    np.testing.assert_allclose(sorted(values), [0.0, 0.3], atol=1e-6)


def check_a_renamed_node_is_followed_in_a_saved_file_without_the_extension(folder):
    scene = followed_scene(folder)
    rename_all(scene.world)  # and nothing is evaluated before it is saved
    bpy.ops.wm.save_mainfile()
    for is_enabled in (True, False):
        if not is_enabled:
            bpy.ops.preferences.addon_disable(module=MODULE)
        bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
        scene = bpy.context.scene
        mapping = next(node for node in scene.world.node_tree.nodes if node.type == "MAPPING")
        mapping.inputs["Rotation"].default_value[2] = 0.9
        update(scene)
        (lamp,) = (each for each in scene.objects if each.type == "LIGHT")
        turned = lamp.evaluated_get(scene.view_layers[0].depsgraph).matrix_world.to_3x3() @ Vector((0.0, 0.0, 1.0))
        assert math.degrees(turned.angle(Euler((0.0, 0.0, -0.9)).to_matrix() @ SUN)) < 0.3, is_enabled


def check_a_node_renamed_without_the_extension_is_followed_when_the_file_is_opened(folder):
    scene = followed_scene(folder)
    bpy.ops.preferences.addon_disable(module=MODULE)
    rename_all(scene.world)
    bpy.ops.wm.save_mainfile()
    bpy.ops.preferences.addon_enable(module=MODULE)
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    assert_all_follow(bpy.context.scene)


def check_renamed_nodes_are_followed_after_undo_and_redo(folder):
    scene = followed_scene(folder)
    bpy.ops.ed.undo_push(message="before")
    scene.world.node_tree.nodes["Mapping"].name = "Turn"
    bpy.ops.ed.undo_push(message="renamed")  # as by hand: before the handler has set the drivers
    update(scene)
    bpy.data.objects.new("another", None)
    bpy.ops.ed.undo_push(message="another")
    for step in (bpy.ops.ed.undo, bpy.ops.ed.undo, bpy.ops.ed.redo, bpy.ops.ed.redo):
        assert step() == {"FINISHED"}
        scene = bpy.context.scene
        update(scene)
        for angle in (0.6, 0.0):
            mapping = parts(scene)[0]
            mapping.inputs["Rotation"].default_value[2] = angle
            update(scene)
            assert abs(ground_values(scene)[0] - angle) < 1e-6
            turn = lamps(scene)[0].parent.evaluated_get(scene.view_layers[0].depsgraph).rotation_euler.z
            assert abs(turn + angle) < 1e-6


def check_a_copied_world_with_renamed_nodes_is_followed(folder):
    """Also where another scene has the lamps that follow the first world."""
    scene = followed_scene(folder)
    first = scene.world
    other = bpy.data.scenes.new("another")
    other.world = first
    for _ in range(2):
        first.update_tag()
        update(other)
    part("world.lamp_copies").share_lamps(scene)
    assert lamps(other) == lamps(scene)
    other.world = first.copy()
    rename_all(other.world)
    first.node_tree.nodes["Mapping"].name = "Old"
    for each in (other, scene):
        each.world.update_tag()
        update(each)
    assert lamps(other) != lamps(scene)
    assert_all_follow(other, angle=1.1, strength=2.0)
    assert_all_follow(scene, angle=-0.4, strength=0.25)
    assert_all_follow(other, angle=0.2)


def check_a_replaced_node_and_a_new_strength_are_followed(folder):
    scene = followed_scene(folder)
    tree = scene.world.node_tree
    mapping, socket, _ = parts(scene)
    new = tree.nodes.new("ShaderNodeMapping")
    tree.links.new(mapping.inputs["Vector"].links[0].from_socket, new.inputs["Vector"])
    tree.links.new(new.outputs["Vector"], part("world.graph").lighting_node(scene).inputs["Vector"])
    value = tree.nodes.new("ShaderNodeValue")
    value.outputs[0].default_value = socket.default_value
    tree.links.new(value.outputs[0], socket)
    update(scene)
    assert parts(scene)[:2] == [new, value.outputs[0]]
    assert_all_follow(scene)
    tree.nodes.remove(mapping)
    assert_all_follow(scene, angle=0.1)
    tree.nodes.remove(value)
    assert_all_follow(scene, angle=-0.3)


def check_another_type_of_the_mapping_is_followed(folder):
    scene = followed_scene(folder)
    mapping = parts(scene)[0]
    for kind in ("TEXTURE", "POINT", "NORMAL", "TEXTURE"):
        mapping.vector_type = kind
        update(scene)
        assert_all_follow(scene)
        node = next(node for node in evaluated_ground(scene).nodes if node.type == "MAPPING")
        assert node.vector_type == kind


def check_a_mix_that_is_animated_changes_no_driver(folder):
    """In the frames in which the texture has no share, the drivers remain as they are."""
    scene = followed_scene(folder)
    tree = scene.world.node_tree
    texture, background = part("world.graph").lighting_node(scene), tree.nodes["Background"]
    other, mapping = tree.nodes.new("ShaderNodeTexEnvironment"), tree.nodes.new("ShaderNodeMapping")
    other.image = bpy.data.images.new("another", 64, 32)
    tree.links.new(mapping.outputs[0], other.inputs[0])
    mix = tree.nodes.new("ShaderNodeMixRGB")
    tree.links.new(part("world.graph").light_node(scene).outputs[0], mix.inputs[1])
    tree.links.new(other.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], background.inputs["Color"])
    before = [variable.targets[0].data_path for curve in drivers(scene) for variable in curve.driver.variables]
    for share in (1.0, 0.5, 0.0):
        mix.inputs[0].default_value = share
        update(scene)
        assert before == [each.targets[0].data_path for curve in drivers(scene) for each in curve.driver.variables]
    assert texture in [each.node for each in part("world.graph").textures_showing(scene, texture.image)]


def check_drivers_of_the_artist_are_left_alone(folder):
    scene = followed_scene(folder)
    (lamp,) = lamps(scene)
    lamp.parent.driver_remove("scale", 0)
    value = scene.world.node_tree.nodes.new("ShaderNodeValue")
    curve = lamp.data.driver_add("diffuse_factor")
    variable = curve.driver.variables.new()
    variable.name, variable.targets[0].id_type, variable.targets[0].id = "strength", "WORLD", scene.world
    variable.targets[0].data_path = f"node_tree.{value.outputs[0].path_from_id('default_value')}"
    count = len(drivers(scene))
    update(scene)
    scene.world.node_tree.nodes["Mapping"].name = "Turn"
    assert_all_follow(scene)
    assert "Value" in variable.targets[0].data_path and len(drivers(scene)) == count


def check_a_light_in_a_group_is_followed_by_lamps_and_backplate(folder):
    """Its nodes are renamed, and its group becomes a copy because another world shows it, too."""
    scene = hdr_scene(folder)
    tree = scene.world.node_tree
    texture = part("world.graph").lighting_node(scene)
    light = part("world.graph").light_node(scene)
    group = bpy.data.node_groups.new("sky", "ShaderNodeTree")
    group.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    coordinate, mapping = group.nodes.new("ShaderNodeTexCoord"), group.nodes.new("ShaderNodeMapping")
    inner, inner_light = group.nodes.new("ShaderNodeTexEnvironment"), group.nodes.new("ShaderNodeGroup")
    inner.image, inner_light.node_tree = texture.image, light.node_tree
    inner_light.inputs["Saturation"].default_value = 1.0
    group.links.new(coordinate.outputs["Generated"], mapping.inputs[0])
    group.links.new(mapping.outputs[0], inner.inputs[0])
    group.links.new(inner.outputs[0], inner_light.inputs["Color"])
    group.links.new(inner_light.outputs[0], group.nodes.new("NodeGroupOutput").inputs[0])
    holder = tree.nodes.new("ShaderNodeGroup")
    holder.node_tree = group
    tree.links.new(holder.outputs[0], tree.nodes["Background"].inputs["Color"])
    for node in (texture, light, tree.nodes["Mapping"]):
        tree.nodes.remove(node)
    scene.lanet.backplate = "PHOTOGRAPH"
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}
    update(scene)
    mapping.name = "Turn"
    update(scene)
    assert_turned_in_group(scene, 0.8)
    other = scene.world.copy()
    other.use_fake_user = True
    scene.lanet.shown = "LDR"
    scene.lanet.shown = "HDR"
    assert part("world.graph").lighting_node(scene).id_data != group, "it was copied"
    assert_turned_in_group(scene, -0.6)


def assert_turned_in_group(scene, angle: float) -> None:
    """Turn a light in a group and assert that the lamp and the backplate turn."""
    node = part("world.graph").lighting_node(scene)
    part("world.map_rotation").mapping_of(node).inputs["Rotation"].default_value[2] = angle
    update(scene)
    graph = scene.view_layers[0].depsgraph
    assert abs(lamps(scene)[0].parent.evaluated_get(graph).rotation_euler.z + angle) < 1e-6
    nodes = scene.world.evaluated_get(graph).node_tree.nodes
    backplate = next(node for node in nodes if node.type == "MAPPING" and "lanet_backplate_node" in node)
    assert abs(backplate.inputs["Rotation"].default_value[2] - angle) < 1e-6
