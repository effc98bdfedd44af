"""Shorthand for shader nodes: one call makes a node, sets it up and connects what it takes."""

from __future__ import annotations

import bpy

#: A socket to connect, or a value to set.
Value = bpy.types.NodeSocket | float | tuple[float, ...]


class Nodes:
    """The node tree of a material or a world, empty at first.

    Args:
        owner: whose tree.
    """

    def __init__(self, owner: bpy.types.Material | bpy.types.World) -> None:
        if owner.node_tree is None:  # before 5.0; since then every owner has one
            owner.use_nodes = True
        self.tree = owner.node_tree
        self.tree.nodes.clear()

    def add(self, kind: str, inputs: dict[str | int, Value] | None = None, **settings: object) -> bpy.types.Node:
        """Return a new node of a kind (without ``ShaderNode``) with its settings and inputs."""
        node = self.tree.nodes.new(f"ShaderNode{kind}")
        for name, value in settings.items():
            setattr(node, name, value)
        for name, value in (inputs or {}).items():
            self.connect(value, node.inputs[name])
        return node

    def connect(self, value: Value, socket: bpy.types.NodeSocket) -> None:
        """Connect a socket, or set a value; a colour of three gets an alpha of one."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif socket.type == "RGBA" and len(value) == 3:
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def math(self, operation: str, *values: Value) -> bpy.types.NodeSocket:
        """Return a number made of numbers."""
        return self.add("Math", dict(enumerate(values)), operation=operation).outputs[0]

    def vector(self, operation: str, *values: Value) -> bpy.types.NodeSocket:
        """Return a vector made of vectors; ``DOT_PRODUCT`` gives a number."""
        node = self.add("VectorMath", dict(enumerate(values)), operation=operation)
        return node.outputs["Value" if operation == "DOT_PRODUCT" else "Vector"]

    def scale(self, vector: Value, factor: Value) -> bpy.types.NodeSocket:
        """Return a vector or colour times a number."""
        return self.add("VectorMath", {0: vector, "Scale": factor}, operation="SCALE").outputs["Vector"]

    def mix(self, factor: Value, first: Value, second: Value) -> bpy.types.NodeSocket:
        """Return a colour between two."""
        node = self.add("Mix", data_type="RGBA")
        for name, value in (("Factor_Float", factor), ("A_Color", first), ("B_Color", second)):
            self.connect(value, next(socket for socket in node.inputs if socket.identifier == name))
        return next(socket for socket in node.outputs if socket.identifier == "Result_Color")

    def smoothstep(self, value: Value, low: Value, high: Value) -> bpy.types.NodeSocket:
        """Return 0 below low, 1 above high and a smooth curve between."""
        inputs = {"Value": value, "From Min": low, "From Max": high}
        return self.add("MapRange", inputs, interpolation_type="SMOOTHSTEP").outputs["Result"]
