"""What test_world_graph.py runs inside Blender."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import OpenImageIO

from addon.errors import AddonError
from addon.world import graph as world_graph
from addon.world import light_notes
from addon.world.environment_texture import find_environment_textures
from addon.world.light_group import HIGHLIGHTS, LUMINANCE, PEAK_LIMIT, SATURATION, WARMTH
from addon.world.light_tint import tinted, warmth_gains

LINEAR = "Linear Rec.709"


def write_exr(path: Path, rgb_linear: np.ndarray) -> Path:
    # By OpenImageIO: the OpenEXR module and the library of a Blender that links it dynamically are no good company.
    height, width, channels = rgb_linear.shape
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), OpenImageIO.ImageSpec(width, height, channels, "float"))
    assert output.write_image(np.ascontiguousarray(rgb_linear, dtype=np.float32)) and output.close()
    return path


def make_exr(folder: Path, value: float = 4.0) -> Path:
    return write_exr(folder / "street_lanet.exr", np.full((32, 64, 3), value))


def new_scene() -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    return scene


def new_image(name: str = "street") -> bpy.types.Image:
    return bpy.data.images.new(name, 64, 32)


class Graph:
    """A world's nodes, made by short names."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree

    def add(self, kind: str, **values):
        node = self.tree.nodes.new(kind)
        for name, value in values.items():
            setattr(node, name, value)
        return node

    def texture(self, image=None, **values):
        return self.add("ShaderNodeTexEnvironment", image=image, **values)

    def link(self, output, target):
        return self.tree.links.new(output, target)

    @property
    def background(self):
        return self.tree.nodes["Background"]

    @property
    def surface(self):
        return self.tree.nodes["World Output"].inputs["Surface"]


def plain_scene(image=None):
    scene = new_scene()
    graph = Graph(scene.world.node_tree)
    texture = graph.texture(image or new_image())
    graph.link(texture.outputs["Color"], graph.background.inputs["Color"])
    return scene, graph, texture


def found(scene) -> list[str]:
    return [each.node.name for each in find_environment_textures(scene.world, scene.render.engine)]


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


def group_scene():
    scene, graph, texture = plain_scene()
    image = texture.image
    graph.tree.nodes.remove(texture)
    inner = Graph(bpy.data.node_groups.new("Sky", "ShaderNodeTree"))
    inner.tree.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    inner.tree.interface.new_socket("Other", in_out="OUTPUT", socket_type="NodeSocketColor")
    inside, unused = inner.texture(image), inner.texture(new_image("unused"))
    result = inner.add("NodeGroupOutput")
    inner.link(inside.outputs["Color"], result.inputs["Color"])
    inner.link(unused.outputs["Color"], result.inputs["Other"])
    group = graph.add("ShaderNodeGroup", node_tree=inner.tree)
    graph.link(group.outputs["Color"], graph.background.inputs["Color"])
    return scene, graph, group, inside


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


def check_a_linked_world_becomes_a_local_copy(folder):
    scene, *_ = group_scene()
    scene.world.name = "Library World"
    library = folder / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, linked):
        linked.worlds = ["Library World"]
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
    scene, *_ = group_scene()
    scene.world.name = "Library World"
    library = folder / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, linked):
        linked.worlds = ["Library World"]
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


def render(scene, folder: Path) -> np.ndarray:
    """Render the bare world upwards and return (16, 16, 3) float32, scene-linear, unclamped."""
    scene.cycles.device, scene.cycles.samples = "CPU", 1
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BOX", 0.01
    scene.world.cycles.sampling_method = "MANUAL"
    scene.world.cycles.sample_map_resolution = 64
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        scene.collection.objects.link(scene.camera)
    scene.render.resolution_x = scene.render.resolution_y = 16
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGB"
    scene.render.filepath = str(folder / "render.exr")
    bpy.ops.render.render(write_still=True)
    image = OpenImageIO.ImageInput.open(scene.render.filepath)
    pixels = image.read_image("float")
    image.close()
    return pixels


def gradient_exr(folder: Path) -> Path:
    """A panorama of three colours whose brightness goes from 0.01 to 1e4 all over the view of a camera."""
    rng = np.random.default_rng(3)
    brightness = rng.permutation(np.geomspace(0.01, 1e4, 32 * 64)).reshape(32, 64, 1)
    return write_exr(folder / "gradient_lanet.exr", brightness * [1.0, 0.5, 0.25])


def scene_with_and_without_the_group(folder):
    scene, _, texture = plain_scene()
    texture.interpolation = "Closest"
    texture.image = bpy.data.images.load(str(gradient_exr(folder)))
    texture.image.colorspace_settings.name = LINEAR
    before = render(scene, folder)
    assert before.max() > 100.0 > 1.0 > before.min() > 0.0
    world_graph.apply_hdr(scene, texture.image, gradient_exr(folder))
    return scene, before


def check_a_render_is_the_same_at_highlights_0_and_no_peak_limit(folder):
    scene, before = scene_with_and_without_the_group(folder)
    np.testing.assert_allclose(render(scene, folder), before, rtol=1e-6)


def check_one_ev_doubles_what_is_above_white(folder):
    scene, before = scene_with_and_without_the_group(folder)
    brightest = before.max(axis=-1, keepdims=True)
    excess = np.maximum(brightest - 1.0, 0.0)
    for ev, factor in ((1.0, 2.0), (-2.0, 0.25)):
        world_graph.light_node(scene).inputs[HIGHLIGHTS].default_value = ev
        after = render(scene, folder)
        np.testing.assert_allclose(after, before / brightest * (brightest + (factor - 1.0) * excess), rtol=1e-5)
        np.testing.assert_array_equal(after[brightest[..., 0] <= 1.0], before[brightest[..., 0] <= 1.0])


def check_the_peak_limit_keeps_the_colour(folder):
    scene, before = scene_with_and_without_the_group(folder)
    inputs = world_graph.light_node(scene).inputs
    inputs[PEAK_LIMIT].default_value = 50.0
    brightest = before.max(axis=-1, keepdims=True)
    expected = before * np.minimum(1.0, 50.0 / brightest)
    np.testing.assert_allclose(render(scene, folder), expected, rtol=1e-5)
    inputs[HIGHLIGHTS].default_value = 3.0
    assert abs(render(scene, folder).max() - 50.0) < 1e-3, "the limit holds after Highlights"


def check_warmth_and_saturation_change_the_light_above_white_alone(folder):
    scene, before = scene_with_and_without_the_group(folder)
    inputs = world_graph.light_node(scene).inputs
    below = before.max(axis=-1) <= 1.0
    weights = np.array(LUMINANCE)
    for warmth, saturation in ((1.0, 1.0), (-0.5, 1.0), (0.0, 0.0), (0.0, 2.0), (0.7, 0.3)):
        inputs[WARMTH].default_value, inputs[SATURATION].default_value = warmth, saturation
        inputs[HIGHLIGHTS].default_value = 1.0
        after = render(scene, folder)
        np.testing.assert_array_equal(after[below], before[below])
        share = np.maximum(before.max(axis=-1) - 1.0, 0.0)[..., None] / before.max(axis=-1, keepdims=True)
        colours = np.array([tinted(rgb, warmth, saturation) for rgb in before.reshape(-1, 3)]).reshape(before.shape)
        np.testing.assert_allclose(after, before * (1.0 - share) + 2.0 * share * colours, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(after @ weights, (before * (1.0 + share)) @ weights, rtol=1e-3)
    grey = np.array(tinted((1.0, 0.5, 0.25), 0.0, 0.0))
    np.testing.assert_allclose(grey, grey[0])


def planckian_rgb(kelvin: float) -> np.ndarray:
    """Return linear Rec.709 of a black body: Planck's law times Gaussian fits of the CIE 1931 observer."""
    nm = np.arange(380.0, 781.0)

    def lobe(mean: float, low: float, high: float) -> np.ndarray:
        return np.exp(-0.5 * ((nm - mean) / np.where(nm < mean, low, high)) ** 2)

    # C. Wyman, P.-P. Sloan, P. Shirley, "Simple Analytic Approximations to the CIE XYZ Color Matching Functions", 2013.
    x = 1.056 * lobe(599.8, 37.9, 31.0) + 0.362 * lobe(442.0, 16.0, 26.7) - 0.065 * lobe(501.1, 20.4, 26.2)
    y = 0.821 * lobe(568.8, 46.9, 40.5) + 0.286 * lobe(530.9, 16.3, 31.1)
    z = 1.217 * lobe(437.0, 11.8, 36.0) + 0.681 * lobe(459.0, 26.0, 13.8)
    power = nm**-5.0 / (np.exp(1.4388e7 / (nm * kelvin)) - 1.0)
    to_rgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    return to_rgb @ [(power * each).sum() for each in (x, y, z)]


def check_warmth_1_is_as_from_6500_k_to_4000_k(folder):
    change = planckian_rgb(4000.0) / planckian_rgb(6500.0)
    gains = np.array(warmth_gains(1.0))
    np.testing.assert_allclose(gains / gains[1], change / change[1], rtol=0.01)


def check_a_group_of_the_first_version_gets_the_new_sliders(folder):
    scene, _, texture = plain_scene()
    old = bpy.data.node_groups.new("LANet Light", "ShaderNodeTree")
    old["lanet_light"] = 1
    for name, kind, direction in (
        ("Color", "Color", "OUTPUT"),
        ("Color", "Color", "INPUT"),
        ("Highlights", "Float", "INPUT"),
        ("Peak Limit", "Float", "INPUT"),
    ):
        old.interface.new_socket(name, in_out=direction, socket_type=f"NodeSocket{kind}")
    inside = old.nodes.new("NodeGroupInput"), old.nodes.new("NodeGroupOutput")
    old.links.new(inside[0].outputs["Color"], inside[1].inputs["Color"])
    graph = Graph(scene.world.node_tree)
    node = graph.add("ShaderNodeGroup", node_tree=old)
    graph.link(texture.outputs["Color"], node.inputs["Color"])
    graph.link(node.outputs["Color"], graph.background.inputs["Color"])
    node.inputs["Highlights"].default_value, node.inputs["Peak Limit"].default_value = 1.5, 40.0
    world_graph.light_node(scene).inputs["Highlights"].keyframe_insert("default_value", frame=1)
    world_graph.apply_hdr(scene, texture.image, make_exr(folder))
    node = world_graph.light_node(scene)
    assert node.node_tree != old and node.inputs["Color"].is_linked and node.outputs["Color"].is_linked
    assert node.inputs["Highlights"].default_value == 1.5, "animated sliders stay"
    assert node.inputs["Warmth"].default_value == 0.0 and node.inputs["Saturation"].default_value == 1.0


def check_black_stays_black(folder):
    scene, _, texture = plain_scene()
    world_graph.apply_hdr(scene, texture.image, make_exr(folder, value=0.0))
    inputs = world_graph.light_node(scene).inputs
    for ev, limit in ((0.0, 0.0), (4.0, 10.0), (-4.0, 0.5)):
        inputs[HIGHLIGHTS].default_value, inputs[PEAK_LIMIT].default_value = ev, limit
        np.testing.assert_array_equal(render(scene, folder), 0.0)


def configured_check(folder):
    """Under $OCIO, a linear Rec.709 red becomes the working space's values of it: of AP1, by ACES' own matrix."""
    scene, _, texture = plain_scene()
    path = write_exr(folder / "red_lanet.exr", np.tile([4.0, 0.0, 0.0], (32, 64, 1)))
    hdr = world_graph.apply_hdr(scene, texture.image, path)
    assert hdr.colorspace_settings.name == "Linear Rec.709 (sRGB)", hdr.colorspace_settings.name
    # Rec.709 to AP1 with Bradford's adaptation, first column (ACES, "sRGB to ACEScg").
    np.testing.assert_allclose(render(scene, folder)[8, 8] / 4.0, [0.61310, 0.07019, 0.02062], atol=2e-4)
