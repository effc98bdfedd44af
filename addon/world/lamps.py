"""Lamps in place of lights of the environment: objects of the scene, which turn with the environment.

A lamp gives the light that the environment's map had there above its surroundings. The texture then shows the map
without it, so nothing is counted twice. All lamps of a world are children of an empty that drivers turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import bpy
from bpy.types import Image, Object, Scene, World
from mathutils import Vector

from ..worker.light_facts import LightFacts
from .graph import REST_PROPERTY, editable_textures, lighting_node, local_world, remembered_pair
from .ground import follow_lamps
from .lamp_strength import EnvironmentStrength
from .light_group import light_node_after
from .light_tint import tint_values, tinted
from .map_rotation import ensure_mapping, follow
from .rendered_world import rendered_world

#: On a lamp: the number of its light; on it and on the empty: the photograph, which copies of a world have in common.
LAMP_PROPERTY = "lanet_lamp"
PHOTOGRAPH_PROPERTY = "lanet_photograph"
#: The sun's; a map's pixels may be smaller or larger.
_LEAST_ANGLE_RAD = math.radians(0.53)
#: Of the lamps from the origin, metres; it matters for area lamps alone.
_DISTANCE = 5.0


def lamps_of(scene: Scene) -> list[Object]:
    """Return the lamps of a scene's world, in the order of their lights."""
    pair = remembered_pair(rendered_world(scene))
    photographs = (None,) if pair is None else (None, pair.ldr)  # that of a lamp may have been removed
    found = [each for each in scene.objects if isinstance(each.get(LAMP_PROPERTY), int) and each.type == "LIGHT"]
    found = [each for each in found if _photograph_of(each) in photographs]
    return sorted(found, key=lambda each: each[LAMP_PROPERTY])


def lamps_of_others(scene: Scene) -> list[Object]:
    """Return the lamps that light a scene in place of lights of another photograph, as after a change of the world."""
    own = lamps_of(scene)
    return [each for each in scene.objects if LAMP_PROPERTY in each and each not in own and not each.hide_render]


def empties_of(lamps: Iterable[Object]) -> list[Object]:
    """Return the empties that turn lamps; an artist may have removed one, or given a lamp another parent."""
    parents = {lamp.parent for lamp in lamps if lamp.parent is not None and PHOTOGRAPH_PROPERTY in lamp.parent}
    return list(parents)


def _photograph_of(lamp: Object) -> Image | None:
    owner = lamp if PHOTOGRAPH_PROPERTY in lamp or lamp.parent is None else lamp.parent
    return owner.get(PHOTOGRAPH_PROPERTY)


def has_lamps(scene: Scene) -> bool:
    """Return whether a scene's world has lamps, also if they were deleted by hand: the map lacks their light."""
    pair = remembered_pair(rendered_world(scene))
    return (pair is not None and pair.rest is not None) or bool(lamps_of(scene))


def taken(scene: Scene) -> list[int]:
    """Return the numbers of the lights that lamps stand for."""
    return [each[LAMP_PROPERTY] for each in lamps_of(scene)]


def place_lamps(scene: Scene, lights: Mapping[int, LightFacts], rest: Image, kind: str = "SUN") -> list[Object]:
    """Add lamps for lights, and show the map without them.

    Args:
        scene: one that a conversion has lit.
        lights: by their numbers, with the fields of
            :meth:`lanet_core.reconstruction.light_list.ConcentratedLight.facts`.
        rest: the map without these lights and those that have a lamp.
        kind: ``SUN``, or ``AREA`` for discs some metres away, whose light depends on the place.

    Returns:
        The new lamps.
    """
    world = local_world(scene)
    textures = editable_textures(scene)
    for node in textures:
        node.image = rest
    world[REST_PROPERTY] = rest
    lighting = lighting_node(scene)
    empty = _empty_of(scene, world)
    follow(empty, ensure_mapping(lighting), world)
    light_node = light_node_after(lighting)
    if light_node is not None:
        tint = tint_values(light_node)
        lights = {each: {**light, "energy": tinted(light["energy"], *tint)} for each, light in lights.items()}
    strength = EnvironmentStrength(scene)
    lamps = [_lamp(scene, empty, number, light, strength.factor, kind) for number, light in lights.items()]
    for lamp in lamps:
        strength.drive(lamp.data, world)
    follow_lamps(scene)
    return lamps


def remove_lamps(scene: Scene) -> None:
    """Remove the lamps of a scene's world and show the whole map again."""
    pair = remembered_pair(rendered_world(scene))
    if pair is not None and pair.rest is not None:
        for node in editable_textures(scene):
            if node.image == pair.rest:
                node.image = pair.hdr
        local_world(scene).pop(REST_PROPERTY, None)
    follow_lamps(scene)
    empties = empties_of(lamps_of(scene))
    for lamp in lamps_of(scene):
        data = lamp.data
        bpy.data.objects.remove(lamp)
        if data.users == 0:
            bpy.data.lights.remove(data)
    for empty in empties:
        if not empty.children:
            bpy.data.objects.remove(empty)


def hide_lamps(scene: Scene, *, hidden: bool) -> None:
    """Hide the lamps of a scene's world, or show them, in the viewport and in renders."""
    for lamp in lamps_of(scene):
        lamp.hide_viewport = lamp.hide_render = hidden


def _empty_of(scene: Scene, world: World) -> Object:
    for empty in empties_of(lamps_of(scene)):
        return empty
    empty = bpy.data.objects.new("LANet Lights", None)
    empty.empty_display_size = 0.5
    pair = remembered_pair(world)
    assert pair is not None, "the scene is converted"
    empty[PHOTOGRAPH_PROPERTY] = pair.ldr
    scene.collection.objects.link(empty)
    return empty


def _lamp(scene: Scene, empty: Object, number: int, light: LightFacts, factor: float, kind: str) -> Object:
    name = f"LANet {kind.title()} {number + 1}"
    data = bpy.data.lights.new(name, kind)
    strongest = max(light["energy"])
    irradiance = strongest * factor
    data.color = [each / strongest for each in light["energy"]]
    if kind == "SUN":
        data.energy = irradiance
        data.angle = max(2.0 * light["radius_rad"], _LEAST_ANGLE_RAD)
    else:
        radius = _DISTANCE * math.tan(light["radius_rad"])
        data.shape, data.size = "DISK", 2.0 * radius
        # A disc of P watts gives its axis, at the distance D, the irradiance P / (π (D² + r²)).
        data.energy = irradiance * math.pi * (_DISTANCE**2 + radius**2)
    lamp = bpy.data.objects.new(name, data)
    direction = Vector(light["direction"])
    lamp.location = direction * _DISTANCE
    lamp.rotation_mode = "QUATERNION"
    lamp.rotation_quaternion = direction.to_track_quat("Z", "Y")
    lamp.parent = empty
    lamp[LAMP_PROPERTY], lamp[PHOTOGRAPH_PROPERTY] = number, empty[PHOTOGRAPH_PROPERTY]
    scene.collection.objects.link(lamp)
    return lamp
