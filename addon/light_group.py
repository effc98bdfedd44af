"""The node group 'LANet Light': what can be changed live in the light that was reconstructed.

It consists of Blender's own nodes alone, so that a file renders the same where the extension is not installed.
"""

from __future__ import annotations

import bpy
from bpy.types import NodeSocket, NodeTree, ShaderNodeGroup, ShaderNodeTexEnvironment

NAME = "LANet Light"
HIGHLIGHTS = "Highlights"
PEAK_LIMIT = "Peak Limit"

#: Marks the group, whatever a user or an append calls it; the value is the version of its contents.
_MARK = "lanet_light"
_VERSION = 1
#: Wide enough for the names of its inputs.
_NODE_WIDTH = 180.0
#: Stands for no limit, exactly: x / max(x', this) × this is x for every finite light.
_NO_LIMIT = 1e30


def light_node_after(texture: ShaderNodeTexEnvironment) -> ShaderNodeGroup | None:
    """Return the 'LANet Light' node that a texture's colour goes through, None if there is none."""
    for link in texture.outputs["Color"].links:
        if is_light_node(link.to_node):
            return link.to_node
    return None


def insert_light_node(texture: ShaderNodeTexEnvironment) -> ShaderNodeGroup:
    """Let a texture's colour go through 'LANet Light', and return its node: the present one if there is one.

    At Highlights 0 and Peak Limit 0, as it begins, it changes nothing.
    """
    present = light_node_after(texture)
    if present is not None:
        return present
    tree = texture.id_data
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = _light_group()
    node.name = node.label = NAME
    node.parent = texture.parent
    node.width = _NODE_WIDTH
    node.location = (texture.location.x + texture.width + 40.0, texture.location.y)
    color = texture.outputs["Color"]
    for link in list(color.links):
        target, muted = link.to_socket, link.is_muted
        tree.links.new(node.outputs["Color"], target).is_muted = muted
    tree.links.new(color, node.inputs["Color"])
    return node


def remove_light_node(node: ShaderNodeGroup) -> None:
    """Remove a 'LANet Light' node; what it fed is linked to what feeds it."""
    tree = node.id_data
    sources = [link.from_socket for link in node.inputs["Color"].links]
    for link in list(node.outputs["Color"].links):
        if sources:
            target, muted = link.to_socket, link.is_muted
            tree.links.new(sources[0], target).is_muted = muted
    tree.nodes.remove(node)


def reset(node: ShaderNodeGroup) -> None:
    """Set the sliders of a 'LANet Light' node so that it changes nothing; animated ones are left alone."""
    for name in (HIGHLIGHTS, PEAK_LIMIT):
        if not is_animated(node, name):
            node.inputs[name].default_value = 0.0


def changes_light(node: ShaderNodeGroup) -> bool:
    """Return whether a 'LANet Light' node is set to change light, now or in another frame."""
    return any(node.inputs[name].default_value != 0.0 or is_animated(node, name) for name in (HIGHLIGHTS, PEAK_LIMIT))


def is_animated(node: ShaderNodeGroup, name: str) -> bool:
    """Return whether a slider has keyframes, a driver or a link."""
    if node.inputs[name].is_linked:
        return True
    animation = node.id_data.animation_data
    path = node.inputs[name].path_from_id("default_value")
    curves = [*curves_of(animation), *animation.drivers] if animation is not None else ()
    return any(curve.data_path == path for curve in curves)


def curves_of(animation: bpy.types.AnimData) -> list[bpy.types.FCurve]:
    """Return the curves of an animation's action, also of the layered ones of Blender 4.4 and later."""
    action = animation.action
    if action is None:
        return []
    if not hasattr(action, "layers") or hasattr(action, "fcurves"):
        return list(action.fcurves)
    bags = (bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags)
    return [curve for bag in bags for curve in bag.fcurves]


def is_light_node(node: bpy.types.Node) -> bool:
    """Return whether a node is 'LANet Light'."""
    return node.type == "GROUP" and node.node_tree is not None and _MARK in node.node_tree


def _light_group() -> NodeTree:
    for tree in bpy.data.node_groups:
        if tree.library is None and tree.get(_MARK) == _VERSION:
            return tree
    return _Builder().build()


class _Builder:
    """Builds the group, its nodes in columns from left to right.

    With m = max(r, g, b): what is above white, the share s = max(m - 1, 0) / max(m, 1) of a pixel's light, is
    multiplied by 2^EV, so that the pixel is multiplied by g = 1 + s (2^EV - 1). Then the peak m g is brought down to
    the limit, all channels alike.
    """

    def __init__(self) -> None:
        self.tree = bpy.data.node_groups.new(NAME, "ShaderNodeTree")
        self._column = 0

    def build(self) -> NodeTree:
        self.tree[_MARK] = _VERSION
        self._make_sockets()
        given = self._add("NodeGroupInput").outputs
        brightest = self._brightest_channel(given["Color"])
        gain = self._highlights(brightest, given[HIGHLIGHTS])
        gain = self._peak_limit(brightest, gain, given[PEAK_LIMIT])
        scale = self._add("ShaderNodeVectorMath", "Light")
        scale.operation = "SCALE"
        self._connect(given["Color"], scale.inputs["Vector"])
        self._connect(gain, scale.inputs["Scale"])
        self._connect(scale.outputs["Vector"], self._add("NodeGroupOutput").inputs["Color"])
        return self.tree

    def _make_sockets(self) -> None:
        interface = self.tree.interface
        interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
        color = interface.new_socket("Color", in_out="INPUT", socket_type="NodeSocketColor")
        color.hide_value = True
        highlights = interface.new_socket(HIGHLIGHTS, in_out="INPUT", socket_type="NodeSocketFloat")
        highlights.description = "EV added to the light above the photograph's white"
        highlights.min_value, highlights.max_value = -10.0, 10.0
        limit = interface.new_socket(PEAK_LIMIT, in_out="INPUT", socket_type="NodeSocketFloat")
        limit.description = "The brightest that a pixel may be, in units of the photograph's white; 0 is no limit"
        limit.min_value = 0.0

    def _brightest_channel(self, color: NodeSocket) -> NodeSocket:
        separate = self._add("ShaderNodeSeparateColor")
        self._connect(color, separate.inputs["Color"])
        red, green, blue = separate.outputs[:3]
        return self._math("MAXIMUM", self._math("MAXIMUM", red, green), blue, label="Brightest channel")

    def _highlights(self, brightest: NodeSocket, ev: NodeSocket) -> NodeSocket:
        excess = self._math("MAXIMUM", self._math("SUBTRACT", brightest, 1.0), 0.0)
        share = self._math("DIVIDE", excess, self._math("MAXIMUM", brightest, 1.0), label="Share above white")
        change = self._math("SUBTRACT", self._math("POWER", 2.0, ev), 1.0, label="2^EV - 1")
        return self._math("MULTIPLY_ADD", share, change, 1.0, label="Gain")

    def _peak_limit(self, brightest: NodeSocket, gain: NodeSocket, limit: NodeSocket) -> NodeSocket:
        unlimited = self._math("LESS_THAN", limit, 1e-6, label="No limit")
        limit = self._math("MULTIPLY_ADD", unlimited, _NO_LIMIT, limit, label="Limit")
        peak = self._math("MULTIPLY", brightest, gain, label="Peak")
        cut = self._math("DIVIDE", limit, self._math("MAXIMUM", peak, limit), label="Cut")
        return self._math("MULTIPLY", gain, cut)

    def _math(self, operation: str, *operands: NodeSocket | float, label: str = "") -> NodeSocket:
        node = self._add("ShaderNodeMath", label)
        node.operation = operation
        for socket, operand in zip(node.inputs, operands, strict=False):
            if isinstance(operand, float):
                socket.default_value = operand
            else:
                self._connect(operand, socket)
        return node.outputs["Value"]

    def _add(self, kind: str, label: str = "") -> bpy.types.Node:
        node = self.tree.nodes.new(kind)
        node.label = label
        node.location = (180.0 * self._column, -120.0 * (self._column % 3))
        self._column += 1
        return node

    def _connect(self, output: NodeSocket, target: NodeSocket) -> None:
        self.tree.links.new(output, target)
