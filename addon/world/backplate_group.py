"""The node groups of the backplate: what camera rays see apart from what lights the scene, and a blur."""

from __future__ import annotations

from bpy.types import Node, NodeTree

from .node_builder import NodeBuilder, group_of_version, new_group

NAME = "LANet Backplate"
BLUR_NAME = "LANet Blur"
LIGHT, IMAGE, EXPOSURE, SURFACE, BLUR = "Light", "Image", "Exposure", "Surface", "Blur"
_MARK, _BLUR_MARK = "lanet_backplate_group", "lanet_blur_group"
_VERSION = 1


def is_backplate(node: Node) -> bool:
    """Return whether a node is the group 'LANet Backplate'."""
    return node.type == "GROUP" and node.node_tree is not None and _MARK in node.node_tree


def is_blur(node: Node) -> bool:
    """Return whether a node is the group 'LANet Blur'."""
    return node.type == "GROUP" and node.node_tree is not None and _BLUR_MARK in node.node_tree


def backplate_group() -> NodeTree:
    """Return the group that shows an image to camera rays, and the light to all others."""
    return group_of_version(_MARK, _VERSION) or _build_backplate()


def blur_group() -> NodeTree:
    """Return the group that turns a direction by a random angle, so that the samples of a pixel blur the image."""
    return group_of_version(_BLUR_MARK, _VERSION) or _build_blur()


def _build_backplate() -> NodeTree:
    build = NodeBuilder(new_group(NAME, _MARK, _VERSION))
    build.socket(SURFACE, "Shader", is_output=True)
    build.socket(LIGHT, "Shader", description="What lights the scene")
    build.socket(IMAGE, "Color", description="What the camera sees", default_value=(0.18, 0.18, 0.18, 1.0))
    build.socket(EXPOSURE, "Float", description="EV added to what the camera sees", min_value=-20.0, max_value=20.0)
    given = build.add("NodeGroupInput").outputs
    path, seen = build.add("ShaderNodeLightPath"), build.add("ShaderNodeBackground")
    build.connect(given[IMAGE], seen.inputs["Color"])
    build.connect(build.math("POWER", 2.0, given[EXPOSURE], label="2^EV"), seen.inputs["Strength"])
    mix = build.add("ShaderNodeMixShader")
    build.feed(mix, path.outputs["Is Camera Ray"], given[LIGHT], seen.outputs["Background"])
    build.connect(mix.outputs["Shader"], build.add("NodeGroupOutput").inputs[SURFACE])
    return build.tree


def _build_blur() -> NodeTree:
    """Two white noises add up to a triangular distribution; a new one for every sample's direction."""
    build = NodeBuilder(new_group(BLUR_NAME, _BLUR_MARK, _VERSION))
    build.socket("Vector", "Vector", is_output=True)
    build.socket("Vector", "Vector", hide_value=True)
    build.socket(
        BLUR,
        "Float",
        description="Largest angle by which the image is spread",
        subtype="ANGLE",
        default_value=0.1,
        min_value=0.0,
        max_value=1.2,
    )
    given = build.add("NodeGroupInput").outputs
    noises = []
    for offset in (0.0, 17.0):
        shifted = build.vector_math("ADD", given["Vector"], (offset, offset, offset))
        noise = build.add("ShaderNodeTexWhiteNoise", noise_dimensions="3D")
        build.connect(shifted, noise.inputs["Vector"])
        noises.append(noise.outputs["Color"])
    around_zero = build.vector_math("SUBTRACT", build.vector_math("ADD", *noises), (1.0, 1.0, 1.0))
    spread = build.vector_math("SCALE", around_zero, build.math("TANGENT", given[BLUR]))
    scaled = build.vector_math("SCALE", spread, build.vector_math("LENGTH", given["Vector"]))
    turned = build.vector_math("ADD", given["Vector"], scaled)
    build.connect(turned, build.add("NodeGroupOutput").inputs["Vector"])
    return build.tree
