"""The inputs by which a texture's light is changed: its rotation, its strength and the sliders of 'LANet Light'."""

from __future__ import annotations

from dataclasses import dataclass

from bpy.types import NodeSocket, ShaderNodeGroup, ShaderNodeMapping, ShaderNodeTexEnvironment

from .light_group import light_node_after
from .map_rotation import mapping_of
from .strength import strength_after


@dataclass(frozen=True)
class LightInputs:
    """What is linked to a texture now.

    Attributes:
        mapping: the node that turns it, None if there is none.
        strength: the socket with its strength, None if that is calculated.
        light: the 'LANet Light' node after it, None if there is none.
    """

    mapping: ShaderNodeMapping | None
    strength: NodeSocket | None
    light: ShaderNodeGroup | None

    @classmethod
    def of(cls, texture: ShaderNodeTexEnvironment) -> LightInputs:
        """Follow the links of a texture."""
        return cls(mapping_of(texture), strength_after(texture), light_node_after(texture))
