"""The light that falls on the ground where Peak Limit cuts the map: shares of its irradiance, in colour ramps.

A pixel of the largest channel m > 1 gives 1 + min((m - 1) 2^H, L - 1) times its colour, with H of Highlights and L of
Peak Limit; so what is left of the light above white is a function of (L - 1) / 2^H. A limit L < 1 leaves none of it,
and a share of the light up to white. What is left is tinted; so it is kept by classes of its colour, for which the tint
of the sum is the sum of the tints. See :class:`lanet_core.pipeline.ground_light.GroundLight`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bpy.types import Material, Node, NodeSocket, ShaderNodeGroup, World

from .drivers import DriverSource, drive
from .light_group import HIGHLIGHTS, NEUTRAL, PEAK_LIMIT

#: Labels of Value nodes: the place in the colour ramps, from 0 to 1.
_BASE_VALUE, _ADDED_VALUE = "Base Left by Peak Limit", "Highlights Left by Peak Limit"
#: On a Value node: its label as it was made, which outlives a new name.
_MARK = "lanet_limit"
#: Distance of the rows of nodes.
_ROW = -300.0
#: A smaller limit is none, as in 'LANet Light'.
_LEAST = 1e-6


@dataclass(frozen=True)
class GroundFacts:
    """The worker's figures of the light on the ground, see :class:`lanet_core.pipeline.ground_light.GroundLight`."""

    base: Sequence[float]
    added: Sequence[Sequence[float]]
    peak: float
    softness: float
    base_shares: Sequence[Sequence[float]]
    added_shares: Sequence[Sequence[Sequence[float]]]


def add_irradiances(material: Material, facts: GroundFacts) -> tuple[NodeSocket, list[NodeSocket]]:
    """Add the nodes of the irradiances, without a limit; return the outputs: up to white, and above, by colours."""
    base, added = _value(material, _BASE_VALUE, 1), _value(material, _ADDED_VALUE, 2)
    added["lanet_softness"], added["lanet_peak"] = facts.softness, facts.peak or 1.0
    lights = zip(facts.added, facts.added_shares, strict=True)
    return (
        _limited(material, base, 1, facts.base, facts.base_shares),
        [_limited(material, added, 2 + row, *light) for row, light in enumerate(lights) if any(light[0])],
    )


def follow_limit(material: Material, light: ShaderNodeGroup | None, world: World) -> None:
    """Let the irradiances of a ground follow Peak Limit and Highlights of 'LANet Light', by drivers.

    Args:
        material: of :func:`add_irradiances`.
        light: the node; None for no limit, also where lamps have the light that would be cut.
        world: that of ``light``.
    """
    base, added = (_find_value(material, label) for label in (_BASE_VALUE, _ADDED_VALUE))
    for value in filter(None, (base, added)):
        value.outputs[0].driver_remove("default_value")
        value.outputs[0].default_value = 1.0
    if light is None or base is None or added is None:
        return
    sources = {"limit": slider(light, PEAK_LIMIT)}
    curve = base.outputs[0].driver_add("default_value")
    drive(curve, f"1 if limit < {_LEAST} else min(limit, 1)", sources, world)
    sources["ev"] = slider(light, HIGHLIGHTS)
    softness, peak = added["lanet_softness"], added["lanet_peak"]
    steps = f"log(1 + max(limit - 1, 0) / (pow(2, ev) * {softness:.8g})) * {1.0 / math.log1p(peak / softness):.8g}"
    curve = added.outputs[0].driver_add("default_value")
    drive(curve, f"1 if limit < {_LEAST} else min({steps}, 1)", sources, world)


def slider(light: ShaderNodeGroup, name: str) -> DriverSource:
    """Return a slider of 'LANet Light' for drivers."""
    return DriverSource(light.inputs[name], NEUTRAL[name])


def _find_value(material: Material, label: str) -> Node | None:
    nodes = material.node_tree.nodes
    return next((node for node in nodes if node.get(_MARK) == label), nodes.get(label))  # by its name in an older file


def _value(material: Material, label: str, row: int) -> Node:
    value = material.node_tree.nodes.new("ShaderNodeValue")
    value.name = value.label = label
    value[_MARK] = label
    value.outputs[0].default_value = 1.0
    value.location = (0.0, _ROW * row)
    return value


def _limited(
    material: Material, value: Node, row: int, irradiance: Sequence[float], shares: Sequence[Sequence[float]]
) -> NodeSocket:
    tree = material.node_tree
    ramp, product = tree.nodes.new("ShaderNodeValToRGB"), tree.nodes.new("ShaderNodeVectorMath")
    _set_stops(ramp, shares)
    product.operation = "MULTIPLY"
    product.inputs[1].default_value = irradiance
    tree.links.new(value.outputs[0], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], product.inputs[0])
    ramp.location, product.location = (240.0, _ROW * row), (560.0, _ROW * row)
    return product.outputs["Vector"]


def _set_stops(ramp: Node, shares: Sequence[Sequence[float]]) -> None:
    """Set the stops of a colour ramp, apart by equal distances."""
    elements = ramp.color_ramp.elements
    last = len(shares) - 1
    elements[0].position, elements[1].position = 0.0, 1.0
    for number in range(1, last):
        elements.new(number / last)
    for element, share in zip(elements, shares, strict=True):
        element.color = (*share, 1.0)
