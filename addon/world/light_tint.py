"""Warmth and Saturation of 'LANet Light', calculated for a single colour: for lamps in place of lights."""

from __future__ import annotations

from collections.abc import Sequence

from bpy.types import ShaderNodeGroup

from .light_group import NEUTRAL, SATURATION, WARMTH
from .tint_nodes import LUMINANCE, WARMTH_EXPONENTS


def tint_values(node: ShaderNodeGroup) -> tuple[float, float]:
    """Return Warmth and Saturation of a 'LANet Light' node; one of an older version is neutral."""
    warmth, saturation = (
        node.inputs[name].default_value if name in node.inputs else NEUTRAL[name] for name in (WARMTH, SATURATION)
    )
    return warmth, saturation


def warmth_gains(warmth: float) -> tuple[float, float, float]:
    """Return the factors of red, green and blue, before the luminance is kept."""
    return tuple(2.0 ** (warmth * each) for each in WARMTH_EXPONENTS)


def tinted(rgb: Sequence[float], warmth: float, saturation: float) -> list[float]:
    """Return a colour of the same luminance with the sliders' tint, linear Rec.709."""
    before = _luminance(rgb)
    saturated = [max(0.0, each + (1.0 - saturation) * (before - each)) for each in rgb]
    warm = [each * gain for each, gain in zip(saturated, warmth_gains(warmth), strict=True)]
    after = _luminance(warm)
    return [each * before / after for each in warm] if after > 0.0 else list(rgb)


def _luminance(rgb: Sequence[float]) -> float:
    return sum(channel * weight for channel, weight in zip(rgb, LUMINANCE, strict=True))
