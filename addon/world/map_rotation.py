"""The Mapping node that turns an environment, and objects that turn with it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bpy.types import Node, NodeSocket, Object, ShaderNodeMapping, ShaderNodeTexEnvironment, World
from mathutils import Euler, Matrix, Vector

from ..errors import AddonError
from ..translation import tr
from .drivers import DriverSource, drive
from .environment_texture import EnvironmentTexture

#: Locations and differences of scales that are none.
_LEAST = 1e-4
#: Values of a Mapping node that turns and mirrors nothing.
_NEUTRAL = {"Rotation": 0.0, "Scale": 1.0}
#: Of the rotations of an object that turns as a Mapping node, and inversely.
_ORDERS = ("XYZ", "ZYX")


def mapping_of(texture: ShaderNodeTexEnvironment) -> ShaderNodeMapping | None:
    """Return the Mapping node before a texture, through reroutes and muted Mapping nodes; None if there is none."""
    node = _before(texture.inputs["Vector"])
    return node if node is not None and node.type == "MAPPING" else None


def ensure_mapping(texture: ShaderNodeTexEnvironment) -> ShaderNodeMapping:
    """Return the Mapping node before a texture; one that turns nothing is inserted if there is none."""
    present = mapping_of(texture)
    if present is not None:
        return present
    tree, vector = texture.id_data, texture.inputs["Vector"]
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.parent = texture.parent
    mapping.location = (texture.location.x - 200.0, texture.location.y)
    if vector.is_linked:
        source = vector.links[0].from_socket
    else:
        coordinate = tree.nodes.new("ShaderNodeTexCoord")
        coordinate.parent = texture.parent
        coordinate.location = (texture.location.x - 400.0, texture.location.y)
        source = coordinate.outputs["Generated"]
    tree.links.new(source, mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], vector)
    return mapping


def check_followable(texture: EnvironmentTexture) -> None:
    """Check that objects can turn with a texture: that one Mapping node alone turns it, by values of its own.

    Raises:
        AddonError: the rotation comes from elsewhere.
    """
    node = unusual_direction(texture)
    if node is not None:
        raise AddonError(
            tr(
                "{node}: Lamps and the ground cannot follow this node. Let one Mapping node turn the map, "
                "with its own values and with Generated of a Texture Coordinate node.",
                node=node.label or node.name,
            )
        )


def unusual_direction(texture: EnvironmentTexture) -> Node | None:
    """Return the node by which a texture is turned or bent in a way that objects cannot follow, None without one.

    Objects follow one Mapping node that turns and mirrors the generated coordinates, which are the direction.
    """
    socket, groups, has_mapping = texture.node.inputs["Vector"], texture.groups, False
    while socket.is_linked:
        link = socket.links[0]
        node = link.from_node
        if node.type == "GROUP_INPUT" and groups:
            socket, groups = groups[-1].inputs[link.from_socket.identifier], groups[:-1]
        elif node.type == "REROUTE" or (node.type == "MAPPING" and node.mute):
            socket = node.inputs[0]
        elif node.type == "MAPPING" and not has_mapping and groups == texture.groups and _turns_only(node):
            socket, has_mapping = node.inputs["Vector"], True
        else:
            return None if node.type == "TEX_COORD" and link.from_socket.identifier == "Generated" else node
    return None


def _turns_only(mapping: ShaderNodeMapping) -> bool:
    """Return whether a Mapping node turns and mirrors by values of its own, and does nothing else."""
    inputs = mapping.inputs
    if any(inputs[name].is_linked for name in ("Location", "Rotation", "Scale") if name in inputs):
        return False
    location = inputs["Location"].default_value if inputs["Location"].enabled else (0.0, 0.0, 0.0)
    sizes = [abs(each) for each in inputs["Scale"].default_value]
    return max(map(abs, location)) < _LEAST and max(sizes) - min(sizes) < _LEAST * max(sizes)


def follow(target: Object, mapping: ShaderNodeMapping, world: World) -> None:
    """Turn an object as a Mapping node turns the environment, by drivers; it is mirrored where the scale is negative.

    A Mapping of type Point turns the direction that is looked up, so the environment turns the other way: by the
    inverse rotation, which has the negative angles in the reverse order. It mirrors before it turns, and the object
    afterwards; the same rotation seen in the mirror of two axes has the opposite angle if one of them is reversed.
    """
    is_inverse = _is_inverse(mapping)
    target.rotation_mode = _ORDERS[is_inverse]
    rotation, scale = mapping.inputs["Rotation"], mapping.inputs["Scale"]
    if is_inverse:
        turn, sources = "turn if (other < 0) != (another < 0) else -turn", {"other": (scale, 1), "another": (scale, 2)}
    else:
        turn, sources = "turn", {}
    _drive(target, "rotation_euler", turn, {"turn": (rotation, 0), **sources}, world)
    _drive(target, "scale", "-1 if value < 0 else 1", {"value": (scale, 0)}, world)


def follows_type(target: Object, mapping: ShaderNodeMapping) -> bool:
    """Return whether an object that follows a Mapping node follows one of its type."""
    return target.rotation_mode == _ORDERS[_is_inverse(mapping)]


def follow_mapping(target: ShaderNodeMapping, mapping: ShaderNodeMapping, world: World | None = None) -> None:
    """Let a Mapping node of another tree turn and mirror as one does, by drivers.

    Args:
        target: the node that follows.
        mapping: the node that is followed, in a node group or in the tree of ``world``.
        world: None if the followed node is in a group.
    """
    target.vector_type = mapping.vector_type
    for name in ("Rotation", "Scale"):
        _drive(target.inputs[name], "default_value", "value", {"value": (mapping.inputs[name], 0)}, world)


def follow_type(nodes: Iterable[Node], mapping: ShaderNodeMapping) -> None:
    """Let those of the nodes that are Mapping nodes be of the type of the one that they follow; a driver cannot."""
    for node in nodes:
        if node.type == "MAPPING" and node.vector_type != mapping.vector_type:
            node.vector_type = mapping.vector_type


def _is_inverse(mapping: ShaderNodeMapping) -> bool:
    return mapping.vector_type != "TEXTURE"


def _drive(target, path: str, expression: str, vectors: dict[str, tuple[NodeSocket, int]], world: World | None) -> None:
    """Drive the three numbers of a property by those of vectors.

    Args:
        target: what has the property.
        path: of the property.
        expression: of the names in ``vectors``.
        vectors: by its name, a vector and how many axes further its number is than the one that is driven.
        world: see :func:`follow_mapping`.
    """
    for axis in range(3):
        target.driver_remove(path, axis)
        sources = {
            name: DriverSource(vector, _NEUTRAL[vector.name], f"[{(axis + step) % 3}]")
            for name, (vector, step) in vectors.items()
        }
        drive(target.driver_add(path, axis), expression, sources, world)


def turned(direction: Vector, mapping: ShaderNodeMapping) -> Vector:
    """Return where a direction of a panorama is seen in world space."""
    return _turn(mapping) @ direction


def turn_around_vertical(mapping: ShaderNodeMapping, start: Vector, angle_rad: float) -> None:
    """Turn what a Mapping node turns by an angle around the vertical axis, seen from above.

    Args:
        mapping: the node.
        start: its rotation before.
        angle_rad: counterclockwise.
    """
    rotation, scale = mapping.inputs["Rotation"], mapping.inputs["Scale"].default_value
    if _is_inverse(mapping):  # it turns the direction that is looked up, after it has mirrored it
        angle_rad *= 1.0 if (scale[0] < 0.0) != (scale[1] < 0.0) else -1.0
        if abs(start[0]) > _LEAST or abs(start[1]) > _LEAST:
            turn = Euler(start).to_matrix() @ Matrix.Rotation(angle_rad, 3, "Z")
            rotation.default_value = turn.to_euler("XYZ", Euler(rotation.default_value))
            return
    rotation.default_value = (start[0], start[1], start[2] + angle_rad)


def _turn(mapping: ShaderNodeMapping) -> Matrix:
    """Return the rotation from the panorama to world space, with a reflection where the scale is negative."""
    matrix = Euler(mapping.inputs["Rotation"].default_value).to_matrix()
    mirror = Matrix.Diagonal([-1.0 if each < 0.0 else 1.0 for each in mapping.inputs["Scale"].default_value])
    return matrix @ mirror if mapping.vector_type == "TEXTURE" else mirror @ matrix.inverted()


def looked_up(texture: ShaderNodeTexEnvironment, direction: Vector) -> tuple[float, float]:
    """Return the point of a texture's panorama that is seen in a direction: (u, v), [0, 1] from the left and the top.

    Args:
        texture: its rotation is that of its Mapping node, if there is one.
        direction: in world space, of any length but zero.
    """
    mapping = mapping_of(texture)
    if mapping is not None:
        direction = _turn(mapping).inverted() @ direction
    x, y, z = direction.normalized()
    return 0.5 - math.atan2(y, x) / (2.0 * math.pi), math.acos(max(-1.0, min(1.0, z))) / math.pi


def _before(socket) -> Node | None:
    while socket.is_linked:
        node = socket.links[0].from_node
        if node.type != "REROUTE" and not (node.type == "MAPPING" and node.mute):
            return node
        socket = node.inputs[0]
    return None
