"""Nodes between a texture and the world's output that clamp or bend its values: HDR light does not pass them."""

from __future__ import annotations

from collections.abc import Callable

from bpy.types import Node, NodeSocket, World

from .environment_texture import EnvironmentTexture, active_output, inputs_of
from .light_group import is_light_node

_CLAMPS = "limits the light to white"
_BENDS = "changes bright light out of proportion"

#: Nodes that do so regardless of their settings, and how.
_ALWAYS = {
    "VALTORGB": _CLAMPS,
    "CURVE_RGB": _BENDS,
    "GAMMA": _BENDS,
    "BRIGHTCONTRAST": _BENDS,
    "INVERT": _BENDS,
    "CLAMP": _CLAMPS,
    "FLOAT_CURVE": _CLAMPS,
}
#: Values at which a node changes nothing.
_NEUTRAL = {
    "GAMMA": {"Gamma": 1.0},
    "BRIGHTCONTRAST": {"Bright": 0.0, "Contrast": 0.0},
    "INVERT": {"Fac": 0.0},
    "HUE_SAT": {"Hue": 0.5, "Saturation": 1.0, "Value": 1.0},
}
#: Nodes that change light by other values.
_CHANGING = {*_ALWAYS, "HUE_SAT", "MATH", "VECT_MATH", "MAP_RANGE"}
#: Blend types of Mix nodes that keep proportions above white; all others do not.
_LINEAR_BLENDS = {"MIX", "ADD", "SUBTRACT", "MULTIPLY", "DIVIDE"}
#: Operations of Math nodes that do.
_LINEAR_MATHS = {"ADD", "SUBTRACT", "MULTIPLY", "DIVIDE", "MULTIPLY_ADD", "ABSOLUTE"}
#: Inputs that steer a node and carry no light, by its type.
_STEERING = {
    "MIX": {"Factor"},
    "MIX_RGB": {"Fac"},
    "MIX_SHADER": {"Fac"},
    "CURVE_RGB": {"Fac"},
    "FLOAT_CURVE": {"Factor"},
    "INVERT": {"Fac"},
    "GAMMA": {"Gamma"},
    "BRIGHTCONTRAST": {"Bright", "Contrast"},
    "HUE_SAT": {"Fac", "Hue", "Saturation", "Value"},
    "CLAMP": {"Min", "Max"},
    "MAP_RANGE": {"From Min", "From Max", "To Min", "To Max", "Steps"},
}


def altering_nodes(world: World, texture: EnvironmentTexture, engine: str) -> list[tuple[Node, str]]:
    """Return the nodes that a texture's light passes and that do not keep its proportions, each with what it does.

    Args:
        world: the texture's.
        texture: in it.
        engine: the scene's render engine.
    """
    output = active_output(world, engine)
    if output is None:
        return []
    walk = _ChangesOfLight(texture, _change)
    walk.reaches(output.inputs["Surface"], ())
    return list(walk.found.values())


def changing_nodes(world: World, texture: EnvironmentTexture, engine: str) -> list[Node]:
    """Return the nodes that a texture's light passes and that change it, also in proportion.

    A share that is linked is taken for that of camera rays.
    """
    output = active_output(world, engine)
    if output is None:
        return []
    walk = _ChangesOfLight(texture, lambda node: "changes" if _changes(node) else "")
    walk.reaches(output.inputs["Surface"], ())
    return [node for node, _ in walk.found.values()]


class _ChangesOfLight:
    """A walk back from an output, which finds out through which nodes the texture's light comes.

    Args:
        texture: in the world.
        change: what a node does to the light, empty for nothing.
    """

    def __init__(self, texture: EnvironmentTexture, change: Callable[[Node], str]) -> None:
        self._texture, self._change = texture, change
        self._known: dict[tuple[int, ...], bool] = {}
        self.found: dict[int, tuple[Node, str]] = {}

    def reaches(self, socket: NodeSocket, groups: tuple[Node, ...]) -> bool:
        """Return whether the texture's light arrives at an input."""
        links = [link for link in socket.links if not link.is_muted and link.is_valid]
        arriving = [self._comes_from(link.from_socket, groups) for link in links]  # all of them are looked at
        return any(arriving)

    def _comes_from(self, output: NodeSocket, groups: tuple[Node, ...]) -> bool:
        place = (*(group.as_pointer() for group in groups), output.as_pointer())
        if place not in self._known:
            self._known[place] = False  # for a circle of links
            self._known[place] = self._look_behind(output, groups)
        return self._known[place]

    def _look_behind(self, output: NodeSocket, groups: tuple[Node, ...]) -> bool:
        node = output.node
        if node.type == "TEX_ENVIRONMENT" and not node.mute:
            return EnvironmentTexture(node, groups).place == self._texture.place
        if is_light_node(node) and not node.mute:
            return self.reaches(node.inputs["Color"], groups)
        inputs = inputs_of(output, groups, with_idle_sides=False)
        passes_through = node.mute or node.type in ("GROUP", "GROUP_INPUT")
        arriving = [self.reaches(*each) for each in inputs if passes_through or _carries_light(each[0])]
        change = self._change(node)
        if any(arriving) and change and not node.mute:
            self.found[node.as_pointer()] = (node, change)
        return any(arriving)


def _carries_light(socket: NodeSocket) -> bool:
    is_vector = socket.type == "VECTOR" and socket.node.type != "VECT_MATH"
    return not is_vector and socket.name not in _STEERING.get(socket.node.type, ())


def _change(node: Node) -> str:
    """Return what a node does to bright light, empty if it keeps proportions."""
    if node.type in _ALWAYS:
        return "" if _is_neutral(node) else _ALWAYS[node.type]
    if node.type in ("MIX", "MIX_RGB"):
        if getattr(node, "clamp_result", False) or getattr(node, "use_clamp", False):
            return _CLAMPS
        is_colour = node.type == "MIX_RGB" or node.data_type == "RGBA"
        return _BENDS if is_colour and node.blend_type not in _LINEAR_BLENDS else ""
    if node.type == "MATH":
        if node.use_clamp:
            return _CLAMPS
        return "" if node.operation in _LINEAR_MATHS else _BENDS
    if node.type == "MAP_RANGE":
        return _CLAMPS if node.clamp else "" if node.interpolation_type == "LINEAR" else _BENDS
    return ""


def _changes(node: Node) -> bool:
    """Return whether a node changes light, also in proportion."""
    if node.type in ("MIX", "MIX_RGB", "MIX_SHADER"):
        share = next(socket for socket in node.inputs if socket.enabled)
        is_shader = node.type == "MIX_SHADER"
        if share.is_linked:
            return not is_shader
        is_mix = is_shader or node.blend_type == "MIX"
        return share.default_value > 0.0 and not (is_mix and share.default_value >= 1.0)
    return node.type in _CHANGING and not _is_neutral(node)


def _is_neutral(node: Node) -> bool:
    """Return whether a node is set so that it changes nothing."""
    inputs = _NEUTRAL.get(node.type)
    if inputs is None:
        return False
    sockets = {name: node.inputs.get(name) for name in inputs}
    return all(
        socket is not None and not socket.is_linked and socket.default_value == inputs[name]
        for name, socket in sockets.items()
    )
