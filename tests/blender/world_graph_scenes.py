"""Worlds for the checks of node trees, in Blender."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import OpenImageIO

from addon.world.environment_texture import find_environment_textures

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
    return rendered_pixels(scene, folder)


def rendered_pixels(scene, folder: Path) -> np.ndarray:
    """Render a scene as it is set up and return (H, W, 3) float32, scene-linear, unclamped."""
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGB"
    scene.render.filepath = str(folder / "render.exr")
    bpy.ops.render.render(write_still=True)
    image = OpenImageIO.ImageInput.open(scene.render.filepath)
    pixels = image.read_image("float")
    image.close()
    return pixels
