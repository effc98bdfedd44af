"""Checks inside Blender: worlds whose texture is no plain one, and what turns or changes it."""

from __future__ import annotations

import math

import bpy
from enabled_extension import convert, file_scene, messages, part, refusal
from hdr_scenes import SUN, hdr_scene, lamps
from mathutils import Euler, Vector


def flat_world(folder, **options) -> tuple[bpy.types.Scene, bpy.types.Node]:
    """Return a scene that is lit by an Image Texture, through a Mapping, a Hue node and a dimmed Background."""
    scene = file_scene(folder, **options)
    nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
    texture = next(node for node in nodes if node.type == "TEX_ENVIRONMENT")
    flat, hue = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeHueSaturation")
    flat.image = texture.image
    links.new(nodes["Mapping"].outputs["Vector"], flat.inputs["Vector"])
    nodes.remove(texture)
    links.new(flat.outputs["Color"], hue.inputs["Color"])
    links.new(hue.outputs["Color"], nodes["Background"].inputs["Color"])
    return scene, flat


def check_an_environment_texture_takes_the_place_of_an_image_texture(folder):
    scene, flat = flat_world(folder)
    name = flat.image.name
    assert part("world.light_notes").replaced(scene) == []
    assert convert() == {"FINISHED"}
    graph = part("world.graph")
    pair = graph.remembered_pair(scene.world)
    assert pair.ldr.name == name and graph.shows_hdr(scene)
    assert any("took its place" in text and flat.name in text for text in messages())
    node = graph.lighting_node(scene)
    assert not flat.outputs["Color"].is_linked, "it stays without its link"
    assert part("world.map_rotation").mapping_of(node).name == "Mapping", "the rotation stays"
    assert part("world.strength").strength_after(graph.lighting_node(scene)).default_value == 0.5, (
        "and so does the strength"
    )
    light = part("world.light_group").light_node_after(node)
    assert light.outputs["Color"].links[0].to_node.type == "HUE_SAT"
    bpy.ops.lanet.remove_light()
    assert graph.environment_image(scene) == pair.ldr


def check_coordinates_of_a_flat_image_do_not_turn_the_environment(folder):
    scene, _ = flat_world(folder)
    nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
    links.new(next(node for node in nodes if node.type == "TEX_COORD").outputs["Window"], nodes["Mapping"].inputs[0])
    assert convert() == {"FINISHED"}
    assert part("world.map_rotation").mapping_of(part("world.graph").lighting_node(scene)) is None


def check_an_image_texture_in_a_group_and_a_flat_photograph(folder):
    scene, flat = flat_world(folder)
    tree = bpy.data.node_groups.new("backdrop", "ShaderNodeTree")
    tree.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    inside, end = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("NodeGroupOutput")
    inside.image = flat.image
    tree.links.new(inside.outputs["Color"], end.inputs["Color"])
    nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
    nodes.remove(flat)
    group = nodes.new("ShaderNodeGroup")
    group.node_tree = tree
    links.new(group.outputs["Color"], nodes["Background"].inputs["Color"])
    assert convert() == {"FINISHED"} and part("world.graph").shows_hdr(scene)
    bpy.ops.lanet.remove_light()
    other = part("world.graph").lighting_node(scene)
    other.image = bpy.data.images.new("backdrop", 96, 54)
    assert "96x54" in refusal()


def check_a_light_behind_other_nodes_is_converted_and_turns(folder):
    """Hue, Gamma, a Mix, a reroute and a group after the texture; a Mapping and a reroute before it."""
    scene = hdr_scene(folder)
    tree = scene.world.node_tree
    texture, background = part("world.graph").lighting_node(scene), tree.nodes["Background"]
    light = part("world.light_group").light_node_after(texture)
    hue, gamma, mix = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("HueSaturation", "Gamma", "Mix"))
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    mix.inputs["Factor"].default_value = 1.0
    before, after = tree.nodes.new("NodeReroute"), tree.nodes.new("NodeReroute")
    colour = next(each for each in mix.inputs if each.enabled and each.name == "A")
    result = next(each for each in mix.outputs if each.enabled)
    tree.links.new(tree.nodes["Mapping"].outputs["Vector"], before.inputs[0])
    tree.links.new(before.outputs[0], texture.inputs["Vector"])
    tree.links.new(light.outputs["Color"], hue.inputs["Color"])
    tree.links.new(hue.outputs["Color"], gamma.inputs["Color"])
    tree.links.new(gamma.outputs["Color"], colour)
    tree.links.new(result, after.inputs[0])
    tree.links.new(after.outputs[0], background.inputs["Color"])
    assert convert() == {"FINISHED"}
    hue.inputs["Value"].default_value = 0.8
    bpy.ops.lanet.remove_light()
    path = folder / "textures" / "street_lanet.exr"
    part("world.graph").apply_hdr(scene, part("world.graph").environment_image(scene), path)
    tree.nodes["Mapping"].inputs["Rotation"].default_value[2] = 0.4
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}
    texts = [text for text in messages() if "of the map alone" in text]
    assert len(texts) == 2 and any("Hue" in text for text in texts) and any("Mix" in text for text in texts), texts
    (lamp,) = lamps(scene)
    bpy.context.view_layer.update()
    beam = lamp.matrix_world.to_3x3() @ Vector((0.0, 0.0, 1.0))
    assert math.degrees(beam.angle(Euler((0.0, 0.0, -0.4)).to_matrix() @ SUN)) < 0.3


def not_followed() -> str:
    for operator in (bpy.ops.lanet.add_sun_lamp, bpy.ops.lanet.add_ground):
        try:
            operator()
        except RuntimeError as error:
            text = str(error)
        else:
            raise AssertionError("it was not refused")
    return text


def check_what_lamps_cannot_follow_is_named(folder):
    scene = hdr_scene(folder)
    tree = scene.world.node_tree
    mapping = tree.nodes["Mapping"]
    coordinate = next(node for node in tree.nodes if node.type == "TEX_COORD")
    tree.links.new(coordinate.outputs["Object"], mapping.inputs["Vector"])
    assert coordinate.name in not_followed()
    turn = tree.nodes.new("ShaderNodeVectorRotate")
    tree.links.new(coordinate.outputs["Generated"], turn.inputs["Vector"])
    tree.links.new(turn.outputs["Vector"], mapping.inputs["Vector"])
    assert turn.name in not_followed()
    tree.links.new(coordinate.outputs["Generated"], mapping.inputs["Vector"])
    for name, value in (("Location", (0.3, 0.0, 0.0)), ("Scale", (1.0, 1.0, 2.0))):
        usual = tuple(mapping.inputs[name].default_value)
        mapping.inputs[name].default_value = value
        assert "Mapping" in not_followed()
        mapping.inputs[name].default_value = usual
    assert not lamps(scene) and part("world.ground").ground_of(scene) is None
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}
