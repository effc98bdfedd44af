"""Albedos of common surfaces, and the one that is chosen in a scene."""

from __future__ import annotations

from bpy.props import EnumProperty, FloatProperty
from bpy.types import PropertyGroup, Scene

#: By the names of :data:`SURFACES`.
ALBEDOS = {"GREY_CARD": 0.18, "GRASS": 0.2, "CONCRETE": 0.3, "SNOW": 0.8}
SURFACES = (
    ("GREY_CARD", "Grey Card", "Albedo 0.18"),
    ("GRASS", "Grass", "Albedo 0.20"),
    ("CONCRETE", "Concrete", "Albedo 0.30"),
    ("SNOW", "Snow", "Albedo 0.80"),
    ("OTHER", "Other", "Another albedo"),
)


class SurfaceProperties(PropertyGroup):
    """``scene.lanet.surface``: the surface by which the light is calibrated."""

    kind: EnumProperty(
        name="Surface", description="A surface of known albedo in the photograph", items=SURFACES, default="CONCRETE"
    )
    albedo: FloatProperty(
        name="Albedo",
        description="Share of the light that the surface reflects",
        default=0.3,
        min=0.01,
        max=1.0,
        precision=2,
    )


def albedo_of(scene: Scene) -> float:
    """Return the albedo that is chosen in a scene."""
    surface = scene.lanet.surface
    other: float = surface.albedo
    return ALBEDOS.get(surface.kind, other)
