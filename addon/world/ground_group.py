"""The node groups of the ground: which direction of the photograph a place shows, and how light falls on it."""

from __future__ import annotations

from bpy.types import Node, NodeTree

from .light_group import SATURATION, WARMTH
from .node_builder import NodeBuilder, group_of_version, new_group
from .tint_nodes import tint_change

PROJECTION_NAME, GROUND_NAME = "LANet Ground Projection", "LANet Ground"
HEIGHT, IMAGE, EXPOSURE, BASE = "Camera Height", "Image", "Exposure", "Irradiance"
#: Of the light above white, by classes of its colour, see :class:`lanet_core.pipeline.ground_light.GroundLight`.
ADDED = tuple(f"Irradiance Above White {number}" for number in range(1, 7))
HIGHLIGHTS, STRENGTH, RIM = "Highlights", "Strength", "Rim"
_PROJECTION_MARK, _GROUND_MARK = "lanet_ground_projection", "lanet_ground_group"
_PROJECTION_VERSION, _GROUND_VERSION = 1, 3
#: The photograph goes over into what is behind the ground from this share of the rim's distance on.
_FADE = 0.7
#: What is higher belongs to the dome, metres.
_FLOOR = 1e-3


def projection_group() -> NodeTree:
    """Return the group that gives the direction from the camera's place to a place of the ground."""
    return group_of_version(_PROJECTION_MARK, _PROJECTION_VERSION) or _build_projection()


def is_projection_node(node: Node) -> bool:
    """Return whether a node is the projection, in any version and any copy of its group."""
    return _has_mark(node, _PROJECTION_MARK)


def is_ground_node(node: Node) -> bool:
    """Return whether a node is the ground's surface, in any version and any copy of its group."""
    return _has_mark(node, _GROUND_MARK)


def ground_group() -> NodeTree:
    """Return the group that shows the photograph on a floor that receives shadows, and on a dome for the camera."""
    return group_of_version(_GROUND_MARK, _GROUND_VERSION) or _build_ground()


def _has_mark(node: Node, mark: str) -> bool:
    return node.type == "GROUP" and node.node_tree is not None and mark in node.node_tree


def _build_projection() -> NodeTree:
    build = NodeBuilder(new_group(PROJECTION_NAME, _PROJECTION_MARK, _PROJECTION_VERSION))
    build.socket("Direction", "Vector", is_output=True)
    build.socket(
        HEIGHT,
        "Float",
        description="Height of the photograph's camera above the ground, metres",
        subtype="DISTANCE",
        default_value=1.6,
        min_value=0.01,
    )
    given = build.add("NodeGroupInput").outputs
    camera = build.add("ShaderNodeCombineXYZ", "Camera")
    build.connect(given[HEIGHT], camera.inputs["Z"])
    place = build.add("ShaderNodeTexCoord").outputs["Object"]
    direction = build.vector_math("SUBTRACT", place, camera.outputs["Vector"])
    build.connect(direction, build.add("NodeGroupOutput").inputs["Direction"])
    return build.tree


def _build_ground() -> NodeTree:
    """A diffuse floor of albedo π L / E shows the photograph's radiance L where it receives its irradiance E."""
    build = NodeBuilder(new_group(GROUND_NAME, _GROUND_MARK, _GROUND_VERSION))
    build.socket("Surface", "Shader", is_output=True)
    build.socket(IMAGE, "Color", hide_value=True)
    build.socket(EXPOSURE, "Float", description="EV added to the ground", min_value=-20.0, max_value=20.0)
    build.socket(BASE, "Color", description="Of the light up to white, on the unobstructed ground")
    for name in ADDED:
        black = (0.0, 0.0, 0.0, 1.0)
        build.socket(name, "Color", description="Of light above white of about one colour", default_value=black)
    build.socket(HIGHLIGHTS, "Float", description="Follows the world's Highlights")
    build.socket(WARMTH, "Float", description="Follows the world's Warmth")
    build.socket(SATURATION, "Float", description="Follows the world's Saturation", default_value=1.0)
    build.socket(STRENGTH, "Float", description="Follows the world's Strength", default_value=1.0)
    build.socket(RIM, "Float", description="Distance at which the ground ends, metres", default_value=1e9)
    given = build.add("NodeGroupInput").outputs
    shown = build.vector_math("SCALE", given[IMAGE], build.math("POWER", 2.0, given[EXPOSURE]))
    received, factor = given[BASE], build.math("POWER", 2.0, given[HIGHLIGHTS])
    for name in ADDED:
        tint = tint_change(build, given[name], given[WARMTH], given[SATURATION])
        above = build.vector_math("SCALE", build.vector_math("ADD", given[name], tint), factor)
        received = build.vector_math("ADD", received, above)
    received = build.vector_math("SCALE", received, given[STRENGTH])
    received = build.vector_math("MAXIMUM", received, (1e-6, 1e-6, 1e-6))
    albedo = build.vector_math("DIVIDE", build.vector_math("SCALE", shown, 3.14159265), received, label="Albedo")
    floor = build.add("ShaderNodeBsdfDiffuse")
    build.connect(albedo, floor.inputs["Color"])
    place = build.add("ShaderNodeSeparateXYZ")
    build.connect(build.add("ShaderNodeTexCoord").outputs["Object"], place.inputs["Vector"])
    x, y, z = place.outputs
    distance = build.math("SQRT", build.math("MULTIPLY_ADD", x, x, build.math("MULTIPLY", y, y)))
    fade = build.add("ShaderNodeMapRange", "Rim", interpolation_type="SMOOTHSTEP")
    build.feed(fade, distance, build.math("MULTIPLY", given[RIM], _FADE), given[RIM], 0.0, 1.0)
    clear = build.add("ShaderNodeBsdfTransparent").outputs["BSDF"]
    faded = build.add("ShaderNodeMixShader")
    build.feed(faded, fade.outputs["Result"], floor.outputs["BSDF"], clear)
    dome = build.add("ShaderNodeEmission")
    build.connect(shown, dome.inputs["Color"])
    for_camera = build.add("ShaderNodeMixShader", "Dome, for the camera alone")
    build.feed(for_camera, build.add("ShaderNodeLightPath").outputs["Is Camera Ray"], clear, dome.outputs["Emission"])
    surface = build.add("ShaderNodeMixShader")
    is_dome = build.math("GREATER_THAN", z, _FLOOR)
    build.feed(surface, is_dome, faded.outputs["Shader"], for_camera.outputs["Shader"])
    build.connect(surface.outputs["Shader"], build.add("NodeGroupOutput").inputs["Surface"])
    return build.tree
