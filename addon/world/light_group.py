"""The node group 'LANet Light': what can be changed live in the light that was reconstructed.

It consists of Blender's own nodes alone, so that a file renders the same where the extension is not installed.
"""

from __future__ import annotations

import bpy
from bpy.types import NodeSocket, NodeTree, ShaderNodeGroup, ShaderNodeTexEnvironment

from .node_builder import NodeBuilder, group_of_version, new_group
from .tint_nodes import tint_change

NAME = "LANet Light"
HIGHLIGHTS = "Highlights"
PEAK_LIMIT = "Peak Limit"
WARMTH = "Warmth"
SATURATION = "Saturation"
#: The sliders, each with the value at which it changes nothing.
NEUTRAL = {HIGHLIGHTS: 0.0, WARMTH: 0.0, SATURATION: 1.0, PEAK_LIMIT: 0.0}

#: Marks the group under any name that a user or an append gives it; the value is the version of its contents.
_MARK = "lanet_light"
_VERSION = 3
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

    As it begins, it changes nothing. A node of an older version gets the present contents.
    """
    present = light_node_after(texture)
    if present is not None:
        if present.node_tree.get(_MARK) != _VERSION:
            present.node_tree = _light_group()  # its first sockets are the former ones
            present.inputs[SATURATION].default_value = NEUTRAL[SATURATION]
        return present
    tree = texture.id_data
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = _light_group()
    node.inputs[SATURATION].default_value = NEUTRAL[SATURATION]
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
    for name in sliders_of(node):
        if not is_animated(node, name):
            node.inputs[name].default_value = NEUTRAL[name]


def changes_light(node: ShaderNodeGroup) -> bool:
    """Return whether a 'LANet Light' node is set to change light, now or in another frame."""
    return any(node.inputs[name].default_value != NEUTRAL[name] or is_animated(node, name) for name in sliders_of(node))


def sliders_of(node: ShaderNodeGroup) -> list[str]:
    """Return the names of the sliders that a 'LANet Light' node has; one of an older version has fewer."""
    return [name for name in NEUTRAL if name in node.inputs]


def is_animated(node: ShaderNodeGroup, name: str) -> bool:
    """Return whether a slider has keyframes, a driver or a link."""
    return node.inputs[name].is_linked or has_curve(node.inputs[name])


def has_curve(socket: NodeSocket) -> bool:
    """Return whether the value of a socket has keyframes or a driver."""
    animation = socket.id_data.animation_data
    path = socket.path_from_id("default_value")
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
    return group_of_version(_MARK, _VERSION) or _Builder(new_group(NAME, _MARK, _VERSION)).build()


class _Builder(NodeBuilder):
    """Builds the group.

    With m = max(r, g, b): what is above white, the share s = max(m - 1, 0) / max(m, 1) of a pixel's light, is
    multiplied by 2^EV, so that the pixel is multiplied by g = 1 + s (2^EV - 1). Then the brightest channel is brought
    down to the limit, all channels alike. Last, Warmth and Saturation change the colour of what is above white then, at
    the same luminance. In this order, the sum of the light over pixels of one colour is a function of the limit alone
    before it is tinted, see :mod:`addon.world.ground_limit`.
    """

    def build(self) -> NodeTree:
        self._make_sockets()
        given = self.add("NodeGroupInput").outputs
        color = given["Color"]
        brightest = self._brightest_channel(color)
        factor = self.math("POWER", 2.0, given[HIGHLIGHTS], label="2^EV")
        more = self.math("SUBTRACT", factor, 1.0)
        gain = self.math("MULTIPLY_ADD", self._share_above_white(brightest), more, 1.0, label="Gain")
        light = self.vector_math("SCALE", color, gain, label="Highlights")
        peak = self.math("MULTIPLY", brightest, gain, label="Peak")
        cut = self._cut(peak, given[PEAK_LIMIT])
        limited = self.vector_math("SCALE", light, cut, label="Peak Limit")
        tint = tint_change(self, limited, given[WARMTH], given[SATURATION])
        share = self._share_above_white(self.math("MULTIPLY", peak, cut))
        changed = self.vector_math("ADD", limited, self.vector_math("SCALE", tint, share), label="Change of colour")
        self.connect(changed, self.add("NodeGroupOutput").inputs["Color"])
        return self.tree

    def _make_sockets(self) -> None:
        self.socket("Color", "Color", is_output=True)
        self.socket("Color", "Color", hide_value=True)
        self.socket(
            HIGHLIGHTS,
            "Float",
            description="EV added to the light above the photograph's white",
            min_value=-10.0,
            max_value=10.0,
        )
        self.socket(
            PEAK_LIMIT,
            "Float",
            description="The brightest that a pixel may be, in units of the photograph's white; 0 is no limit",
            min_value=0.0,
        )
        self.socket(
            WARMTH,
            "Float",
            description="Colour of the light above white; 1 is as from 6500 K to about 4000 K",
            min_value=-2.0,
            max_value=2.0,
        )
        self.socket(
            SATURATION,
            "Float",
            description="Saturation of the light above white",
            default_value=1.0,
            min_value=0.0,
            max_value=4.0,
        )

    def _brightest_channel(self, color: NodeSocket) -> NodeSocket:
        separate = self.add("ShaderNodeSeparateColor")
        self.connect(color, separate.inputs["Color"])
        red, green, blue = separate.outputs[:3]
        return self.math("MAXIMUM", self.math("MAXIMUM", red, green), blue, label="Brightest channel")

    def _share_above_white(self, brightest: NodeSocket) -> NodeSocket:
        excess = self.math("MAXIMUM", self.math("SUBTRACT", brightest, 1.0), 0.0)
        return self.math("DIVIDE", excess, self.math("MAXIMUM", brightest, 1.0), label="Share above white")

    def _cut(self, peak: NodeSocket, limit: NodeSocket) -> NodeSocket:
        unlimited = self.math("LESS_THAN", limit, 1e-6, label="No limit")
        limit = self.math("MULTIPLY_ADD", unlimited, _NO_LIMIT, limit, label="Limit")
        return self.math("DIVIDE", limit, self.math("MAXIMUM", peak, limit), label="Cut")
