"""Which Environment Texture lights a world: followed backwards from the active World Output, link by link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.types import Node, NodeSocket, World

from .backplate_group import LIGHT, is_backplate
from .light_group import is_light_node

#: What carries light comes before what only bends or mixes it.
_SOCKET_ORDER = {"SHADER": 0, "RGBA": 0, "VECTOR": 1}


@dataclass(frozen=True)
class EnvironmentTexture:
    """An Environment Texture node, or an Image Texture node, and where it is.

    Attributes:
        node: the texture's node.
        groups: the group nodes that it is in, the outermost first; empty for one in the world's own tree.
    """

    node: Any
    groups: tuple[bpy.types.ShaderNodeGroup, ...] = ()

    @property
    def place(self) -> tuple[int, ...]:
        """What differs from every other texture of a world."""
        return (*(group.as_pointer() for group in self.groups), self.node.as_pointer())


def find_environment_textures(world: World | None, engine: str = "CYCLES") -> list[EnvironmentTexture]:
    """Return the Environment Textures that reach a world's surface, the likeliest light first.

    Muted links and nodes are respected, groups and reroutes looked through. A texture on the side of a Mix that has no
    share is left out, unless there is no other.

    Args:
        world: None has no textures.
        engine: the scene's render engine, for a world with an output for each.
    """
    return _find(world, engine, "TEX_ENVIRONMENT")


def find_image_textures(world: World | None, engine: str) -> list[EnvironmentTexture]:
    """Return the Image Textures that reach a world's surface; see :func:`find_environment_textures`."""
    return _find(world, engine, "TEX_IMAGE")


def _find(world: World | None, engine: str, kind: str) -> list[EnvironmentTexture]:
    if world is None or world.node_tree is None or not world.use_nodes:
        return []
    output = active_output(world, engine)
    if output is None:
        return []
    for with_idle_sides in (False, True):
        found = list(_TextureSearch(with_idle_sides, kind).back_from(output.inputs["Surface"], ()))
        if found:
            return sorted(found, key=lambda texture: texture.node.image is None)
    return []


def reachable_textures(world: World | None) -> list[EnvironmentTexture]:
    """Return every Environment Texture that can reach a world's surface in some engine, each once.

    Those on the side of a Mix that has no share now are among them: the share may be animated.
    """
    if world is None or world.node_tree is None or not world.use_nodes:
        return []
    found = {}
    for engine in ("CYCLES", "EEVEE"):
        output = active_output(world, engine)
        if output is not None:
            for texture in _TextureSearch(with_idle_sides=True).back_from(output.inputs["Surface"], ()):
                found.setdefault(texture.place, texture)
    return list(found.values())


def active_output(world: World, engine: str) -> bpy.types.ShaderNodeOutputWorld | None:
    """Return the World Output that an engine renders."""
    return world.node_tree.get_output_node("CYCLES" if engine == "CYCLES" else "EEVEE")


class _TextureSearch:
    """One walk against the direction of the links, which visits every output once."""

    def __init__(self, with_idle_sides: bool, kind: str = "TEX_ENVIRONMENT") -> None:
        self._with_idle_sides, self._kind = with_idle_sides, kind
        self._seen: set[tuple[int, ...]] = set()

    def back_from(self, socket: NodeSocket, groups: tuple[Node, ...]) -> Iterator[EnvironmentTexture]:
        """Yield what reaches an input."""
        for link in socket.links:
            if not link.is_muted and link.is_valid:
                yield from self._behind(link.from_socket, groups)

    def _behind(self, output: NodeSocket, groups: tuple[Node, ...]) -> Iterator[EnvironmentTexture]:
        place = (*(group.as_pointer() for group in groups), output.as_pointer())
        if place in self._seen:
            return
        self._seen.add(place)
        node = output.node
        if node.type == self._kind and not node.mute:
            yield EnvironmentTexture(node, groups)
            return
        for socket, around in inputs_of(output, groups, with_idle_sides=self._with_idle_sides):
            yield from self.back_from(socket, around)


def inputs_of(
    output: NodeSocket, groups: tuple[Node, ...], *, with_idle_sides: bool
) -> list[tuple[NodeSocket, tuple[Node, ...]]]:
    """Return the inputs that an output depends on, each with the groups around it: through groups and muted nodes.

    Args:
        output: a node's.
        groups: the group nodes around that node, the outermost first.
        with_idle_sides: also the sides of Mix nodes that have no share.
    """
    node = output.node
    if node.mute:
        return [(link.from_socket, groups) for link in node.internal_links if link.to_socket == output]
    if is_light_node(node):  # the inside of the group need not be walked through
        return [(node.inputs["Color"], groups)]
    if is_backplate(node):  # a backplate for the camera is no light
        return [(node.inputs[LIGHT], groups)]
    if node.type == "GROUP":
        return [(socket, (*groups, node)) for socket in _results(node) if socket.identifier == output.identifier]
    if node.type == "GROUP_INPUT":
        outside = groups[-1].inputs if groups else ()
        return [(socket, groups[:-1]) for socket in outside if socket.identifier == output.identifier]
    sockets = [socket for socket in node.inputs if socket.enabled]
    if not with_idle_sides:
        idle = _idle_side(node)
        sockets = [socket for socket in sockets if socket != idle]
    return [(socket, groups) for socket in sorted(sockets, key=lambda each: _SOCKET_ORDER.get(each.type, 2))]


def _results(group: Node) -> list[NodeSocket]:
    """Return the inputs of a group's active output."""
    nodes = group.node_tree.nodes if group.node_tree else ()
    return [socket for node in nodes if node.type == "GROUP_OUTPUT" and node.is_active_output for socket in node.inputs]


def _idle_side(node: Node) -> NodeSocket | None:
    """Return the side of a Mix that has no share in the result, if there is one."""
    mixes_colours = node.type in ("MIX", "MIX_RGB") and node.blend_type == "MIX"
    if node.type != "MIX_SHADER" and not mixes_colours:
        return None
    sockets = [socket for socket in node.inputs if socket.enabled]
    if len(sockets) != 3 or sockets[0].is_linked or sockets[0].type != "VALUE":
        return None
    share = sockets[0].default_value
    if share <= 0.0:
        return sockets[2]
    return sockets[1] if share >= 1.0 else None
