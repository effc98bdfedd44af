"""Checks inside Blender: lamps in place of lights of the map."""

from __future__ import annotations

import math
import time
from pathlib import Path

import bpy
import numpy as np
from enabled_extension import part, pixels_of, state_of
from hdr_scenes import LAMP, SUN, balls, hdr_scene, lamps, panorama, render
from mathutils import Euler, Matrix, Vector

from lanet_core.files import read_hdr
from lanet_core.geometry import sphere


def beam(lamp) -> Vector:
    """Return the direction that a lamp's light comes from."""
    bpy.context.view_layer.update()
    return (lamp.matrix_world.to_3x3() @ Vector((0.0, 0.0, 1.0))).normalized()


def refusal(**options) -> str:
    try:
        bpy.ops.lanet.add_sun_lamp(**options)
    except RuntimeError as error:
        return str(error)
    raise AssertionError("it was not refused")


def check_a_lamp_has_the_light_that_the_map_loses(folder):
    scene = hdr_scene(folder)
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}
    (lamp,) = lamps(scene)
    assert lamp.data.type == "SUN" and math.degrees(beam(lamp).angle(SUN)) < 0.2
    assert abs(math.degrees(lamp.data.angle) - 4.0) < 0.4
    graph = part("world.graph")
    rest = graph.environment_image(scene)
    assert rest.filepath == "//textures/street_without_lights_lanet.exr" and graph.shows_hdr(scene)
    weights = sphere.pixel_solid_angles_sr(rest.size[1], rest.size[0])[:, None, None]
    lost = ((panorama() - pixels_of(rest)) * weights).sum(axis=(0, 1))
    np.testing.assert_allclose(lost, np.array(lamp.data.color) * lamp.data.energy, rtol=0.01)
    assert pixels_of(rest).max() > 20.0, "the second light stays"
    assert bpy.ops.lanet.add_sun_lamp(index=1) == {"FINISHED"}
    assert len(lamps(scene)) == 2 and math.degrees(beam(lamps(scene)[1]).angle(LAMP)) < 0.3
    assert pixels_of(graph.environment_image(scene)).max() < 2.0
    assert "has a lamp" in refusal(index=1)


def check_an_area_lamp_gives_the_origin_the_same_light(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp(index=1)
    (sun,) = lamps(scene)
    irradiance = np.array(sun.data.color) * sun.data.energy
    angle = sun.data.angle
    bpy.ops.lanet.remove_lamps()
    assert bpy.ops.lanet.add_sun_lamp(index=1, kind="AREA") == {"FINISHED"}
    (lamp,) = lamps(scene)
    assert lamp.data.type == "AREA" and math.degrees(beam(lamp).angle(LAMP)) < 0.3
    distance, radius = lamp.matrix_world.translation.length, lamp.data.size / 2.0
    assert abs(2.0 * math.atan(radius / distance) - angle) < 1e-4
    # The power of a Lambertian disc, π A L, and the irradiance on its axis.
    radiance = np.array(lamp.data.color) * lamp.data.energy / (math.pi * math.pi * radius**2)
    np.testing.assert_allclose(radiance * math.pi * radius**2 / (distance**2 + radius**2), irradiance, rtol=1e-4)
    pixel = facing_square(scene, folder, lamp)
    np.testing.assert_allclose(pixel * math.pi, irradiance, rtol=0.02)


def facing_square(scene, folder: Path, lamp) -> np.ndarray:
    """Return the radiance of a white diffuse square at the origin that faces a lamp, which alone lights it."""
    color = scene.world.node_tree.nodes["Background"].inputs["Color"]
    scene.world.node_tree.links.remove(color.links[0])
    color.default_value = (0.0, 0.0, 0.0, 1.0)
    direction = beam(lamp)
    bpy.ops.mesh.primitive_plane_add(size=0.1)
    square = bpy.context.object
    square.rotation_mode = "QUATERNION"
    square.rotation_quaternion = direction.to_track_quat("Z", "Y")
    material = bpy.data.materials.new("matt")
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    diffuse, output = nodes.new("ShaderNodeBsdfDiffuse"), nodes.new("ShaderNodeOutputMaterial")
    diffuse.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
    material.node_tree.links.new(diffuse.outputs[0], output.inputs[0])
    square.data.materials.append(material)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", 0.02
    camera.location = direction
    camera.rotation_mode = "QUATERNION"
    camera.rotation_quaternion = direction.to_track_quat("Z", "Y")
    scene.collection.objects.link(camera)
    scene.camera = camera
    return render(scene, folder, samples=64, size=(8, 8)).mean(axis=(0, 1))


def check_the_sun_follows_the_map(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    (lamp,) = lamps(scene)
    mapping = scene.world.node_tree.nodes["Mapping"]
    for kind in ("POINT", "TEXTURE"):
        if kind != mapping.vector_type:
            bpy.ops.lanet.remove_lamps()
            mapping.vector_type = kind
            bpy.ops.lanet.add_sun_lamp()
            (lamp,) = lamps(scene)
        for turn in ((0.0, 0.0, 1.2), (0.0, 0.0, -2.5), (0.3, -0.4, 0.7)):
            mapping.inputs["Rotation"].default_value = turn
            rotation = Euler(turn).to_matrix()
            expected = (rotation.inverted() if kind == "POINT" else rotation) @ SUN
            assert math.degrees(beam(lamp).angle(expected)) < 0.3, (kind, turn)
        mapping.inputs["Rotation"].default_value = (0.0, 0.0, 0.0)


def check_the_sun_and_the_ground_follow_a_mirrored_map(folder):
    scene = hdr_scene(folder)
    mapping = scene.world.node_tree.nodes["Mapping"]
    turned = part("world.map_rotation").turned
    for kind in ("POINT", "TEXTURE"):
        bpy.ops.lanet.reset_light()
        mapping.vector_type = kind
        bpy.ops.lanet.add_sun_lamp()
        bpy.ops.lanet.add_ground()
        (lamp,) = lamps(scene)
        drivers = lamp.parent.animation_data.drivers
        assert len(drivers) == 6 and all(curve.driver.is_simple_expression for curve in drivers)
        for scale in ((-1.0, 1.0, 1.0), (1.0, -2.0, 1.0), (-1.0, -1.0, -1.0), (-1.0, 1.0, -1.0)):
            turn = (0.3, -0.4, 0.7)
            mapping.inputs["Rotation"].default_value, mapping.inputs["Scale"].default_value = turn, scale
            rotation = Euler(turn).to_matrix()
            mirror = Matrix.Diagonal([math.copysign(1.0, each) for each in scale])
            expected = (mirror @ rotation.inverted() if kind == "POINT" else rotation @ mirror) @ SUN
            assert math.degrees(beam(lamp).angle(expected)) < 0.3, (kind, scale)
            assert math.degrees(turned(SUN, mapping).angle(expected)) < 0.1
            graph = bpy.context.evaluated_depsgraph_get()
            tree = part("world.ground").ground_of(scene).evaluated_get(graph).active_material.evaluated_get(graph)
            ground = next(node for node in tree.node_tree.nodes if node.type == "MAPPING")
            assert tuple(ground.inputs["Scale"].default_value) == scale


def check_a_muted_mapping_turns_nothing_and_a_linked_one_is_named(folder):
    scene = hdr_scene(folder)
    tree = scene.world.node_tree
    mapping = tree.nodes["Mapping"]
    mapping.mute = True
    mapping.inputs["Rotation"].default_value[2] = 1.0
    bpy.ops.lanet.add_sun_lamp()
    assert math.degrees(beam(lamps(scene)[0]).angle(SUN)) < 0.3
    bpy.ops.lanet.remove_lamps()
    mapping = part("world.map_rotation").mapping_of(part("world.graph").lighting_node(scene))
    tree.links.new(tree.nodes.new("ShaderNodeCombineXYZ").outputs[0], mapping.inputs["Rotation"])
    assert "cannot follow this node" in refusal() and not lamps(scene)
    try:
        bpy.ops.lanet.add_ground()
    except RuntimeError as error:
        assert "cannot follow this node" in str(error)
    else:
        raise AssertionError("it was not refused")


def check_a_mapping_is_made_where_there_is_none(folder):
    scene = hdr_scene(folder)
    nodes = scene.world.node_tree.nodes
    nodes.remove(nodes["Mapping"])
    bpy.ops.lanet.add_sun_lamp()
    mapping = next(node for node in nodes if node.type == "MAPPING")
    mapping.inputs["Rotation"].default_value[2] = 0.5
    expected = Euler((0.0, 0.0, -0.5)).to_matrix() @ SUN
    assert math.degrees(beam(lamps(scene)[0]).angle(expected)) < 0.3


def check_one_button_takes_everything_back(folder):
    scene = hdr_scene(folder)
    before, objects = state_of(scene)[:3], set(bpy.data.objects)
    bpy.ops.lanet.add_sun_lamp()
    bpy.ops.lanet.add_sun_lamp(index=1)
    assert set(bpy.data.objects) > objects
    assert bpy.ops.lanet.remove_lamps() == {"FINISHED"}
    assert state_of(scene)[:3] == before and set(bpy.data.objects) == objects and not bpy.data.lights
    assert not bpy.ops.lanet.remove_lamps.poll()


def check_the_switch_and_the_file_contain_the_lamps(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    scene.lanet.shown = "LDR"
    assert all(lamp.hide_render and lamp.hide_viewport for lamp in lamps(scene))
    assert part("world.graph").environment_image(scene).name == "painted"
    assert "shows no HDR" in refusal(index=1)
    scene.lanet.shown = "HDR"
    assert not any(lamp.hide_render for lamp in lamps(scene))
    lamp = lamps(scene)[0]
    lamp.data.keyframe_insert("color", frame=1)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    assert len(lamps(scene)) == 1 and scene.lanet.shown == "HDR"
    scene.world.node_tree.nodes["Mapping"].inputs["Rotation"].default_value[2] = 0.8
    expected = Euler((0.0, 0.0, -0.8)).to_matrix() @ SUN
    assert math.degrees(beam(lamps(scene)[0]).angle(expected)) < 0.3


def check_the_panel_is_given_the_lights(folder):
    scene = hdr_scene(folder)
    current = part("session").current()
    hdr = part("world.graph").remembered_pair(scene.world).hdr
    until_s = time.monotonic() + 30.0
    while not current.lights.of(hdr) and time.monotonic() < until_s:
        current._tick()
        time.sleep(0.01)
    first, second = map(part("conversion.found_lights").describe, current.lights.of(hdr))
    assert "34° high" in first and "17° high" in second and " %, " in first


def check_map_and_lamps_light_four_balls_as_the_map_alone(folder):
    scene = hdr_scene(folder)
    balls(scene)
    alone = render(scene, folder)
    bpy.ops.lanet.add_sun_lamp()
    bpy.ops.lanet.add_sun_lamp(index=1)
    together = render(scene, folder)
    for lamp in lamps(scene):
        lamp.hide_render = True
    rest = render(scene, folder)
    assert rest.mean() < 0.6 * alone.mean(), "the lamps give much of the light"
    ratio = together.mean(axis=(0, 1)) / alone.mean(axis=(0, 1))
    print("together / alone", ratio)
    np.testing.assert_allclose(ratio, 1.0, atol=0.02)
    ground = (slice(36, 48), slice(0, 96))
    np.testing.assert_allclose(together[ground].mean() / alone[ground].mean(), 1.0, atol=0.02)


def check_lamps_of_another_conversion_are_removed(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    assert bpy.ops.lanet.convert_environment() == {"FINISHED"}
    assert lamps(scene) == [] and part("world.graph").remembered_pair(scene.world).rest is None
    assert any("lamps" in message.text for message in part("session").current().messages)
    assert read_hdr(folder / "textures" / "street_without_lights_lanet.exr").max() < 100.0
