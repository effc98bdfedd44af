"""Materials of surfaces: a pattern of two colours in metres, a mirror's part, holes, light."""

from __future__ import annotations

import bpy

from scene_generation.blender.nodes import Nodes
from scene_generation.description import SurfaceMaterial
from scene_generation.draws import scaled


def material_of(surface: SurfaceMaterial, unit_cd_m2: float) -> bpy.types.Material:
    """Return a new material.

    Args:
        surface: what it looks like.
        unit_cd_m2: luminance of a pixel value of 1.
    """
    material = bpy.data.materials.new(surface.pattern)
    nodes = Nodes(material)
    shader = _lamp(nodes, surface, unit_cd_m2) if surface.shines else _opaque(nodes, surface)
    if surface.holes > 0.0:
        shader = _with_holes(nodes, shader, surface)
    nodes.add("OutputMaterial", {"Surface": shader})
    return material


def _lamp(nodes: Nodes, surface: SurfaceMaterial, unit_cd_m2: float) -> bpy.types.NodeSocket:
    colour = scaled(surface.emission, 1.0 / unit_cd_m2)
    return nodes.add("Emission", {"Color": colour}).outputs[0]


def _opaque(nodes: Nodes, surface: SurfaceMaterial) -> bpy.types.NodeSocket:
    colour = surface.albedo if surface.albedo_2 is None else _pattern(nodes, surface, surface.albedo_2)
    if surface.gloss == 0.0 and surface.metallic == 0.0:
        return nodes.add("BsdfDiffuse", {"Color": colour}).outputs[0]
    inputs = {
        "Base Color": colour,
        "Roughness": surface.roughness,
        "Metallic": surface.metallic,
        "Specular IOR Level": surface.gloss,
    }
    return nodes.add("BsdfPrincipled", inputs).outputs[0]


def _with_holes(nodes: Nodes, shader: bpy.types.NodeSocket, surface: SurfaceMaterial) -> bpy.types.NodeSocket:
    # Leaves end sharply: a leaf is there or not.
    noise = nodes.add("TexNoise", {"Vector": _position(nodes), "Scale": 1.0 / surface.scale_m, "Detail": 2.0})
    there = nodes.math("GREATER_THAN", noise.outputs[0], 0.5 + 0.35 * (surface.holes - 0.5))
    empty = nodes.add("BsdfTransparent").outputs[0]
    return nodes.add("MixShader", {0: there, 1: empty, 2: shader}).outputs[0]


def _position(nodes: Nodes) -> bpy.types.NodeSocket:
    return nodes.add("NewGeometry").outputs["Position"]


def _pattern(nodes: Nodes, surface: SurfaceMaterial, second: tuple[float, float, float]) -> bpy.types.NodeSocket:
    size, first = surface.scale_m, surface.albedo
    match surface.pattern:
        case "plain":
            return nodes.mix(0.5, first, second)
        case "noise":
            inputs = {"Vector": _position(nodes), "Scale": 0.5 / size, "Detail": 4.0, "Roughness": 0.6}
            return nodes.mix(nodes.smoothstep(nodes.add("TexNoise", inputs).outputs[0], 0.35, 0.65), first, second)
        case "patches":
            inputs = {"Vector": _position(nodes), "Scale": 1.0 / size}
            cells = nodes.add("TexVoronoi", inputs).outputs["Color"]
            return nodes.mix(nodes.add("SeparateXYZ", {0: cells}).outputs[0], first, second)
        case "tiles":
            inputs = {"Vector": _nudged(nodes), "Color1": first, "Color2": second, "Scale": 1.0 / size}
            return nodes.add("TexChecker", inputs).outputs["Color"]
        case "bricks":
            return _bricks(nodes, first, second, scaled(first, 0.6), (2.0 * size, size), gap=0.06 * size)
        case "planks":
            return _bricks(nodes, first, second, scaled(second, 0.4), (10.0 * size, size), gap=0.02 * size)
        case "windows":
            return _bricks(nodes, second, second, first, (0.8 * size, size), gap=0.28 * size, offset=0.0)
    raise ValueError(f"no such pattern: {surface.pattern}")


def _nudged(nodes: Nodes) -> bpy.types.NodeSocket:
    """Return the position a little off: a checker is undecided where a face is on its grid."""
    return nodes.vector("ADD", _position(nodes), (0.013, 0.017, 0.011))


def _bricks(
    nodes: Nodes, first: object, second: object, gap_colour: object, size: tuple[float, float], **options: float
) -> bpy.types.NodeSocket:
    """Return courses of bricks: along the wall on walls, along x on floors."""
    inputs = {
        "Vector": _along_the_face(nodes),
        "Color1": first,
        "Color2": second,
        "Mortar": gap_colour,
        "Scale": 1.0,
        "Mortar Size": options["gap"],
        "Mortar Smooth": 0.0,
        "Brick Width": size[0],
        "Row Height": size[1],
    }
    return nodes.add("TexBrick", inputs, offset=options.get("offset", 0.5)).outputs["Color"]


def _along_the_face(nodes: Nodes) -> bpy.types.NodeSocket:
    """Return (along, up) on walls and (x, y) on floors, in metres of the object before it was turned."""
    geometry = nodes.add("TexCoord").outputs["Object"]
    size = nodes.add("Attribute", attribute_name="size", attribute_type="OBJECT").outputs["Vector"]
    x, y, z = nodes.add("SeparateXYZ", {0: nodes.vector("MULTIPLY", geometry, size)}).outputs
    normal = nodes.add("VectorTransform", {0: nodes.add("NewGeometry").outputs["Normal"]}, convert_to="OBJECT")
    across = nodes.vector("NORMALIZE", nodes.vector("MULTIPLY", normal.outputs[0], size))
    nx, _, nz = nodes.add("SeparateXYZ", {0: nodes.vector("ABSOLUTE", across)}).outputs
    faces_x, faces_up = nodes.math("GREATER_THAN", nx, 0.7), nodes.math("GREATER_THAN", nz, 0.7)
    along = nodes.add("Mix", {0: faces_x, 2: x, 3: y}, data_type="FLOAT").outputs[0]
    up = nodes.add("Mix", {0: faces_up, 2: z, 3: y}, data_type="FLOAT").outputs[0]
    return nodes.add("CombineXYZ", {0: along, 1: up}).outputs[0]
