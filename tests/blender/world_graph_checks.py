"""Checks inside Blender: the environment texture of a world."""

from __future__ import annotations

import bpy
from world_graph_scenes import Graph, found, group_scene, new_image, new_scene, plain_scene

from addon.world import graph as world_graph


def check_a_plain_graph_is_found(folder):
    scene, _, texture = plain_scene()
    assert found(scene) == [texture.name]
    assert world_graph.environment_image(scene) == texture.image


def check_nothing_is_found_where_nothing_is(folder):
    scene = new_scene()
    Graph(scene.world.node_tree).texture(new_image())  # not linked
    assert found(scene) == []
    scene.world = None
    assert world_graph.find_environment_texture(scene) is None
    assert not world_graph.shows_hdr(scene)


def check_muted_links_and_nodes_are_respected(folder):
    scene, graph, texture = plain_scene()
    link = texture.outputs["Color"].links[0]
    link.is_muted = True
    assert found(scene) == []
    link.is_muted = False
    texture.mute = True
    assert found(scene) == []
    texture.mute = False
    gamma = graph.add("ShaderNodeGamma", mute=True)
    graph.link(texture.outputs["Color"], gamma.inputs["Color"])
    graph.link(gamma.outputs["Color"], graph.background.inputs["Color"])
    assert found(scene) == [texture.name]
    other = graph.texture(new_image("gamma"))
    graph.link(other.outputs["Color"], gamma.inputs["Gamma"])
    assert found(scene) == [texture.name], "a muted node hands on its colour alone"
    gamma.mute = False
    assert found(scene) == [texture.name, other.name]


def check_reroutes_mixes_and_light_paths_are_looked_through(folder):
    scene, graph, texture = plain_scene()
    other = graph.texture(new_image("backplate"))
    mix, second = graph.add("ShaderNodeMixShader"), graph.add("ShaderNodeBackground")
    reroute, path = graph.add("NodeReroute"), graph.add("ShaderNodeLightPath")
    graph.link(texture.outputs["Color"], reroute.inputs[0])
    graph.link(reroute.outputs[0], graph.background.inputs["Color"])
    graph.link(other.outputs["Color"], second.inputs["Color"])
    graph.link(graph.background.outputs[0], mix.inputs[1])
    graph.link(second.outputs[0], mix.inputs[2])
    graph.link(path.outputs["Is Camera Ray"], mix.inputs[0])
    graph.link(mix.outputs[0], graph.surface)
    assert found(scene) == [texture.name, other.name]


def check_a_mix_without_a_share_is_left_out(folder):
    scene, graph, texture = plain_scene()
    other = graph.texture(new_image("other"))
    mix = graph.add("ShaderNodeMix", data_type="RGBA")
    graph.link(texture.outputs["Color"], mix.inputs["A"] if mix.inputs["A"].enabled else mix.inputs[6])
    graph.link(other.outputs["Color"], mix.inputs[7])
    graph.link(mix.outputs[2], graph.background.inputs["Color"])
    for share, names in ((0.0, [texture]), (1.0, [other]), (0.5, [texture, other])):
        mix.inputs[0].default_value = share
        assert found(scene) == [each.name for each in names], share
    mix.blend_type = "ADD"
    mix.inputs[0].default_value = 1.0
    assert found(scene) == [texture.name, other.name]


def check_groups_are_looked_into_output_by_output(folder):
    scene, _, group, inside = group_scene()
    texture = world_graph.find_environment_texture(scene)
    assert (texture.node, texture.groups) == (inside, (group,))
    assert found(scene) == [inside.name], "the group's other output is not linked"


def check_groups_are_looked_through(folder):
    scene, graph, texture = plain_scene()
    inner = Graph(bpy.data.node_groups.new("Tint", "ShaderNodeTree"))
    inner.tree.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    inner.tree.interface.new_socket("Unused", in_out="INPUT", socket_type="NodeSocketColor")
    inner.tree.interface.new_socket("Color", in_out="INPUT", socket_type="NodeSocketColor")
    inner.link(inner.add("NodeGroupInput").outputs["Color"], inner.add("NodeGroupOutput").inputs["Color"])
    group = graph.add("ShaderNodeGroup", node_tree=inner.tree)
    graph.link(graph.texture(new_image("unused")).outputs["Color"], group.inputs["Unused"])
    graph.link(texture.outputs["Color"], group.inputs["Color"])
    graph.link(group.outputs["Color"], graph.background.inputs["Color"])
    assert found(scene) == [texture.name]


def check_the_active_output_of_the_engine_counts(folder):
    scene, graph, texture = plain_scene()
    other = graph.texture(new_image("other"))
    second, output = graph.add("ShaderNodeBackground"), graph.add("ShaderNodeOutputWorld")
    graph.link(other.outputs["Color"], second.inputs["Color"])
    graph.link(second.outputs[0], output.inputs["Surface"])
    graph.tree.nodes["World Output"].is_active_output = True
    assert found(scene) == [texture.name]
    output.is_active_output = True
    assert found(scene) == [other.name]
    output.target, graph.tree.nodes["World Output"].target = "EEVEE", "CYCLES"
    assert found(scene) == [texture.name]
    scene.render.engine = "BLENDER_WORKBENCH"
    assert found(scene) == [other.name]
