"""What the tests run inside Blender: a script for a process of its own, one question a run.

``python inside_blender.py QUESTION JOB.json RESULT.npy``. It imports nothing of this project, so
that its results are Blender's alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix


def read_pixels(job: dict) -> np.ndarray:
    """Load an image and return (H, W, 4) float32, the bottom row first, as Blender keeps it."""
    image = bpy.data.images.load(job["image"])
    if not image.is_float or image.colorspace_settings.name != "Linear Rec.709":
        raise SystemExit(f"float {image.is_float}, colour space {image.colorspace_settings.name}")
    width, height = image.size
    pixels = np.empty(height * width * 4, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, 4)


def look_around(job: dict) -> np.ndarray:
    """Render the bare world through square 90° cameras; return (views, size, size, 4), the top row first.

    A view is a 3×3 matrix whose columns are the camera's right, up and backward in world space.
    """
    scene = _empty_scene(job["world"], samples=1, size=job["size"])
    camera = _add_camera(scene, "PERSP")
    camera.data.angle = np.pi / 2.0
    views = []
    for view in job["views"]:
        camera.matrix_world = Matrix(view).to_4x4()
        views.append(_render(scene))
    return np.stack(views)


def light_diffuse_squares(job: dict) -> np.ndarray:
    """Render the middle of a white diffuse square under each orientation; return (views, size, size, 4).

    A view is a 3×3 matrix whose columns are the square's two sides and its normal in world space.
    """
    scene = _empty_scene(job["world"], samples=job["samples"], size=job["size"])
    scene.cycles.max_bounces = 0
    camera = _add_camera(scene, "ORTHO")
    camera.data.ortho_scale = 0.1
    bpy.ops.mesh.primitive_plane_add(size=2.0)
    square = bpy.context.object
    material = bpy.data.materials.new("diffuse")
    material.use_nodes = True
    material.node_tree.nodes.clear()
    diffuse = material.node_tree.nodes.new("ShaderNodeBsdfDiffuse")
    diffuse.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
    surface = material.node_tree.nodes.new("ShaderNodeOutputMaterial")
    material.node_tree.links.new(diffuse.outputs["BSDF"], surface.inputs["Surface"])
    square.data.materials.append(material)
    views = []
    for view in job["views"]:
        orientation = Matrix(view)
        square.matrix_world = orientation.to_4x4()
        camera.matrix_world = Matrix.Translation(orientation.col[2]) @ orientation.to_4x4()
        views.append(_render(scene))
    return np.stack(views)


def _empty_scene(world_path: str, samples: int, size: int) -> bpy.types.Scene:
    """Return a Cycles scene with nothing in it but a panorama as its world."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = False
    scene.cycles.sample_clamp_indirect = 0.0
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.filter_width = 0.01  # rays through the pixels' centres
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.image_settings.color_depth = "32"
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    scene.world.cycles.sampling_method = "MANUAL"  # the automatic map takes a second of every render
    scene.world.cycles.sample_map_resolution = 256
    nodes = scene.world.node_tree.nodes
    texture = nodes.new("ShaderNodeTexEnvironment")
    texture.image = bpy.data.images.load(world_path)
    scene.world.node_tree.links.new(texture.outputs["Color"], nodes["Background"].inputs["Color"])
    return scene


def _add_camera(scene: bpy.types.Scene, kind: str) -> bpy.types.Object:
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.type = kind
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def _render(scene: bpy.types.Scene) -> np.ndarray:
    """Render and return (size, size, 4) float32, scene-linear, the top row first."""
    path = Path(bpy.app.tempdir) / "render.exr"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    rendered = read_pixels({"image": str(path)})[::-1]
    bpy.data.images.remove(bpy.data.images[path.name])
    return rendered


QUESTIONS = {each.__name__: each for each in (read_pixels, look_around, light_diffuse_squares)}

if __name__ == "__main__":
    question, job_path, result_path = sys.argv[1:]
    np.save(result_path, QUESTIONS[question](json.loads(Path(job_path).read_text(encoding="utf-8"))))
