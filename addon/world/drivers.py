"""Drivers by which objects and materials follow inputs of a world's nodes; they need no Python and no extension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bpy.types import ID, DriverTarget, FCurve, NodeSocket, World


@dataclass(frozen=True)
class DriverSource:
    """A number of an input that is followed.

    Attributes:
        socket: in a world's tree or in a node group.
        part: ``[2]`` for the third number of a vector, empty for a number.
    """

    socket: NodeSocket
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
        _point(variable.targets[0], source, world)
    curve.driver.expression = expression


def drive_by(target: NodeSocket, source: NodeSocket, world: World) -> None:
    """Let the number of an input follow that of an input in a world's tree or in a node group."""
    target.driver_remove("default_value")
    drive(target.driver_add("default_value"), "value", {"value": DriverSource(source)}, world)


def follows_another(owner: ID, world: World) -> bool:
    """Return whether :func:`follow_copy` would change drivers of a datablock."""
    return any(True for _ in _foreign_targets(owner, world))


def follow_copy(owner: ID, world: World) -> None:
    """Let the drivers of a datablock follow a world in place of the world that it is a copy of.

    A driver whose input the world lacks is left alone.
    """
    for target in _foreign_targets(owner, world):
        target.id = world


def _foreign_targets(owner: ID, world: World) -> Iterator[DriverTarget]:
    for curve in owner.animation_data.drivers if owner.animation_data is not None else ():
        for target in (each for variable in curve.driver.variables for each in variable.targets):
            if target.id_type == "WORLD" and target.id != world and _has(world, target.data_path):
                yield target


def _point(target: DriverTarget, source: DriverSource, world: World | None) -> None:
    tree = source.socket.id_data
    is_embedded = world is not None and tree == world.node_tree
    target.id_type = "WORLD" if is_embedded else "NODETREE"
    target.id = world if is_embedded else tree
    path = source.socket.path_from_id("default_value")
    target.data_path = f"{'node_tree.' if is_embedded else ''}{path}{source.part}"


def _has(world: World, path: str) -> bool:
    try:
        world.path_resolve(path)
    except ValueError:
        return False
    return True
