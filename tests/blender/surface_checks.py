"""Checks inside Blender: the light calibrated by a surface."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
from enabled_extension import convert, enable, lit_scene, messages, part, pixels_of
from hdr_scenes import strength_of
from mathutils import Euler, Vector

SIZE = (128, 256)
GROUND = 0.25


def sphere():
    from lanet_core.geometry import sphere

    return sphere


def write_scene(path: Path) -> Path:
    """Write a grey sky with a white lamp of 40° over an even ground: a PNG of 8 bits."""
    directions = sphere().pixel_directions(*SIZE)
    lamp = directions @ np.array([0.6, 0.0, 0.8]) > math.cos(math.radians(20.0))
    linear = np.where(lamp, 1.0, np.where(directions[..., 2] > 0.0, 0.3, GROUND))
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1.0 / 2.4) - 0.055)
    rgb = np.repeat(np.rint(255.0 * code)[..., None], 3, axis=-1).astype(np.uint8)
    part("files.plain_png").write_plain_png(path, rgb, linear=False)
    return path


def converted(folder: Path) -> bpy.types.Scene:
    """Return a scene whose world is converted and neither turned nor dimmed."""
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    scene = lit_scene(bpy.data.images.load(str(write_scene(folder / "set.png"))))
    nodes = {node.type: node for node in scene.world.node_tree.nodes}
    nodes["MAPPING"].inputs["Rotation"].default_value = (0.0, 0.0, 0.0)
    nodes["BACKGROUND"].inputs["Strength"].default_value = 1.0
    convert()
    return scene


def highlights(scene: bpy.types.Scene) -> float:
    return part("world.graph").light_node(scene).inputs["Highlights"].default_value


def albedo_at(scene: bpy.types.Scene, ev: float) -> float:
    """Return the ground's albedo under the light at Highlights of some stops, without the module under test."""
    hdr = pixels_of(part("world.graph").environment_image(scene)).astype(np.float64)
    brightest = hdr.max(axis=-1, keepdims=True)
    excess = hdr * np.maximum(brightest - 1.0, 0.0) / np.maximum(brightest, 1.0)
    light = (hdr + (2.0**ev - 1.0) * excess) @ np.array([0.2126, 0.7152, 0.0722])
    up = np.maximum(sphere().pixel_directions(*SIZE)[..., 2], 0.0) * sphere().pixel_solid_angles_sr(*SIZE)[:, None]
    return float(math.pi * np.median(light[3 * SIZE[0] // 4]) / (light * up).sum())


def check_the_ground_gets_its_albedo(folder):
    scene = converted(folder)
    for ev in (-0.7, 1.5):
        wanted = albedo_at(scene, ev)
        assert bpy.ops.lanet.calibrate_surface(albedo=wanted) == {"FINISHED"}
        assert abs(highlights(scene) - ev) < 0.03, (highlights(scene), ev)
        assert messages()[0].startswith(f"Ground of the photograph, albedo {wanted:.2g}: Highlights is")
    scene.lanet.surface.kind = "OTHER"
    scene.lanet.surface.albedo = albedo_at(scene, 0.5)
    bpy.ops.lanet.calibrate_surface()
    assert abs(highlights(scene) - 0.5) < 0.03
    bpy.ops.lanet.calibrate_surface(ground=False, u=0.3, v=0.8, albedo=albedo_at(scene, 0.8))
    assert abs(highlights(scene) - 0.8) < 0.03
    assert messages()[0].startswith("Surface")


def check_a_rendered_plane_is_as_bright_as_in_the_photograph(folder):
    scene = converted(folder)
    albedo = 0.2
    before = rendered_plane(scene, albedo, folder)
    bpy.ops.lanet.calibrate_surface(albedo=albedo)
    after = rendered_plane(scene, albedo, folder)
    assert abs(after / GROUND - 1.0) < 0.02 < abs(before / GROUND - 1.0), (before, after)


def rendered_plane(scene: bpy.types.Scene, albedo: float, folder: Path) -> float:
    """Return the radiance that Cycles renders of a diffuse plane that faces up."""
    if "plane" not in bpy.data.objects:
        bpy.ops.mesh.primitive_plane_add(size=2.0)
        plane = bpy.context.object
        plane.name = "plane"
        material = bpy.data.materials.new("diffuse")
        material.use_nodes = True
        nodes = material.node_tree.nodes
        diffuse = nodes.new("ShaderNodeBsdfDiffuse")
        diffuse.inputs["Color"].default_value = (albedo, albedo, albedo, 1.0)
        material.node_tree.links.new(diffuse.outputs["BSDF"], nodes["Material Output"].inputs["Surface"])
        plane.data.materials.append(material)
        scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", 0.5
        scene.camera.location = (0.0, 0.0, 3.0)
        scene.collection.objects.link(scene.camera)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.max_bounces = 256, False, 1
    scene.cycles.device, scene.cycles.sample_clamp_indirect = "CPU", 0.0
    scene.world.cycles.sampling_method, scene.world.cycles.sample_map_resolution = "MANUAL", 512
    scene.render.resolution_x = scene.render.resolution_y = 16
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.filepath = str(folder / "render.exr")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    radiance = float(pixels_of(image).mean())
    bpy.data.images.remove(image)
    return radiance


def check_without_a_solution_the_light_stays(folder):
    scene = converted(folder)
    part("world.graph").light_node(scene).inputs["Highlights"].default_value = 0.25
    try:
        bpy.ops.lanet.calibrate_surface(albedo=0.99)
    except RuntimeError as error:
        assert "albedo below" in str(error) and "left as it is" in str(error)
    else:
        raise AssertionError("it was not refused")
    assert highlights(scene) == 0.25
    scene.lanet.shown = "LDR"
    try:
        bpy.ops.lanet.calibrate_surface(albedo=0.2)
    except RuntimeError as error:
        assert "switch it to HDR" in str(error)
    else:
        raise AssertionError("it was not refused")


def check_lamps_change_with_the_map(folder):
    scene = converted(folder)
    lamps = part("world.lamps")
    light = {"energy": [2.0, 2.0, 2.0], "radius_rad": 0.2, "direction": [0.6, 0.0, 0.8]}
    (lamp,) = lamps.place_lamps(scene, {0: light}, part("world.graph").environment_image(scene))
    before = strength_of(lamp)
    bpy.ops.lanet.calibrate_surface(albedo=albedo_at(scene, 0.0) * 0.8)
    assert abs(strength_of(lamp) / before / 2.0 ** highlights(scene) - 1.0) < 1e-5
    assert highlights(scene) > 0.05


def check_a_direction_meets_the_point_that_cycles_shows_there(folder):
    """A panorama whose colour is its own u and v, seen by a camera through Mappings of both types."""
    scene = converted(folder)
    texture = part("world.graph").find_environment_texture(scene).node
    mapping = part("world.map_rotation").mapping_of(texture)
    width, height = 256, 128
    image = bpy.data.images.new("places", width, height, float_buffer=True)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., 0] = (np.arange(width) + 0.5) / width
    pixels[..., 1] = 1.0 - ((np.arange(height) + 0.5) / height)[:, None]  # rows run upwards
    image.colorspace_settings.name = "Non-Color"  # it makes the pixels anew
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    scene.world.cycles.sampling_method = "NONE"
    texture.image = image
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.camera.data.angle = 0.02
    scene.collection.objects.link(scene.camera)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.device = 4, False, "CPU"
    scene.render.resolution_x = scene.render.resolution_y = 4
    scene.render.image_settings.file_format = "OPEN_EXR"
    for kind, turn in (("POINT", (0.0, 0.0, 0.9)), ("POINT", (0.4, -0.2, 2.0)), ("TEXTURE", (0.3, 0.5, -1.2))):
        mapping.vector_type = kind
        mapping.inputs["Rotation"].default_value = turn
        for angles in ((1.2, 0.0, 0.5), (1.9, 0.0, 2.5)):
            scene.camera.rotation_euler = angles
            direction = Euler(angles).to_matrix() @ Vector((0.0, 0.0, -1.0))
            scene.render.filepath = str(folder / "look.exr")
            bpy.ops.render.render(write_still=True)
            rendered = bpy.data.images.load(scene.render.filepath)
            u, v = pixels_of(rendered)[..., :2].reshape(-1, 2).mean(axis=0)
            bpy.data.images.remove(rendered)
            found = part("world.map_rotation").looked_up(texture, direction)
            assert abs(found[0] - u) < 0.01 and abs(found[1] - v) < 0.01, (kind, turn, angles, found, (u, v))
