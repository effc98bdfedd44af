"""Checks inside Blender: what the camera sees apart from the light."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from enabled_extension import convert, disable, file_scene, part, state_of
from hdr_scenes import balls, hdr_scene, render

#: Rows of a render of the balls that show the sky alone, and the ground alone.
SKY, GROUND = slice(0, 8), slice(38, 48)


def lit_balls(folder: Path) -> bpy.types.Scene:
    """Return a saved scene of four balls, lit by a turned HDR."""
    scene = hdr_scene(folder)
    scene.world.node_tree.nodes["Mapping"].inputs["Rotation"].default_value[2] = 0.7
    balls(scene)
    return scene


def bare(scene: bpy.types.Scene, folder: Path) -> np.ndarray:
    """Return a render of the world alone, through the pixels' centres."""
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BOX", 0.01
    for each in scene.objects:
        each.hide_render = each.type == "MESH"
    image = render(scene, folder, samples=1)
    for each in scene.objects:
        each.hide_render = False
    return image


def inputs_of(scene):
    return part("world.backplate").backplate_node(scene.world).inputs


def check_the_backplate_does_not_change_the_light(folder):
    scene = lit_balls(folder)
    alone = render(scene, folder, samples=16)
    for mode in ("PHOTOGRAPH", "HDR", "BLURRED", "COLOUR", "TRANSPARENT"):
        scene.lanet.backplate = mode
        assert scene.lanet.backplate == mode
        if mode != "TRANSPARENT":
            inputs_of(scene)["Exposure"].default_value = 3.0
        seen = render(scene, folder, samples=16)
        ratio = seen[GROUND].mean(axis=(0, 1)) / alone[GROUND].mean(axis=(0, 1))
        print(mode, "light with / without", ratio)
        np.testing.assert_allclose(ratio, 1.0, atol=0.01)
        if mode != "HDR":
            assert abs(seen[SKY] - alone[SKY]).mean() > 0.05 * alone[SKY].mean()


def check_the_camera_sees_each_image_as_if_it_lit_the_scene(folder):
    scene = lit_balls(folder)
    hdr = bare(scene, folder)
    scene.lanet.shown = "LDR"
    ldr = bare(scene, folder)
    scene.lanet.shown = "HDR"
    for mode, expected in (("PHOTOGRAPH", ldr), ("HDR", hdr)):
        scene.lanet.backplate = mode
        np.testing.assert_allclose(bare(scene, folder), expected, rtol=1e-4, atol=1e-6)
        inputs_of(scene)["Exposure"].default_value = -2.0
        np.testing.assert_allclose(bare(scene, folder), expected / 4.0, rtol=1e-4, atol=1e-6)
        inputs_of(scene)["Exposure"].default_value = 0.0
    scene.lanet.shown = "LDR"
    np.testing.assert_allclose(bare(scene, folder), hdr, rtol=1e-4, err_msg="the switch changes the light alone")
    scene.lanet.backplate = "COLOUR"
    inputs_of(scene)["Image"].default_value = (0.1, 0.2, 0.3, 1.0)
    np.testing.assert_allclose(bare(scene, folder), np.broadcast_to([0.1, 0.2, 0.3], hdr.shape), rtol=1e-4)
    scene.lanet.backplate = "LIGHT"
    np.testing.assert_array_equal(bare(scene, folder), ldr)


def check_blurred_spreads_the_image_and_keeps_its_mean(folder):
    scene = lit_balls(folder)
    for each in [each for each in scene.objects if each.type == "MESH"]:
        bpy.data.objects.remove(each)
    scene.lanet.backplate = "PHOTOGRAPH"
    sharp = render(scene, folder, samples=64)
    scene.lanet.backplate = "BLURRED"
    blur = part("world.backplate").blur_node(scene.world).inputs["Blur"]
    assert blur.default_value > 0.05
    blur.default_value = 0.0
    np.testing.assert_allclose(render(scene, folder, samples=64), sharp, rtol=1e-3, atol=1e-5)
    blur.default_value = 0.3
    soft = render(scene, folder, samples=512)
    edges = [np.abs(np.diff(image, axis=0)).mean() for image in (sharp, soft)]
    assert edges[1] < 0.5 * edges[0], edges
    inside = (slice(12, -12), slice(12, -12))
    np.testing.assert_allclose(soft[inside].mean(), sharp[inside].mean(), rtol=0.1)


def check_everything_is_taken_back(folder):
    scene = hdr_scene(folder)

    def state() -> list[object]:
        world, nodes, links, keys, *_ = state_of(scene)
        return [world, nodes, sorted(links), keys]

    scene.render.film_transparent = True
    before = state()
    places = {node.name: tuple(node.location) for node in scene.world.node_tree.nodes}
    for mode in ("PHOTOGRAPH", "BLURRED", "COLOUR", "TRANSPARENT", "HDR"):
        scene.lanet.backplate = mode
        assert scene.render.film_transparent == (mode == "TRANSPARENT")
    assert bpy.ops.lanet.reset_light() == {"FINISHED"}
    assert scene.lanet.backplate == "LIGHT" and scene.render.film_transparent
    assert state() == before
    assert {node.name: tuple(node.location) for node in scene.world.node_tree.nodes} == places
    scene.lanet.backplate = "PHOTOGRAPH"
    assert bpy.ops.lanet.remove_light() == {"FINISHED"}
    assert not [node for node in scene.world.node_tree.nodes if node.type == "GROUP"]
    assert len([node for node in scene.world.node_tree.nodes if node.type == "TEX_ENVIRONMENT"]) == 1
    assert not [key for key in scene.world.keys() if key.startswith("lanet")]  # noqa: SIM118
    scene.lanet.backplate = "PHOTOGRAPH"
    assert scene.lanet.backplate == "LIGHT", "a world that was not converted has no backplate"


def check_another_conversion_and_the_file_keep_it(folder):
    scene = file_scene(folder)
    convert()
    scene.lanet.backplate = "BLURRED"
    node = part("world.backplate").backplate_node(scene.world)
    node.inputs["Exposure"].default_value = 1.5
    node.inputs["Exposure"].keyframe_insert("default_value", frame=1)
    blur = part("world.backplate").blur_node(scene.world).inputs["Blur"]
    blur.default_value = 0.25
    convert()
    graph = part("world.graph")
    assert (
        part("world.strength").strength_after(graph.lighting_node(scene)) is not None
        and graph.environment_image(scene).name == "street_lanet.exr"
    )
    assert part("world.backplate").blur_node(scene.world).inputs["Blur"] == blur
    copy = scene.world.copy()
    scene.world = copy
    assert scene.lanet.backplate == "BLURRED" and inputs_of(scene)["Exposure"].default_value == 1.5
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    assert scene.lanet.backplate == "BLURRED"
    scene.lanet.backplate = "PHOTOGRAPH"
    bare_world = bare(with_camera(scene), folder)
    disable()
    np.testing.assert_array_equal(bare(scene, folder), bare_world)


def with_camera(scene):
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.camera.rotation_euler[0] = 1.6
    scene.collection.objects.link(scene.camera)
    return scene


def check_a_light_in_a_group_turns_the_backplate_too(folder):
    scene = hdr_scene(folder)
    tree = scene.world.node_tree
    group = bpy.data.node_groups.new("studio", "ShaderNodeTree")
    group.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    texture, mapping = group.nodes.new("ShaderNodeTexEnvironment"), group.nodes.new("ShaderNodeMapping")
    coordinate, output = group.nodes.new("ShaderNodeTexCoord"), group.nodes.new("NodeGroupOutput")
    texture.image = part("world.graph").remembered_pair(scene.world).hdr
    group.links.new(coordinate.outputs["Generated"], mapping.inputs["Vector"])
    group.links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
    group.links.new(texture.outputs["Color"], output.inputs["Color"])
    for node in [node for node in tree.nodes if node.type in ("TEX_ENVIRONMENT", "MAPPING", "TEX_COORD")]:
        tree.nodes.remove(node)
    light = tree.nodes["LANet Light"]
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = group
    tree.links.new(node.outputs["Color"], light.inputs["Color"])
    scene.lanet.backplate = "HDR"
    mapping.inputs["Rotation"].default_value = (0.1, 0.2, 0.9)
    bpy.context.view_layer.update()
    with_camera(scene)
    seen = bare(scene, folder)
    scene.lanet.backplate = "LIGHT"
    np.testing.assert_allclose(bare(scene, folder), seen, rtol=1e-4)
