"""What a surface is made of, as data: diffuse, glossy, glass, or diffuse and glossy mixed.

A material in a scene's file is a table with the key ``kind``. Roughness is Blender's: the microfacet distribution's
width α (GGX) is its square, and 0 is a mirror. Colours are linear Rec.709, [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass, field

from render_eval.table_reader import Table

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Diffuse:
    """A Lambertian surface.

    Attributes:
        albedo: share of the light that is sent back, by channel.
    """

    albedo: Colour
    kind: str = field(default="diffuse", init=False)


@dataclass(frozen=True)
class Glossy:
    """A metal-like surface: it reflects alike at every angle.

    Attributes:
        reflectance: share of the light that is sent back, by channel.
        roughness: 0 for a mirror to 1.
    """

    reflectance: Colour
    roughness: float
    kind: str = field(default="glossy", init=False)


@dataclass(frozen=True)
class Glass:
    """A surface that reflects and refracts by Fresnel's equations.

    Attributes:
        tint: by what every reflection and refraction is multiplied.
        refractive_index: of the inside, against the air's.
        roughness: 0 for clear glass to 1.
    """

    tint: Colour
    refractive_index: float
    roughness: float
    kind: str = field(default="glass", init=False)


@dataclass(frozen=True)
class Mixed:
    """A diffuse and a glossy surface in one.

    Attributes:
        albedo: of the diffuse part.
        reflectance: of the glossy part.
        roughness: of the glossy part.
        glossy_share: weight of the glossy part; the diffuse part has the rest.
    """

    albedo: Colour
    reflectance: Colour
    roughness: float
    glossy_share: float
    kind: str = field(default="mixed", init=False)


Material = Diffuse | Glossy | Glass | Mixed


def read_material(table: Table) -> Material:
    """Read a material from its table.

    Raises:
        SceneDescriptionError: the kind is unknown, or a key is missing, unknown or bad.
    """
    kind = table.text("kind")
    if kind not in _READERS:
        raise table.wrong("kind", f"one of {', '.join(_READERS)}")
    material = _READERS[kind](table)
    table.finish()
    return material


def _read_diffuse(table: Table) -> Diffuse:
    return Diffuse(albedo=table.triple("albedo", 0.0, 1.0))


def _read_glossy(table: Table) -> Glossy:
    return Glossy(reflectance=table.triple("reflectance", 0.0, 1.0), roughness=table.number("roughness", 0.0, 1.0))


def _read_glass(table: Table) -> Glass:
    return Glass(
        tint=table.triple("tint", 0.0, 1.0),
        refractive_index=table.number("refractive_index", 1.0, 5.0),
        roughness=table.number("roughness", 0.0, 1.0),
    )


def _read_mixed(table: Table) -> Mixed:
    return Mixed(
        albedo=table.triple("albedo", 0.0, 1.0),
        reflectance=table.triple("reflectance", 0.0, 1.0),
        roughness=table.number("roughness", 0.0, 1.0),
        glossy_share=table.number("glossy_share", 0.0, 1.0),
    )


_READERS = {"diffuse": _read_diffuse, "glossy": _read_glossy, "glass": _read_glass, "mixed": _read_mixed}
