"""Checks inside Blender: the photograph on a ground that receives shadows."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import bpy
import numpy as np
from enabled_extension import MODULE, part
from hdr_scenes import hdr_scene
from hdr_scenes import render as render_with_map

HEIGHT = 1.7
#: Of renders whose mean is compared.
SMALL = (48, 24)

render = functools.partial(render_with_map, map_columns=1024)


def scene_with_camera(folder: Path) -> bpy.types.Scene:
    """Return a converted scene, turned and changed, with a camera at the photograph's place that looks down."""
    scene = hdr_scene(folder)
    nodes = scene.world.node_tree.nodes
    nodes["Mapping"].inputs["Rotation"].default_value[2] = 0.7
    nodes["Background"].inputs["Strength"].default_value = 0.5
    part("world.graph").light_node(scene).inputs["Highlights"].default_value = -0.5
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.camera.location = (0.0, 0.0, HEIGHT)
    scene.camera.rotation_euler = (math.radians(45.0), 0.0, 0.4)
    scene.collection.objects.link(scene.camera)
    scene.lanet.backplate = "PHOTOGRAPH"
    return scene


def add(**options) -> bpy.types.Object:
    assert bpy.ops.lanet.add_ground(height=HEIGHT, **options) == {"FINISHED"}
    return part("world.ground").ground_of(bpy.context.scene)


def ball(scene, radius: float = 0.2) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, location=(0.0, 0.0, radius))


def check_the_ground_looks_as_the_photograph_from_its_camera(folder):
    scene = scene_with_camera(folder)
    photograph = render(scene, folder, samples=16, size=SMALL)
    for shape in ("PLANE", "DOME"):
        add(shape=shape, radius=100.0)
        seen = render(scene, folder, samples=200, size=SMALL)
        ratio = seen.mean(axis=(0, 1)) / photograph.mean(axis=(0, 1))
        print(shape, "ground / photograph", ratio)
        np.testing.assert_allclose(ratio, 1.0, atol=0.01)
        error = np.abs(seen - photograph).mean() / photograph.mean()
        assert error < 0.05, error
    material = part("world.ground").ground_of(scene).active_material
    part("world.ground").ground_node(material).inputs["Exposure"].default_value = 1.0
    brighter = render(scene, folder, samples=16, size=SMALL)
    np.testing.assert_allclose(brighter.mean(), 2.0 * seen.mean(), rtol=0.02)


def check_the_ground_follows_the_light_and_the_rotation(folder):
    scene = scene_with_camera(folder)
    add(shape="PLANE", radius=100.0)
    nodes = scene.world.node_tree.nodes
    nodes["Mapping"].inputs["Rotation"].default_value[2] = -1.1
    nodes["Background"].inputs["Strength"].default_value = 1.5
    part("world.graph").light_node(scene).inputs["Highlights"].default_value = 1.0
    bpy.context.view_layer.update()
    seen = render(scene, folder, samples=64, size=SMALL)
    part("world.ground").remove_ground(scene)
    photograph = render(scene, folder, samples=16, size=SMALL)
    np.testing.assert_allclose(seen.mean(axis=(0, 1)) / photograph.mean(axis=(0, 1)), 1.0, atol=0.01)
    assert np.abs(seen - photograph).mean() / photograph.mean() < 0.05


def check_the_ground_follows_the_peak_limit_but_not_with_lamps(folder):
    """A limit takes light from the ground and from the map alike: the ground looks as the photograph all the same."""
    scene = scene_with_camera(folder)
    photograph = render(scene, folder, samples=16, size=SMALL)
    ground = add(shape="PLANE", radius=100.0)
    drivers = ground.active_material.node_tree.animation_data.drivers
    assert all(curve.driver.is_simple_expression and curve.driver.is_valid for curve in drivers)
    sliders = part("world.graph").light_node(scene).inputs
    for ev, limit in ((-0.5, 60.0), (1.5, 400.0), (0.0, 0.5)):
        sliders["Highlights"].default_value, sliders["Peak Limit"].default_value = ev, limit
        bpy.context.view_layer.update()
        seen = render(scene, folder, samples=64, size=SMALL)
        ratio = seen.mean(axis=(0, 1)) / photograph.mean(axis=(0, 1))
        print("Highlights", ev, "limit", limit, "ground / photograph", ratio)
        np.testing.assert_allclose(ratio, 1.0, atol=0.01)
    sliders["Highlights"].default_value, sliders["Peak Limit"].default_value = 0.0, 60.0
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}
    bpy.context.view_layer.update()
    seen = render(scene, folder, samples=64, size=SMALL)
    ratio = seen.mean(axis=(0, 1)) / photograph.mean(axis=(0, 1))
    np.testing.assert_allclose(ratio, 1.0, atol=0.03)
    bpy.ops.lanet.remove_lamps()
    assert len(drivers) == len(ground.active_material.node_tree.animation_data.drivers)


def check_warmth_and_saturation_do_not_tint_the_ground(folder):
    """They change the colour of the light that falls on it, and its look stays that of the photograph."""
    scene = scene_with_camera(folder)
    photograph = render(scene, folder, samples=16, size=SMALL).mean(axis=(0, 1))
    ground = add(shape="PLANE", radius=100.0)
    sliders = part("world.graph").light_node(scene).inputs

    def seen() -> np.ndarray:
        bpy.context.view_layer.update()
        return render(scene, folder, samples=64, size=SMALL).mean(axis=(0, 1)) / photograph

    for warmth, saturation in ((1.5, 1.0), (-1.0, 0.3)):
        sliders["Warmth"].default_value, sliders["Saturation"].default_value = warmth, saturation
        np.testing.assert_allclose(seen(), 1.0, atol=0.01)
    for ev, limit, warmth, saturation in ((0.0, 3.0, 2.0, 1.0), (1.0, 60.0, -2.0, 4.0), (0.0, 30.0, 1.0, 4.0)):
        sliders["Highlights"].default_value, sliders["Peak Limit"].default_value = ev, limit
        sliders["Warmth"].default_value, sliders["Saturation"].default_value = warmth, saturation
        ratio = seen()
        print("Highlights", ev, "limit", limit, "tint", warmth, saturation, "ground / photograph", ratio)
        np.testing.assert_allclose(ratio, 1.0, atol=0.01)
    sliders["Highlights"].default_value, sliders["Peak Limit"].default_value = -0.5, 0.0
    sliders["Warmth"].default_value, sliders["Saturation"].default_value = -1.0, 0.3
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}
    sliders["Warmth"].default_value = 1.0
    np.testing.assert_allclose(seen(), 1.0, atol=0.06)  # the lamp keeps its colour; the second light is tinted
    bpy.ops.lanet.remove_lamps()
    np.testing.assert_allclose(seen(), 1.0, atol=0.02)
    assert all(curve.driver.is_valid for curve in ground.active_material.node_tree.animation_data.drivers)


def check_a_ground_with_another_copy_of_its_groups_has_a_panel(folder):
    """As where a second scene with a ground was appended, or the ground is of an older version."""
    scene = scene_with_camera(folder)
    ground, module = add(shape="PLANE", radius=30.0), part("world.ground")
    for node in (module.ground_node(ground.active_material), module.projection_node(ground.active_material)):
        node.node_tree = node.node_tree.copy()
    module.ground_node(ground.active_material).node_tree["lanet_ground_group"] = 1
    node = module.ground_node(ground.active_material)
    assert "Exposure" in node.inputs and "Camera Height" in module.projection_node(ground.active_material).inputs
    ground.active_material.node_tree.nodes.remove(node)
    assert module.ground_node(ground.active_material) is None
    bpy.ops.lanet.remove_ground()
    assert module.ground_of(scene) is None


def check_the_ground_follows_a_copy_of_the_world(folder):
    """Also in a full copy of the scene; the world that was copied has no part in it any more."""
    scene = scene_with_camera(folder)
    ground = add(shape="PLANE", radius=30.0)
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}
    lamp = part("world.lamps").lamps_of(scene)[0]
    first = scene.world
    scene.world = first.copy()
    turn(scene.world, 1.25)
    turn(first, -2.0)
    assert part("world.ground").ground_of(scene) == ground and part("world.lamps").lamps_of(scene) == [lamp]
    assert_turned(scene, 1.25)
    scene.world = first
    assert_turned(scene, -2.0)
    scene.world = bpy.data.worlds.new("another")
    bpy.context.view_layer.update()
    assert part("world.ground").ground_of(scene) is None
    scene.world = first
    bpy.ops.scene.new(type="FULL_COPY")
    other = next(each for each in bpy.data.scenes if each != scene)
    turn(other.world, 0.5)
    assert_turned(other, 0.5)
    bpy.context.window.scene = scene
    assert_turned(scene, -2.0)
    bpy.ops.lanet.reset_light()
    assert part("world.ground").ground_of(scene) is None and part("world.ground").ground_of(other) is not None


def check_a_file_with_a_copied_world_needs_no_extension(folder):
    scene = scene_with_camera(folder)
    add(shape="DOME", radius=30.0)
    scene.world = scene.world.copy()  # and nothing is evaluated before it is saved
    bpy.ops.wm.save_mainfile()
    bpy.ops.preferences.addon_disable(module=MODULE)
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    turn(scene.world, 0.9)
    ground = next(each for each in scene.objects if each.name.startswith("LANet Ground"))
    assert abs(evaluated_turn(scene, ground) - 0.9) < 1e-6


def turn(world: bpy.types.World, angle: float) -> None:
    world.node_tree.nodes["Mapping"].inputs["Rotation"].default_value[2] = angle


def evaluated_turn(scene: bpy.types.Scene, ground: bpy.types.Object) -> float:
    for layer in scene.view_layers:
        layer.update()
    material = ground.evaluated_get(scene.view_layers[0].depsgraph).active_material
    tree = material.evaluated_get(scene.view_layers[0].depsgraph).node_tree
    return next(node for node in tree.nodes if node.type == "MAPPING").inputs["Rotation"].default_value[2]


def assert_turned(scene: bpy.types.Scene, angle: float) -> None:
    """Assert that the ground and the lamps of a scene are turned as its world."""
    scene.view_layers[0].update()  # the handler follows the world, the next update evaluates the drivers
    assert abs(evaluated_turn(scene, part("world.ground").ground_of(scene)) - angle) < 1e-6
    (lamp,) = part("world.lamps").lamps_of(scene)
    turned = lamp.parent.evaluated_get(scene.view_layers[0].depsgraph).rotation_euler
    assert abs(abs(turned.z) - abs(angle)) < 1e-6


def check_things_cast_shadows_on_the_ground_and_are_lit_as_before(folder):
    scene = scene_with_camera(folder)
    scene.camera.location = (0.0, -2.0, 2.0)
    add(shape="PLANE", radius=50.0)
    bare = render(scene, folder, samples=48)
    ball(scene, 0.3)
    with_ball = render(scene, folder, samples=48)
    darker = with_ball.mean(axis=-1) / bare.mean(axis=-1)
    assert (darker < 0.7).sum() > 20, "the sun's shadow"
    assert 0.9 < np.median(darker) < 1.01, "far from the ball, the ground stays"
    part("world.ground").remove_ground(scene)
    scene.camera.location = (0.0, 0.0, 4.0)
    scene.camera.rotation_euler = (0.0, 0.0, 0.0)
    scene.camera.data.lens = 3600.0
    top = render(scene, folder, samples=64, size=(8, 8))
    add(shape="DOME", radius=50.0)
    again = render(scene, folder, samples=64, size=(8, 8))
    np.testing.assert_allclose(again.mean(axis=(0, 1)), top.mean(axis=(0, 1)), rtol=0.02)


def check_reset_remove_and_another_conversion_take_the_ground_away(folder):
    scene = scene_with_camera(folder)
    before = set(bpy.data.objects), set(bpy.data.meshes), set(bpy.data.materials)

    def is_gone() -> bool:
        return (set(bpy.data.objects), set(bpy.data.meshes), set(bpy.data.materials)) == before

    ground = add(shape="DOME", radius=10.0)
    assert add(shape="PLANE", radius=10.0) != ground and len(bpy.data.meshes) == len(before[1]) + 1
    material = part("world.ground").ground_of(scene).active_material
    height = part("world.ground").projection_node(material).inputs["Camera Height"]
    assert abs(height.default_value - HEIGHT) < 1e-6 and height.keyframe_insert("default_value", frame=1)
    assert bpy.ops.lanet.remove_ground() == {"FINISHED"} and is_gone()
    add(shape="PLANE")
    bpy.ops.lanet.reset_light()
    assert is_gone()
    add(shape="PLANE")
    assert bpy.ops.lanet.convert_environment() == {"FINISHED"} and is_gone()
    assert any("ground" in message.text for message in part("session").current().messages)
    add(shape="PLANE")
    bpy.ops.lanet.remove_light()
    assert is_gone()
    try:
        bpy.ops.lanet.add_ground()
    except RuntimeError as error:
        assert "Convert its environment first" in str(error)
    else:
        raise AssertionError("it was not refused")


def check_the_file_keeps_the_ground(folder):
    scene = scene_with_camera(folder)
    add(shape="PLANE", radius=30.0)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    ground = part("world.ground").ground_of(scene)
    node = part("world.ground").ground_node(ground.active_material)
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 3.0
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    strength = (
        ground.evaluated_get(graph).active_material.evaluated_get(graph).node_tree.nodes[node.name].inputs["Strength"]
    )
    assert abs(strength.default_value - 3.0) < 1e-6
