"""Checks inside Blender: what a conversion changes in a world."""

from __future__ import annotations

import bpy
import numpy as np
from world_graph_scenes import LINEAR, Graph, group_scene, make_exr, new_image, new_scene, plain_scene, render

from addon.errors import AddonError
from addon.world import graph as world_graph
from addon.world import light_notes
from addon.world.light_group import HIGHLIGHTS, PEAK_LIMIT


def check_only_the_image_changes_and_one_node_comes_after_it(folder):
    scene, graph, texture = plain_scene()
    mapping = graph.add("ShaderNodeMapping")
    mapping.inputs["Rotation"].default_value = (0.1, 0.2, 0.3)
    graph.link(mapping.outputs["Vector"], texture.inputs["Vector"])
    graph.background.inputs["Strength"].default_value = 0.7
    ldr = texture.image
    hdr = world_graph.apply_hdr(scene, ldr, make_exr(folder))
    node = world_graph.light_node(scene)
    assert texture.image == hdr and hdr.colorspace_settings.name == LINEAR
    assert texture.inputs["Vector"].links[0].from_node == mapping
    assert graph.background.inputs["Color"].links[0].from_node == node
    assert [link.to_node for link in texture.outputs["Color"].links] == [node]
    assert abs(graph.background.inputs["Strength"].default_value - 0.7) < 1e-6
    assert len(graph.tree.nodes) == 5
    world_graph.apply_hdr(scene, ldr, make_exr(folder))
    assert len(graph.tree.nodes) == 5 and len(bpy.data.node_groups) == 1


def check_the_switch_goes_back_and_forth(folder):
    scene, _, texture = plain_scene()
    ldr = texture.image
    try:
        world_graph.show(scene, hdr=True)
    except AddonError as error:
        assert "Convert one first" in str(error)
    else:
        raise AssertionError("there was nothing to show")
    hdr = world_graph.apply_hdr(scene, ldr, make_exr(folder))
    assert world_graph.shows_hdr(scene)
    world_graph.show(scene, hdr=False)
    assert texture.image == ldr and not world_graph.shows_hdr(scene)
    world_graph.show(scene, hdr=True)
    assert texture.image == hdr and world_graph.shows_hdr(scene)


def check_a_plain_graph_is_made_where_there_is_none(folder):
    kinds = ["TEX_COORD", "MAPPING", "TEX_ENVIRONMENT", "GROUP", "BACKGROUND", "OUTPUT_WORLD"]
    for world in ("none", "no nodes", "new", "empty", "sky"):
        scene = new_scene()
        nodes = scene.world.node_tree.nodes
        if world == "none":
            scene.world = None
        elif world == "no nodes":
            scene.world.use_nodes = False
        elif world == "empty":
            nodes.clear()
        elif world == "sky":
            graph = Graph(scene.world.node_tree)
            graph.link(graph.add("ShaderNodeTexSky").outputs[0], graph.background.inputs["Color"])
        ldr = new_image()
        hdr = world_graph.apply_hdr(scene, ldr, make_exr(folder))
        node, chain = scene.world.node_tree.get_output_node("ALL"), []
        while node is not None:
            chain.insert(0, node.type)
            links = [link for socket in node.inputs for link in socket.links]
            node = links[0].from_node if links else None
        assert chain == kinds, (world, chain)
        assert world_graph.environment_image(scene) == hdr
        assert any(node.type == "TEX_SKY" for node in scene.world.node_tree.nodes) == (world == "sky")


def check_a_shared_group_is_copied_before_it_changes(folder):
    scene, _, group, inside = group_scene()
    ldr, before = inside.image, group.node_tree
    material = bpy.data.materials.new("screen")
    material.use_nodes = True
    Graph(material.node_tree).add("ShaderNodeGroup", node_tree=before)
    hdr = world_graph.apply_hdr(scene, ldr, make_exr(folder))
    assert inside.image == ldr and group.node_tree != before
    assert world_graph.environment_image(scene) == hdr
    world_graph.show(scene, hdr=False)
    assert world_graph.environment_image(scene) == ldr


def link_library_world(folder):
    """Link a world into an empty file, from a .blend file made for it in the folder."""
    scene, *_ = group_scene()
    scene.world.name = "Library World"
    library = folder / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, linked):
        linked.worlds = ["Library World"]


def check_a_linked_world_becomes_a_local_copy(folder):
    link_library_world(folder)
    scene = bpy.context.scene
    scene.world = bpy.data.worlds["Library World"]
    assert scene.world.library is not None
    ldr = world_graph.environment_image(scene)
    hdr = world_graph.apply_hdr(scene, ldr, make_exr(folder))
    assert scene.world.library is None
    assert world_graph.environment_image(scene) == hdr
    assert len([world for world in bpy.data.worlds if world.library]) == 1
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    pair = world_graph.remembered_pair(bpy.context.scene.world)
    assert pair.ldr.library is not None and world_graph.environment_image(bpy.context.scene) == pair.hdr


def check_a_mirror_ball_is_refused_and_nothing_changes(folder):
    scene, _, texture = plain_scene()
    texture.projection = "MIRROR_BALL"
    ldr, images = texture.image, len(bpy.data.images)
    try:
        world_graph.apply_hdr(scene, ldr, make_exr(folder))
    except AddonError as error:
        assert "Equirectangular" in str(error)
    else:
        raise AssertionError("a mirror ball was taken for a panorama")
    assert texture.image == ldr and len(bpy.data.images) == images


def check_a_file_that_is_no_image_changes_nothing(folder):
    scene, graph, texture = plain_scene()
    ldr = texture.image
    try:
        world_graph.apply_hdr(scene, ldr, folder / "missing.exr")
    except AddonError as error:
        assert "missing.exr" in str(error)
    else:
        raise AssertionError("a missing file was loaded")
    assert texture.image == ldr and len(graph.tree.nodes) == 3


def check_everything_is_as_it_was_after_saving_and_opening(folder):
    scene, _, texture = plain_scene()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    texture.image.pack()
    world_graph.apply_hdr(scene, texture.image, make_exr(folder))
    sliders = world_graph.light_node(scene).inputs
    sliders[HIGHLIGHTS].default_value, sliders[PEAK_LIMIT].default_value = 1.5, 200.0
    sliders[HIGHLIGHTS].keyframe_insert("default_value", frame=10)
    sliders[HIGHLIGHTS].default_value = 0.5
    sliders[HIGHLIGHTS].keyframe_insert("default_value", frame=20)
    world_graph.show(scene, hdr=False)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    pair = world_graph.remembered_pair(scene.world)
    assert not world_graph.shows_hdr(scene) and world_graph.environment_image(scene) == pair.ldr
    world_graph.show(scene, hdr=True)
    assert pair.hdr.filepath == "//street_lanet.exr" and pair.hdr.colorspace_settings.name == LINEAR
    assert pair.hdr[world_graph.SOURCE_PROPERTY] == pair.ldr
    sliders = world_graph.light_node(scene).inputs
    assert sliders[PEAK_LIMIT].default_value == 200.0
    scene.frame_set(10)
    assert sliders[HIGHLIGHTS].default_value == 1.5
    scene.frame_set(20)
    assert sliders[HIGHLIGHTS].default_value == 0.5


def check_a_pair_of_which_one_is_gone_is_no_pair(folder):
    scene, _, texture = plain_scene()
    ldr = texture.image
    world_graph.apply_hdr(scene, ldr, make_exr(folder))
    bpy.data.images.remove(ldr)
    assert world_graph.remembered_pair(scene.world) is None
    assert not world_graph.shows_hdr(scene)


def backdrop_scene():
    """Two textures of one image: one that the camera sees, one that lights."""
    scene, graph, texture = plain_scene()
    backdrop = graph.texture(texture.image)
    mix, second = graph.add("ShaderNodeMixShader"), graph.add("ShaderNodeBackground")
    graph.link(backdrop.outputs["Color"], second.inputs["Color"])
    graph.link(graph.add("ShaderNodeLightPath").outputs["Is Camera Ray"], mix.inputs[0])
    graph.link(graph.background.outputs[0], mix.inputs[1])
    graph.link(second.outputs[0], mix.inputs[2])
    graph.link(mix.outputs[0], graph.surface)
    return scene, texture, backdrop


def check_every_texture_of_the_image_is_converted(folder):
    scene, texture, backdrop = backdrop_scene()
    ldr = texture.image
    hdr = world_graph.apply_hdr(scene, ldr, make_exr(folder))
    assert (texture.image, backdrop.image) == (hdr, hdr)
    assert len(world_graph.light_nodes(scene)) == 2
    world_graph.show(scene, hdr=False)
    assert (texture.image, backdrop.image) == (ldr, ldr)
    world_graph.apply_hdr(scene, ldr, make_exr(folder))
    assert (texture.image, backdrop.image) == (hdr, hdr) and len(world_graph.light_nodes(scene)) == 2


def check_textures_in_groups_and_of_the_other_engine_are_converted_too(folder):
    scene, graph, group, inside = group_scene()
    duplicate = graph.add("ShaderNodeGroup", node_tree=group.node_tree)
    mix = graph.add("ShaderNodeMixShader")
    second = graph.add("ShaderNodeBackground")
    graph.link(duplicate.outputs["Color"], second.inputs["Color"])
    graph.link(graph.background.outputs[0], mix.inputs[1])
    graph.link(second.outputs[0], mix.inputs[2])
    graph.link(mix.outputs[0], graph.surface)
    graph.tree.nodes["World Output"].target = "CYCLES"
    output, third = graph.add("ShaderNodeOutputWorld", target="EEVEE"), graph.add("ShaderNodeBackground")
    for_eevee = graph.texture(inside.image)
    graph.link(for_eevee.outputs["Color"], third.inputs["Color"])
    graph.link(third.outputs[0], output.inputs["Surface"])
    ldr = inside.image
    hdr = world_graph.apply_hdr(scene, ldr, make_exr(folder))
    images = [each.node.image for each in world_graph.reachable_textures(scene.world)]
    assert images == [hdr, hdr, hdr], images
    world_graph.show(scene, hdr=False)
    assert [each.node.image for each in world_graph.reachable_textures(scene.world)] == [ldr, ldr, ldr]


def check_another_image_next_to_it_stays(folder):
    scene, texture, backdrop = backdrop_scene()
    backdrop.image = other = new_image("backplate")
    hdr = world_graph.apply_hdr(scene, texture.image, make_exr(folder))
    assert (texture.image, backdrop.image) == (hdr, other)
    notes = light_notes.notes_after(scene)
    assert len(notes) == 1 and backdrop.name in notes[0] and "backplate" in notes[0]


def check_the_world_override_is_the_world_that_is_converted(folder):
    scene, _, texture = plain_scene()
    if not hasattr(scene.view_layers[0], "world_override"):
        return  # before Blender 4.3
    ldr, own = texture.image, scene.world
    override = own.copy()
    scene.view_layers[0].world_override = override
    hdr = world_graph.apply_hdr(scene, ldr, make_exr(folder))
    assert texture.image == ldr and world_graph.remembered_pair(own) is None
    assert world_graph.environment_image(scene) == hdr and world_graph.shows_hdr(scene)
    assert scene.view_layers[0].world_override == override and scene.world == own
    world_graph.show(scene, hdr=False)
    assert not world_graph.shows_hdr(scene)
    world_graph.show(scene, hdr=True)
    scene.view_layers.new("Back")
    (note,) = light_notes.notes_after(scene)
    assert "“Back”" in note and f"“{own.name}”" in note
    np.testing.assert_allclose(render(scene, folder), 4.0, rtol=1e-3)


def check_a_library_override_becomes_a_local_world(folder):
    link_library_world(folder)
    scene = bpy.context.scene
    scene.world = bpy.data.worlds["Library World"].override_create(remap_local_usages=True)
    assert scene.world.override_library is not None
    ldr = world_graph.environment_image(scene)
    hdr = world_graph.apply_hdr(scene, ldr, make_exr(folder))
    name = hdr.name
    world_graph.light_node(scene).inputs[HIGHLIGHTS].default_value = 1.5
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    assert scene.world.override_library is None and scene.world.library is None
    pair = world_graph.remembered_pair(scene.world)
    assert pair.hdr.name == name and world_graph.shows_hdr(scene)
    assert world_graph.light_node(scene).inputs[HIGHLIGHTS].default_value == 1.5
    world_graph.show(scene, hdr=False)
    assert world_graph.environment_image(scene) == pair.ldr


def check_the_sliders_of_another_image_are_reset_unless_animated(folder):
    scene, _, texture = plain_scene()
    first = texture.image
    world_graph.apply_hdr(scene, first, make_exr(folder))
    sliders = world_graph.light_node(scene).inputs
    sliders[HIGHLIGHTS].default_value, sliders[PEAK_LIMIT].default_value = 2.0, 30.0
    world_graph.apply_hdr(scene, first, make_exr(folder))
    assert (sliders[HIGHLIGHTS].default_value, sliders[PEAK_LIMIT].default_value) == (2.0, 30.0)
    assert len(light_notes.notes_after(scene)) == 2, "the sliders of the same image stay, and that is noted"
    sliders[PEAK_LIMIT].keyframe_insert("default_value", frame=1)
    second = texture.image = new_image("another")
    world_graph.apply_hdr(scene, second, make_exr(folder))
    assert (sliders[HIGHLIGHTS].default_value, sliders[PEAK_LIMIT].default_value) == (0.0, 30.0)
    (note,) = light_notes.notes_after(scene)
    assert PEAK_LIMIT in note and "30" in note
