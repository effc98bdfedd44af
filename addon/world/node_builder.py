"""Node groups built from Blender's own nodes, so that a file renders the same where the extension is not installed."""

from __future__ import annotations

import bpy
from bpy.types import Node, NodeSocket, NodeTree


class NodeBuilder:
    """Adds nodes to a tree, in columns from left to right.

    Args:
        tree: empty.

    Attributes:
        tree: the same.
    """

    def __init__(self, tree: NodeTree) -> None:
        self.tree = tree
        self._column = 0

    def socket(self, name: str, kind: str, *, is_output: bool = False, **values: object) -> None:
        """Add an input or an output to the group.

        Args:
            name: its label.
            kind: such as ``Float``, ``Color``, ``Shader``.
            is_output: add an output.
            values: properties of the socket, such as ``default_value``.
        """
        direction = "OUTPUT" if is_output else "INPUT"
        socket = self.tree.interface.new_socket(name, in_out=direction, socket_type=f"NodeSocket{kind}")
        for key, value in values.items():
            setattr(socket, key, value)

    def add(self, kind: str, label: str = "", **values: object) -> Node:
        """Add a node and set properties of it."""
        node = self.tree.nodes.new(kind)
        node.label = label
        node.location = (180.0 * self._column, -120.0 * (self._column % 3))
        self._column += 1
        for key, value in values.items():
            setattr(node, key, value)
        return node

    def math(self, operation: str, *operands: NodeSocket | float, label: str = "") -> NodeSocket:
        """Add a Math node and return its result."""
        node = self.add("ShaderNodeMath", label, operation=operation)
        self.feed(node, *operands)
        return node.outputs["Value"]

    def vector_math(self, operation: str, *operands: object, label: str = "") -> NodeSocket:
        """Add a Vector Math node and return its result, a vector or a value.

        Args:
            operation: such as ``ADD``, ``SCALE``, ``DOT_PRODUCT``.
            operands: sockets, or values for vectors; for ``SCALE`` the vector and the factor.
            label: of the node.
        """
        node = self.add("ShaderNodeVectorMath", label, operation=operation)
        self.feed(node, *operands)
        return node.outputs["Value" if operation in ("DOT_PRODUCT", "LENGTH", "DISTANCE") else "Vector"]

    def feed(self, node: Node, *operands: object) -> None:
        """Give the enabled inputs of a node sockets to be linked to, or values."""
        for socket, operand in zip((each for each in node.inputs if each.enabled), operands, strict=False):
            if isinstance(operand, NodeSocket):
                self.connect(operand, socket)
            else:
                socket.default_value = operand

    def connect(self, output: NodeSocket, target: NodeSocket) -> None:
        """Link an output to an input."""
        self.tree.links.new(output, target)


def group_of_version(mark: str, version: int) -> NodeTree | None:
    """Return the local node group with a mark of a version, None if the file has none.

    Args:
        mark: a custom property of the group, whose value is the version.
        version: the wanted one.
    """
    for tree in bpy.data.node_groups:
        if tree.library is None and tree.get(mark) == version:
            return tree
    return None


def new_group(name: str, mark: str, version: int) -> NodeTree:
    """Return a new, empty and marked shader node group."""
    tree = bpy.data.node_groups.new(name, "ShaderNodeTree")
    tree[mark] = version
    return tree
