"""Meshes of the shapes that solids name, each filling the cube from -½ to ½, and of the terrain."""

from __future__ import annotations

import math

import bmesh
import bpy
import numpy as np

from scene_generation.description import Terrain

#: How far the ground reaches; its edge is less than a pixel below the horizon.
_GROUND_REACH_M = 1500.0
_GROUND_RINGS = 48
_GROUND_SPOKES = 96


def unit_mesh(shape: str, variant: int) -> bpy.types.Mesh:
    """Return a new mesh with one empty material slot.

    Args:
        shape: a shape of :class:`scene_generation.description.Solid`.
        variant: which clump.
    """
    mesh = _roof() if shape == "roof" else _from_bmesh(shape, variant)
    mesh.materials.append(None)
    if shape in ("sphere", "clump"):
        mesh.shade_smooth()
    return mesh


def _from_bmesh(shape: str, variant: int) -> bpy.types.Mesh:
    built = bmesh.new()
    match shape:
        case "box":
            bmesh.ops.create_cube(built, size=1.0)
        case "cylinder" | "cone":
            top = 0.5 if shape == "cylinder" else 0.01
            bmesh.ops.create_cone(built, cap_ends=True, segments=32, radius1=0.5, radius2=top, depth=1.0)
        case "sphere":
            bmesh.ops.create_icosphere(built, subdivisions=3, radius=0.5)
            _scale_to_area(built, math.pi)
        case "clump":
            bmesh.ops.create_icosphere(built, subdivisions=4, radius=0.5)
            _roughen(built, variant)
        case _:
            raise ValueError(f"no such shape: {shape}")
    mesh = bpy.data.meshes.new(shape)
    built.to_mesh(mesh)
    built.free()
    return mesh


def _scale_to_area(built: bmesh.types.BMesh, area: float) -> None:
    """Give a mesh inscribed in a sphere the sphere's area: it then shines, and is seen, as the sphere is (Cauchy)."""
    factor = math.sqrt(area / sum(face.calc_area() for face in built.faces))
    bmesh.ops.scale(built, vec=(factor, factor, factor), verts=built.verts)


def _roughen(built: bmesh.types.BMesh, variant: int) -> None:
    """Push a sphere's points in and out by a sum of waves of random direction."""
    rng = np.random.default_rng(variant)
    frequencies = rng.normal(0.0, 1.0, (24, 3)) * np.geomspace(4.0, 30.0, 24)[:, None]
    phases = rng.uniform(0.0, 2.0 * np.pi, 24)
    points = np.array([vertex.co for vertex in built.verts])
    waves = np.sin(points @ frequencies.T + phases) * np.geomspace(0.08, 0.02, 24)
    for vertex, factor in zip(built.verts, 0.85 + waves.sum(axis=1), strict=True):
        vertex.co *= factor


def _roof() -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new("roof")
    corners = [(-0.5, -0.5, -0.5), (0.5, -0.5, -0.5), (0.5, 0.5, -0.5), (-0.5, 0.5, -0.5)]
    ridge = [(0.0, -0.5, 0.5), (0.0, 0.5, 0.5)]
    mesh.from_pydata([*corners, *ridge], [], [(0, 3, 2, 1), (0, 1, 4), (2, 3, 5), (1, 2, 5, 4), (3, 0, 4, 5)])
    return mesh


def terrain_mesh(terrain: Terrain) -> bpy.types.Mesh:
    """Return the ground: rings around the camera, ever wider, with hills that rise from 30 m on."""
    radii = np.geomspace(0.5, _GROUND_REACH_M, _GROUND_RINGS)[:, None]
    azimuths = np.linspace(0.0, 2.0 * np.pi, _GROUND_SPOKES, endpoint=False)[None, :]
    x, y = radii * np.cos(azimuths), radii * np.sin(azimuths)
    points = np.stack([x, y, terrain.level_m + _hills(x, y, terrain)], axis=-1).reshape(-1, 3)
    points = np.concatenate([points, [[0.0, 0.0, terrain.level_m]]])
    mesh = bpy.data.meshes.new("terrain")
    mesh.from_pydata(points.tolist(), [], _rings_of_faces())
    mesh.materials.append(None)
    mesh.shade_smooth()
    return mesh


def _hills(x: np.ndarray, y: np.ndarray, terrain: Terrain) -> np.ndarray:
    rng = np.random.default_rng(terrain.seed)
    rise = np.clip((np.hypot(x, y) - 30.0) / 500.0, 0.0, 1.0)
    waves = sum(
        amplitude * np.sin(x * kx + y * ky + phase)
        for amplitude, kx, ky, phase in zip(
            np.geomspace(1.0, 0.1, 12),
            rng.normal(0.0, 1.0, 12) * np.geomspace(0.004, 0.05, 12),
            rng.normal(0.0, 1.0, 12) * np.geomspace(0.004, 0.05, 12),
            rng.uniform(0.0, 6.3, 12),
            strict=True,
        )
    )
    return terrain.hill_height_m * rise * np.clip(0.4 + 0.3 * waves, 0.0, None)


def _rings_of_faces() -> list[tuple[int, ...]]:
    centre = _GROUND_RINGS * _GROUND_SPOKES
    after = [(spoke + 1) % _GROUND_SPOKES for spoke in range(_GROUND_SPOKES)]
    faces: list[tuple[int, ...]] = [(centre, spoke, after[spoke]) for spoke in range(_GROUND_SPOKES)]
    for ring in range(_GROUND_RINGS - 1):
        inner, outer = ring * _GROUND_SPOKES, (ring + 1) * _GROUND_SPOKES
        faces += [(inner + s, outer + s, outer + after[s], inner + after[s]) for s in range(_GROUND_SPOKES)]
    return faces
