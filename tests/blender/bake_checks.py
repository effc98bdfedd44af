"""Checks inside Blender: light baked into a file for other programs."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from enabled_extension import enable, part
from hdr_scenes import balls, hdr_scene, render

from lanet_core.files import read_hdr
from lanet_core.metrics.irradiance import diffuse_irradiance


def changed_scene(folder: Path, kind: str = "POINT", rotation=(0.0, 0.0, 2.2)) -> bpy.types.Scene:
    """Return a converted scene with every change that is baked."""
    scene = hdr_scene(folder)
    nodes = scene.world.node_tree.nodes
    nodes["Mapping"].vector_type = kind
    nodes["Mapping"].inputs["Rotation"].default_value = rotation
    nodes["Background"].inputs["Strength"].default_value = 0.6
    inputs = part("world.graph").light_node(scene).inputs
    values = {"Highlights": 0.7, "Warmth": 0.8, "Saturation": 0.6, "Peak Limit": 700.0}
    for name, value in values.items():
        inputs[name].default_value = value
    return scene


def light_by(scene: bpy.types.Scene, path: Path) -> None:
    """Light a scene by a file, as another program does."""
    world = bpy.data.worlds.new("plain")
    world.use_nodes = True
    nodes = world.node_tree.nodes
    texture = nodes.new("ShaderNodeTexEnvironment")
    texture.image = bpy.data.images.load(str(path))
    world.node_tree.links.new(texture.outputs["Color"], nodes["Background"].inputs["Color"])
    scene.world = world


def compare(scene: bpy.types.Scene, folder: Path) -> None:
    """Render balls lit by the scene and by the baked file."""
    balls(scene)
    live = render(scene, folder)
    assert bpy.ops.lanet.bake_light() == {"FINISHED"}
    light_by(scene, folder / "textures" / "street_baked_lanet.exr")
    baked = render(scene, folder)
    ratio = baked.mean(axis=(0, 1)) / live.mean(axis=(0, 1))
    print("baked / live", ratio)
    np.testing.assert_allclose(ratio, 1.0, atol=0.01)
    ground = (slice(36, 48), slice(0, 96))
    np.testing.assert_allclose(baked[ground].mean(axis=(0, 1)), live[ground].mean(axis=(0, 1)), rtol=0.02)


def check_the_baked_file_lights_balls_as_the_scene_does(folder):
    compare(changed_scene(folder), folder)


def check_a_turn_around_any_axis_is_baked(folder):
    compare(changed_scene(folder, "TEXTURE", (0.3, -0.2, 0.9)), folder)


def check_files_of_others_are_kept(folder):
    scene = changed_scene(folder)
    place = folder / "textures" / "street_baked_lanet.exr"
    place.write_bytes(b"another's")
    assert bpy.ops.lanet.bake_light() == {"FINISHED"}
    assert place.read_bytes() == b"another's"
    second, third = (place.with_name(f"street_baked_{number}_lanet.exr") for number in (2, 3))
    former = read_hdr(second)
    assert bpy.ops.lanet.bake_light() == {"FINISHED"} and not third.exists(), "the same light takes its own place"
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 1.2
    assert bpy.ops.lanet.bake_light() == {"FINISHED"}
    np.testing.assert_allclose(diffuse_irradiance(read_hdr(third)), 2.0 * diffuse_irradiance(former), rtol=2e-3)
    np.testing.assert_array_equal(read_hdr(second), former)
    assert not list(folder.glob("**/.lanet*"))
    assert bpy.ops.lanet.bake_light(filepath=str(folder / "mine.exr")) == {"FINISHED"}
    np.testing.assert_array_equal(read_hdr(folder / "mine.exr"), read_hdr(third))


def check_lights_of_lamps_are_baked_and_what_is_not_is_reported(folder):
    scene = changed_scene(folder)
    bpy.ops.lanet.bake_light()
    whole = read_hdr(folder / "textures" / "street_baked_lanet.exr")
    bpy.ops.lanet.add_sun_lamp()
    scene.world.node_tree.nodes["Mapping"].inputs["Scale"].default_value[2] = 0.5
    bpy.ops.lanet.bake_light(filepath=str(folder / "with_lamps.exr"))
    np.testing.assert_array_equal(read_hdr(folder / "with_lamps.exr"), whole)
    assert any("scale" in message.text for message in part("session").current().messages)


def check_a_scene_that_was_not_converted_is_refused(folder):
    enable(folder)
    try:
        bpy.ops.lanet.bake_light()
    except RuntimeError as error:
        assert "Convert one first" in str(error)
    else:
        raise AssertionError("it was not refused")
