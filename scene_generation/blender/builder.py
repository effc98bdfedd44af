"""A scene description built in Blender, and taken out again."""

from __future__ import annotations

import math

import bpy

from scene_generation.blender.shapes import terrain_mesh, unit_mesh
from scene_generation.blender.sky_nodes import world_of
from scene_generation.blender.surfaces import material_of
from scene_generation.description import Opening, PanoramaDescription, Solid, SurfaceMaterial, Terrain


class BuiltScene:
    """A separate scene in Blender, which leaves others alone; a context manager that removes it.

    Args:
        description: what to build.

    Attributes:
        scene: Blender's scene, with camera and world.
    """

    def __init__(self, description: PanoramaDescription) -> None:
        self._blocks: list[bpy.types.ID] = []
        self._meshes: dict[tuple[str, int], bpy.types.Mesh] = {}
        self._materials: dict[SurfaceMaterial, bpy.types.Material] = {}
        self._unit_cd_m2 = description.unit_cd_m2
        self.scene = self._keep(bpy.data.scenes.new("generated"))
        try:
            self._build(description)
        except BaseException:
            self.remove()
            raise

    def remove(self) -> None:
        """Take everything that was built out of Blender."""
        bpy.data.batch_remove(self._blocks)
        self._blocks = []

    def __enter__(self) -> BuiltScene:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _build(self, description: PanoramaDescription) -> None:
        self.scene.render.engine = "CYCLES"
        world, *images = world_of(description.sky, description.unit_cd_m2)
        self._blocks += [world, *images]
        self.scene.world = world
        for solid in description.solids:
            self._solid(solid)
        if description.terrain is not None:
            self._terrain(description.terrain)
        for opening in description.openings:
            self._portal(opening)
        self._camera(description.camera)

    def _keep(self, block: bpy.types.ID) -> bpy.types.ID:
        self._blocks.append(block)
        return block

    def _object(self, name: str, data: bpy.types.ID) -> bpy.types.Object:
        placed = self._keep(bpy.data.objects.new(name, data))
        self.scene.collection.objects.link(placed)
        return placed

    def _solid(self, solid: Solid) -> None:
        key = (solid.shape, solid.variant)
        if key not in self._meshes:
            self._meshes[key] = self._keep(unit_mesh(*key))
        placed = self._object(solid.shape, self._meshes[key])
        placed.location, placed.scale = solid.centre, solid.size
        placed.rotation_euler = (0.0, solid.tilt_rad, solid.yaw_rad)
        placed["size"] = solid.size  # for patterns that count in metres
        self._paint(placed, solid.surface)

    def _terrain(self, terrain: Terrain) -> None:
        placed = self._object("terrain", self._keep(terrain_mesh(terrain)))
        placed["size"] = (1.0, 1.0, 1.0)
        self._paint(placed, terrain.surface)

    def _paint(self, placed: bpy.types.Object, surface: SurfaceMaterial) -> None:
        if surface not in self._materials:
            self._materials[surface] = self._keep(material_of(surface, self._unit_cd_m2))
        slot = placed.material_slots[0]
        slot.link = "OBJECT"  # solids of many surfaces share one mesh
        slot.material = self._materials[surface]

    def _portal(self, opening: Opening) -> None:
        light = self._keep(bpy.data.lights.new("portal", "AREA"))
        light.shape, light.size, light.size_y = "RECTANGLE", opening.width_m, opening.height_m
        light.cycles.is_portal = True
        placed = self._object("portal", light)
        placed.location = opening.centre
        # An area light looks along its -z: stood up, then turned into the room.
        placed.rotation_euler = (math.pi / 2, 0.0, opening.yaw_rad - math.pi / 2)

    def _camera(self, position: tuple[float, float, float]) -> None:
        lens = self._keep(bpy.data.cameras.new("camera"))
        lens.type = "PANO"
        owner = lens if hasattr(lens, "panorama_type") else lens.cycles  # it moved with 5.0
        owner.panorama_type = "EQUIRECTANGULAR"
        lens.clip_start, lens.clip_end = 1e-3, 1e5
        placed = self._object("camera", lens)
        placed.location = position
        placed.rotation_euler = (math.pi / 2, 0.0, -math.pi / 2)  # looks along +x
        self.scene.camera = placed
