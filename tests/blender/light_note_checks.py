"""Checks inside Blender: remarks on nodes that change the light."""

from __future__ import annotations

import bpy
import numpy as np
from world_graph_scenes import Graph, make_exr, new_image, new_scene, plain_scene, render, write_exr

from addon.world import graph as world_graph
from addon.world import light_notes


def altered(scene) -> list[str]:
    return light_notes.altered(scene)


def check_nodes_that_clamp_or_bend_the_light_are_named(folder):
    changes = {
        "ShaderNodeValToRGB": {},
        "ShaderNodeRGBCurve": {},
        "ShaderNodeInvert": {},
        "ShaderNodeMix": {"data_type": "RGBA", "clamp_result": True},
        "ShaderNodeMixRGB": {"use_clamp": True},
        "ShaderNodeMath": {"use_clamp": True},
        "ShaderNodeClamp": {},
    }
    for kind, values in changes.items():
        scene, graph, texture = plain_scene()
        node = graph.add(kind, label=f"My {kind}", **values)
        if "Mix" in kind:
            node.inputs[0].default_value = 0.5  # at 1, as in a new node of Blender 5.2, the first colour has no share
        into = (
            next(each for each in node.inputs if each.enabled and each.type == "RGBA")
            if any(each.enabled and each.type == "RGBA" for each in node.inputs)
            else node.inputs[0]
        )
        out = next(each for each in node.outputs if each.enabled)
        graph.link(texture.outputs["Color"], into)
        graph.link(out, graph.background.inputs["Color"])
        world_graph.apply_hdr(scene, texture.image, make_exr(folder))
        (note,) = altered(scene)
        assert f"“My {kind}”" in note, (kind, note)
        assert max(render(scene, folder).ravel()) <= 1.5 or kind in ("ShaderNodeInvert", "ShaderNodeRGBCurve"), kind
        node.mute = True
        assert altered(scene) == [], kind


def check_nodes_that_keep_the_lights_proportions_are_not_named(folder):
    scene, graph, texture = plain_scene()
    gamma, saturation = graph.add("ShaderNodeGamma"), graph.add("ShaderNodeHueSaturation")
    multiply = graph.add("ShaderNodeMix", data_type="RGBA", blend_type="MULTIPLY")
    graph.link(texture.outputs["Color"], gamma.inputs["Color"])
    graph.link(gamma.outputs["Color"], saturation.inputs["Color"])
    graph.link(saturation.outputs["Color"], multiply.inputs[6])
    graph.link(multiply.outputs[2], graph.background.inputs["Color"])
    world_graph.apply_hdr(scene, texture.image, make_exr(folder))
    assert altered(scene) == []
    gamma.inputs["Gamma"].default_value = 2.2
    assert len(altered(scene)) == 1 and "Gamma" in altered(scene)[0]
    np.testing.assert_array_less(4.5, render(scene, folder))
    gamma.inputs["Gamma"].default_value = 1.0
    ramp = graph.add("ShaderNodeValToRGB")  # it mixes by the light's brightness, and carries none of it
    graph.link(texture.outputs["Color"], ramp.inputs["Fac"])
    graph.link(ramp.outputs["Color"], multiply.inputs["Factor"])
    assert altered(scene) == []


def check_nodes_in_groups_are_named_too(folder):
    scene, graph, texture = plain_scene()
    inner = Graph(bpy.data.node_groups.new("Grade", "ShaderNodeTree"))
    inner.tree.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    inner.tree.interface.new_socket("Color", in_out="INPUT", socket_type="NodeSocketColor")
    curve = inner.add("ShaderNodeRGBCurve")
    inner.link(inner.add("NodeGroupInput").outputs["Color"], curve.inputs["Color"])
    inner.link(curve.outputs["Color"], inner.add("NodeGroupOutput").inputs["Color"])
    group = graph.add("ShaderNodeGroup", node_tree=inner.tree)
    graph.link(texture.outputs["Color"], group.inputs["Color"])
    graph.link(group.outputs["Color"], graph.background.inputs["Color"])
    world_graph.apply_hdr(scene, texture.image, make_exr(folder))
    (note,) = altered(scene)
    assert "RGB Curves" in note


def check_what_no_longer_lights_the_world_is_named(folder):
    scene = new_scene()
    graph = Graph(scene.world.node_tree)
    sky = graph.add("ShaderNodeTexSky")
    graph.link(sky.outputs[0], graph.background.inputs["Color"])
    (note,) = light_notes.notes_before(scene, None)
    assert sky.name in note and "no longer lights" in note
    world_graph.apply_hdr(scene, new_image(), make_exr(folder))
    assert light_notes.notes_before(scene, None) == []
    scene, *_ = plain_scene()
    assert light_notes.notes_before(scene, None) == []


def check_the_colour_space_that_is_not_used_is_named(folder):
    scene, _, texture = plain_scene()
    image = bpy.data.images.load(str(write_exr(folder / "any.exr", np.ones((32, 64, 3)))))
    image.colorspace_settings.name = "sRGB"
    assert light_notes.notes_before(scene, image) == []
    for name in ("Filmic sRGB", "Non-Color"):
        image.colorspace_settings.name = name
        (note,) = light_notes.notes_before(scene, image)
        assert name in note and "sRGB" in note
    assert light_notes.notes_before(scene, texture.image) == [], "a generated image's pixels are what they are"
