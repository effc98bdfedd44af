"""Renders clear skies over a plane in Cycles: python clear_sky_in_blender.py FOLDER ELEVATION ...

``FOLDER`` gets ``with_sun_ELEVATION.npy`` and ``without_sun_ELEVATION.npy``, the latter of the sky alone.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import bpy
import numpy as np
import OpenImageIO

ROWS = 128
#: The sun's disc needs more than the ground, of which the mean counts, and than the sky, which has no noise.
SAMPLES_OF_SUN, SAMPLES_OF_GROUND, SAMPLES_OF_SKY = 64, 8, 4
#: Shares of the image's height from its bottom.
SKY, GROUND = (0.5, 1.0), (0.0, 0.5)


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


def render(path: Path, part: tuple[float, float], samples: int) -> np.ndarray:
    """Render a part of the image and return (ROWS / 2, 2 ROWS, 3) float32, linear."""
    scene = bpy.context.scene
    scene.cycles.samples = samples
    scene.cycles.use_denoising = False
    scene.render.use_border = scene.render.use_crop_to_border = True
    scene.render.border_min_y, scene.render.border_max_y = part
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT)[..., :3]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for elevation_deg in map(float, sys.argv[2:]):
        sky = build(elevation_deg)
        path = folder / "part.exr"
        with_sun = [render(path, SKY, SAMPLES_OF_SUN), render(path, GROUND, SAMPLES_OF_GROUND)]
        np.save(folder / f"with_sun_{elevation_deg:g}.npy", np.concatenate(with_sun))
        sky.sun_disc = False
        np.save(folder / f"without_sun_{elevation_deg:g}.npy", render(path, SKY, SAMPLES_OF_SKY))
