"""Scenes lit by an HDR panorama with a sun and a lamp, and their renders."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
from enabled_extension import enable, lit_scene, painted, part
from mathutils import Vector
from world_graph_scenes import rendered_pixels

from lanet_core.files import write_exr
from lanet_core.geometry import sphere

SUN = Vector((math.cos(0.6), 0.0, math.sin(0.6)))  # 34° high, in the middle of the map
LAMP = Vector((0.0, math.cos(0.3), math.sin(0.3)))


def panorama(height: int = 256) -> np.ndarray:
    """Return a sky with a sun of 2° and a weaker lamp of 4°."""
    directions = sphere.pixel_directions(height, 2 * height)
    sky = 0.3 + 0.2 * directions[..., 2:] * np.array([0.5, 0.8, 1.0])
    for direction, radius_deg, radiance in ((SUN, 2.0, (900.0, 700.0, 500.0)), (LAMP, 4.0, (30.0, 30.0, 60.0))):
        angle = np.arccos(np.clip(directions @ np.array(direction), -1.0, 1.0))
        share = np.clip((math.radians(radius_deg) - angle) / (np.pi / height) + 0.5, 0.0, 1.0)[..., None]
        sky = sky * (1.0 - share) + np.array(radiance) * share
    return sky.astype(np.float32)


def hdr_scene(folder: Path) -> bpy.types.Scene:
    """Return a saved scene that is lit by a result, through a Mapping that is not turned."""
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    (folder / "textures").mkdir(exist_ok=True)
    path = folder / "textures" / "street_lanet.exr"
    write_exr(path, panorama(), model_name="m", model_sha256="0" * 64)
    scene = lit_scene(painted())
    nodes = scene.world.node_tree.nodes
    nodes["Mapping"].inputs["Rotation"].default_value = (0.0, 0.0, 0.0)
    nodes["Background"].inputs["Strength"].default_value = 1.0
    graph = part("world.graph")
    graph.apply_hdr(scene, graph.environment_image(scene), path)
    assert graph.shows_hdr(scene)
    return scene


def lamps(scene):
    """Return the lamps of the scene's world."""
    return part("world.lamps").lamps_of(scene)


def strength_of(lamp) -> float:
    """Return the strength with which a lamp shines in the current frame."""
    bpy.context.view_layer.update()
    data = lamp.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    return data.energy * 2.0 ** getattr(data, "exposure", 0.0)


def balls(scene: bpy.types.Scene) -> None:
    """Add four balls on a plane and a camera."""
    bpy.ops.mesh.primitive_plane_add(size=12.0)
    kinds = {"matt": (0.0, 1.0), "satin": (1.0, 0.5), "mirror": (1.0, 0.05), "plastic": (0.0, 0.3)}
    for number, (name, (metallic, roughness)) in enumerate(kinds.items()):
        bpy.ops.mesh.primitive_uv_sphere_add(
            radius=0.7, location=(0.0, 1.6 * number - 2.4, 0.7), segments=48, ring_count=24
        )
        ball = bpy.context.object
        bpy.ops.object.shade_smooth()
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        shader = material.node_tree.nodes["Principled BSDF"]
        shader.inputs["Metallic"].default_value, shader.inputs["Roughness"].default_value = metallic, roughness
        ball.data.materials.append(material)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location, camera.rotation_euler = (9.0, 0.0, 3.0), (math.radians(75.0), 0.0, math.radians(90.0))
    scene.collection.objects.link(camera)
    scene.camera = camera


def render(
    scene: bpy.types.Scene, folder: Path, samples: int = 64, size=(96, 48), map_columns: int = 512
) -> np.ndarray:
    """Render in Cycles without denoising or clamping; return (H, W, 3) float32, linear.

    A finer map of the light, of ``map_columns``, takes longer to make and leaves less noise.
    """
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", samples, 1
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.cycles.sample_clamp_indirect = scene.cycles.sample_clamp_direct = 0.0
    scene.world.cycles.sampling_method, scene.world.cycles.sample_map_resolution = "MANUAL", map_columns
    scene.render.resolution_x, scene.render.resolution_y = size
    return rendered_pixels(scene, folder)
