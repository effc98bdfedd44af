"""Renders clear skies over a plane in Cycles: python clear_sky_in_blender.py FOLDER ELEVATION ...

``FOLDER`` gets ``with_sun_ELEVATION.npy`` and ``without_sun_ELEVATION.npy``.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import bpy
import numpy as np
import OpenImageIO

ROWS = 128
#: Of the sky without its sun, only the part above the ground is used, which has no noise.
SAMPLES, SAMPLES_WITHOUT_SUN = 64, 4


def build(elevation_deg: float) -> bpy.types.ShaderNodeTexSky:
    """Build the scene and return its sky."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = 2 * ROWS, ROWS
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    camera = bpy.data.cameras.new("camera")
    camera.type, camera.panorama_type = "PANO", "EQUIRECTANGULAR"
    scene.camera = bpy.data.objects.new("camera", camera)
    scene.camera.location, scene.camera.rotation_euler = (0.0, 0.0, 1.7), (math.pi / 2.0, 0.0, 0.0)
    scene.collection.objects.link(scene.camera)
    bpy.ops.mesh.primitive_plane_add(size=2000.0)
    ground = bpy.data.materials.new("ground")
    ground.use_nodes = True
    surface = ground.node_tree.nodes["Principled BSDF"].inputs
    surface["Base Color"].default_value, surface["Roughness"].default_value = (0.2, 0.18, 0.15, 1.0), 1.0
    bpy.context.object.data.materials.append(ground)
    world = scene.world = bpy.data.worlds.new("world")
    world.use_nodes = True
    sky = world.node_tree.nodes.new("ShaderNodeTexSky")
    sky.sky_type = "NISHITA"
    sky.sun_elevation, sky.sun_rotation = math.radians(elevation_deg), math.radians(40.0)
    world.node_tree.links.new(sky.outputs[0], world.node_tree.nodes["Background"].inputs[0])
    return sky


def render(path: Path, samples: int) -> np.ndarray:
    """Render and return (ROWS, 2 ROWS, 3) float32, linear."""
    bpy.context.scene.cycles.samples = samples
    bpy.context.scene.cycles.use_denoising = False
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT)[..., :3]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for elevation_deg in map(float, sys.argv[2:]):
        sky = build(elevation_deg)
        np.save(folder / f"with_sun_{elevation_deg:g}.npy", render(folder / "sky.exr", SAMPLES))
        sky.sun_disc = False
        np.save(folder / f"without_sun_{elevation_deg:g}.npy", render(folder / "sky.exr", SAMPLES_WITHOUT_SUN))
