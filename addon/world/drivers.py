"""Drivers by which objects and materials follow inputs of a world's nodes; they need no Python and no extension."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bpy.types import ID, DriverTarget, FCurve, Node, NodeSocket, NodeTree, World

#: The path of a node, before the path in it; quotes and backslashes of names are escaped.
_NODE_PATH = re.compile(r'(?:node_tree\.)?nodes\["(?:[^"\\]|\\.)*"\]')

#: The path of a node that cannot be: nodes have names.
_NO_NODE = 'node_tree.nodes[""]'


@dataclass(frozen=True)
class DriverSource:
    """A number of an input that is followed.

    Attributes:
        socket: in a world's tree or in a node group.
        neutral: the number where there is no such node: it was removed or muted, and so changes nothing.
        part: ``[2]`` for the third number of a vector, empty for a number.
    """

    socket: NodeSocket
    neutral: float
    part: str = ""


def drive(curve: FCurve, expression: str, sources: Mapping[str, DriverSource], world: World | None) -> None:
    """Let a driver calculate a simple expression.

    Args:
        curve: of a new driver.
        expression: of the names of the sources, in the functions that Blender evaluates without Python.
        sources: by their names in the expression.
        world: that of the sources; None if all of them are in node groups.
    """
    curve.driver.type = "SCRIPTED"
    for name, source in sources.items():
        variable = curve.driver.variables.new()
        variable.name = name
        target = variable.targets[0]
        target.use_fallback_value, target.fallback_value = True, source.neutral
        _point(target, source.socket, source.part, world)
    curve.driver.expression = expression


def drive_by(target: NodeSocket, source: DriverSource, world: World) -> None:
    """Let the number of an input follow that of an input in a world's tree or in a node group."""
    target.driver_remove("default_value")
    drive(target.driver_add("default_value"), "value", {"value": source}, world)


def follows_another(owner: ID, world: World) -> bool:
    """Return whether drivers of a datablock follow another world than this one."""
    return any(True for _ in _foreign_targets(owner, world))


def follow_copy(owner: ID, world: World) -> None:
    """Let the drivers of a datablock follow a world in place of the world that it is a copy of.

    A driver whose input the world lacks is left alone; see :func:`follow_present`.
    """
    for target in _foreign_targets(owner, world):
        if _resolved(world, target.data_path) is not None:
            target.id = world


def follow_present(
    owner: ID, world: World, present: Callable[[FCurve, str], Sequence[Node | NodeSocket] | None]
) -> None:
    """Let drivers follow the nodes that are there now: Blender does not repair their paths when a node is renamed.

    Args:
        owner: of the drivers.
        world: whose tree the nodes are in, or in a node group in it.
        present: returns what a variable of a driver can follow: sockets, or nodes of which the same socket is followed.
            A variable that follows none of them gets the first, or its neutral value where there are none. Where it
            returns None, the driver is left alone.
    """
    if owner.library is not None:
        return
    for curve, variable, target in _node_targets(owner):
        choices = present(curve, variable)
        if choices is None or _followed_node(target) in [_node_of(each) for each in choices]:
            continue
        if not choices:
            _point_nowhere(target)
        elif isinstance(choices[0], NodeSocket):
            _point(target, choices[0], "", world)
        else:
            _point_to_node(target, choices[0], world)


def driven_socket(curve: FCurve) -> NodeSocket | None:
    """Return the socket whose number a driver calculates, None if it calculates something else."""
    socket = _resolved(curve.id_data, curve.data_path.removesuffix(".default_value"))
    return socket if isinstance(socket, NodeSocket) else None


def driven_nodes(tree: NodeTree) -> list[Node]:
    """Return the node of each driver of a socket's number in a tree."""
    drivers = tree.animation_data.drivers if tree.animation_data is not None else ()
    return [socket.node for socket in map(driven_socket, drivers) if socket is not None]


def _foreign_targets(owner: ID, world: World) -> Iterator[DriverTarget]:
    return (each for _, _, each in _node_targets(owner) if each.id_type == "WORLD" and each.id != world)


def _node_targets(owner: ID) -> Iterator[tuple[FCurve, str, DriverTarget]]:
    """Yield what follows a node: the driver, the name of its variable, and the target."""
    for curve in owner.animation_data.drivers if owner.animation_data is not None else ():
        for variable in curve.driver.variables:
            for target in variable.targets:
                if target.id_type in ("WORLD", "NODETREE"):
                    yield curve, variable.name, target


def _node_of(each: Node | NodeSocket) -> Node:
    return each.node if isinstance(each, NodeSocket) else each


def _followed_node(target: DriverTarget) -> Node | None:
    path = _NODE_PATH.match(target.data_path)
    return _resolved(target.id, path[0]) if path is not None and target.id is not None else None


def _point_to_node(target: DriverTarget, node: Node, world: World) -> None:
    """Let a target follow the same socket of another node."""
    former = _NODE_PATH.match(target.data_path)
    if former is not None:
        _point_to(target, node.id_data, f"{node.path_from_id()}{target.data_path[former.end() :]}", world)


def _point_nowhere(target: DriverTarget) -> None:
    """Let a target have its neutral value; what it followed in a node remains in its path."""
    path = _NODE_PATH.sub(_NO_NODE, target.data_path)
    if path != target.data_path:
        target.data_path = path


def _point(target: DriverTarget, socket: NodeSocket, part: str, world: World | None) -> None:
    _point_to(target, socket.id_data, f"{socket.path_from_id('default_value')}{part}", world)


def _point_to(target: DriverTarget, tree: NodeTree, path: str, world: World | None) -> None:
    is_embedded = world is not None and tree == world.node_tree
    target.id_type = "WORLD" if is_embedded else "NODETREE"
    target.id = world if is_embedded else tree
    target.data_path = f"{'node_tree.' if is_embedded else ''}{path}"


def _resolved(owner: ID, path: str):
    """Return what a path leads to, None if it leads nowhere."""
    try:
        return owner.path_resolve(path)
    except ValueError:
        return None
