"""Nodes that change the colour of light and keep its luminance; shared by 'LANet Light' and the ground."""

from __future__ import annotations

from bpy.types import NodeSocket

from .node_builder import NodeBuilder

#: Of a change of one in Warmth: the exponents of 2 by which red, green and blue change before the luminance is kept.
#: A black body of 4000 K has 2^0.52 times the red and 2^-0.87 times the blue of one of 6500 K, relative to green.
WARMTH_EXPONENTS = (0.52, 0.0, -0.87)
#: Of linear Rec.709.
LUMINANCE = (0.2126, 0.7152, 0.0722)


def tint_change(build: NodeBuilder, color: NodeSocket, warmth: NodeSocket, saturation: NodeSocket) -> NodeSocket:
    """Add nodes for what is added to a colour to tint it, exactly 0 where both sliders are neutral.

    Args:
        build: adds the nodes.
        color: linear Rec.709, ≥ 0.
        warmth: 0 is neutral, 1 as from 6500 K to 4000 K.
        saturation: 1 is neutral, 0 is grey.
    """
    before = build.vector_math("DOT_PRODUCT", color, LUMINANCE, label="Luminance")
    grey = build.add("ShaderNodeCombineXYZ")
    build.feed(grey, before, before, before)
    towards_grey = build.vector_math("SUBTRACT", grey.outputs["Vector"], color)
    less = build.math("SUBTRACT", 1.0, saturation)
    saturated = build.vector_math("ADD", color, build.vector_math("SCALE", towards_grey, less))
    saturated = build.vector_math("MAXIMUM", saturated, (0.0, 0.0, 0.0), label="Saturation")
    gains = build.add("ShaderNodeCombineXYZ", "Warmth")
    exponents = [build.math("MULTIPLY", warmth, each) for each in WARMTH_EXPONENTS]
    build.feed(gains, *[build.math("POWER", 2.0, each) for each in exponents])
    tinted = build.vector_math("MULTIPLY", saturated, gains.outputs["Vector"])
    after = build.vector_math("DOT_PRODUCT", tinted, LUMINANCE)
    least = 1e-12  # black stays black
    same = build.math("DIVIDE", build.math("MAXIMUM", before, least), build.math("MAXIMUM", after, least))
    return build.vector_math("SUBTRACT", build.vector_math("SCALE", tinted, same), color, label="Tint")
