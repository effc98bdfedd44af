"""Stand-in of version 0.9 of the extension: what that version left in a .blend file and in the preferences.

The world's properties, the group 'LANet Light' of the first version with its nodes, the HDR next to the .blend file,
and the preference *Precision*. Nothing else of it is here: the HDR is the photograph, eight times as bright.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from bpy.props import EnumProperty
from bpy.types import AddonPreferences, Context, Image, NodeTree, Operator


class Preferences(AddonPreferences):
    """The preference that is changed before the update."""

    bl_idname = __package__

    precision: EnumProperty(items=(("AUTO", "Automatic", ""), ("HALF", "16-bit floats", ""), ("FULL", "32-bit", "")))


class ConvertEnvironment(Operator):
    """Leave what a conversion left."""

    bl_idname = "lanet.convert_environment"
    bl_label = "Convert"

    def execute(self, context: Context) -> set[str]:
        """Light the scene by an HDR next to the .blend file, through the group of that version."""
        world = context.scene.world
        nodes, links = world.node_tree.nodes, world.node_tree.links
        texture = next(node for node in nodes if node.type == "TEX_ENVIRONMENT")
        photograph = texture.image
        texture.image = hdr = _write_hdr(photograph)
        light = nodes.new("ShaderNodeGroup")
        light.node_tree = _light_group()
        light.name = light.label = "LANet Light"
        target = texture.outputs["Color"].links[0].to_socket
        links.new(texture.outputs["Color"], light.inputs["Color"])
        links.new(light.outputs["Color"], target)
        world["lanet_ldr"], world["lanet_hdr"] = photograph, hdr
        hdr["lanet_source"] = photograph
        return {"FINISHED"}


def _write_hdr(photograph: Image) -> Image:
    pixels = np.empty(photograph.size[0] * photograph.size[1] * 4, np.float32)
    photograph.pixels.foreach_get(pixels)
    made = bpy.data.images.new("made", *photograph.size, float_buffer=True)
    made.pixels.foreach_set(pixels * 8.0)
    path = Path(bpy.data.filepath).parent / "textures" / f"{Path(photograph.name).stem}_lanet.exr"
    path.parent.mkdir(exist_ok=True)
    made.file_format = "OPEN_EXR"
    made.filepath_raw = str(path)
    made.save()
    bpy.data.images.remove(made)
    hdr = bpy.data.images.load(str(path))
    hdr.filepath = bpy.path.relpath(str(path))
    return hdr


def _light_group() -> NodeTree:
    """The pixel is multiplied by 1 + s (2^EV - 1), with s the share above white, and its peak brought to the limit."""
    tree = bpy.data.node_groups.new("LANet Light", "ShaderNodeTree")
    tree["lanet_light"] = 1
    for name, kind, direction in (
        ("Color", "Color", "OUTPUT"),
        ("Color", "Color", "INPUT"),
        ("Highlights", "Float", "INPUT"),
        ("Peak Limit", "Float", "INPUT"),
    ):
        tree.interface.new_socket(name, in_out=direction, socket_type=f"NodeSocket{kind}")
    given, result = tree.nodes.new("NodeGroupInput").outputs, tree.nodes.new("NodeGroupOutput").inputs

    def math(operation: str, *operands):
        node = tree.nodes.new("ShaderNodeMath")
        node.operation = operation
        for socket, operand in zip(node.inputs, operands, strict=False):
            if isinstance(operand, float):
                socket.default_value = operand
            else:
                tree.links.new(operand, socket)
        return node.outputs["Value"]

    separate = tree.nodes.new("ShaderNodeSeparateColor")
    tree.links.new(given["Color"], separate.inputs["Color"])
    red, green, blue = separate.outputs[:3]
    brightest = math("MAXIMUM", math("MAXIMUM", red, green), blue)
    excess = math("MAXIMUM", math("SUBTRACT", brightest, 1.0), 0.0)
    share = math("DIVIDE", excess, math("MAXIMUM", brightest, 1.0))
    change = math("SUBTRACT", math("POWER", 2.0, given["Highlights"]), 1.0)
    gain = math("MULTIPLY_ADD", share, change, 1.0)
    limit = math("MULTIPLY_ADD", math("LESS_THAN", given["Peak Limit"], 1e-6), 1e30, given["Peak Limit"])
    gain = math("MULTIPLY", gain, math("DIVIDE", limit, math("MAXIMUM", math("MULTIPLY", brightest, gain), limit)))
    scale = tree.nodes.new("ShaderNodeVectorMath")
    scale.operation = "SCALE"
    tree.links.new(given["Color"], scale.inputs["Vector"])
    tree.links.new(gain, scale.inputs["Scale"])
    tree.links.new(scale.outputs["Vector"], result["Color"])
    return tree


def register() -> None:
    """Enable it."""
    bpy.utils.register_class(Preferences)
    bpy.utils.register_class(ConvertEnvironment)


def unregister() -> None:
    """Disable it."""
    bpy.utils.unregister_class(ConvertEnvironment)
    bpy.utils.unregister_class(Preferences)
