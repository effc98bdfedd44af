"""The ground of a converted scene: the photograph's lower hemisphere on a floor that receives shadows.

One object with one material of Blender's own nodes. The floor is a diffuse surface whose unobstructed parts have the
radiance of the photograph, see :mod:`addon.world.ground_group`; its values follow the world's by drivers.
"""

from __future__ import annotations

import math

import bpy
from bpy.types import Material, Mesh, Node, Object, Scene, World

from .drivers import DriverSource, drive_by, driven_nodes, follow_copy, follow_present, follows_another
from .followed_inputs import FollowedInputs
from .graph import editable_textures, lighting_node, local_world, remembered_pair
from .ground_group import (
    ADDED,
    BASE,
    GROUND_NAME,
    HEIGHT,
    IMAGE,
    RIM,
    STRENGTH,
    ground_group,
    is_ground_node,
    is_projection_node,
    projection_group,
)
from .ground_limit import GroundFacts, add_irradiances, follow_limit, slider
from .light_group import HIGHLIGHTS, SATURATION, WARMTH, light_node_after
from .light_inputs import LightInputs
from .map_rotation import ensure_mapping, follow_mapping, follow_type
from .rendered_world import rendered_world

#: On the object: the photograph, which copies of a world have in common.
GROUND_PROPERTY = "lanet_ground"
PLANE, DOME = SHAPES = ("PLANE", "DOME")
_SEGMENTS, _RINGS = 128, 32


def ground_of(scene: Scene) -> Object | None:
    """Return the ground of a scene's world, None if it has none."""
    return next(iter(_grounds_of(scene)), None)


def _grounds_of(scene: Scene) -> list[Object]:
    """Return the ground of a scene's world, and the duplicates that an artist has made of it."""
    pair = remembered_pair(rendered_world(scene))
    photographs = (None,) if pair is None else (None, pair.ldr)  # that of a ground may have been removed
    grounds = [each for each in scene.objects if GROUND_PROPERTY in each and each.type == "MESH"]
    return [each for each in grounds if each[GROUND_PROPERTY] in photographs]


def add_ground(scene: Scene, facts: GroundFacts, *, shape: str, height: float, radius: float) -> Object:
    """Add the ground at the origin; a former one of this world is removed.

    Args:
        scene: one that a conversion has lit.
        facts: the light of the HDR image on the unobstructed ground.
        shape: ``PLANE`` fades out at its rim, ``DOME`` continues above the horizon.
        height: of the photograph's camera above the ground, metres.
        radius: of the ground, metres.
    """
    remove_ground(scene)
    world = local_world(scene)
    material = _material(scene, world, facts, shape, radius)
    projection = projection_node(material)
    assert projection is not None, "it was made here"
    projection.inputs[HEIGHT].default_value = height
    mesh = _mesh(shape, radius)
    mesh.materials.append(material)
    target = bpy.data.objects.new(GROUND_NAME, mesh)
    pair = remembered_pair(world)
    assert pair is not None, "the world is converted"
    target[GROUND_PROPERTY] = pair.ldr
    scene.collection.objects.link(target)
    follow_lamps(scene)
    return target


def follow_lamps(scene: Scene) -> None:
    """Let the ground follow Peak Limit and the tint, unless lamps have the light that they would change."""
    target, world = ground_of(scene), rendered_world(scene)
    material, pair = target.active_material if target is not None else None, remembered_pair(world)
    if world is not None and pair is not None and material is not None:
        light = light_node_after(lighting_node(scene))
        follow_limit(material, light if pair.rest is None else None, world)
        _follow_tint(material, light, world, is_fixed=pair.rest is not None)


def let_ground_follow(scene: Scene, world: World, inputs: FollowedInputs) -> None:
    """Let the ground of a scene follow its world as the nodes are linked now; a shared material is copied first."""
    for target in _grounds_of(scene):
        material = target.active_material
        if material is None or material.node_tree is None:
            continue
        if material.users > 1 and follows_another(material.node_tree, world):  # full copies of a scene share materials
            target.active_material = material = material.copy()
        follow_copy(material.node_tree, world)
        follow_present(material.node_tree, world, inputs.of_ground)
        if inputs.mapping is not None:
            follow_type(driven_nodes(material.node_tree), inputs.mapping)


def _follow_tint(material: Material, light: Node | None, world: World, *, is_fixed: bool) -> None:
    """Let a ground follow Warmth and Saturation, or fix it to their values: lamps keep the colour that they got."""
    node = ground_node(material)
    if node is None or light is None:
        return
    for name in (WARMTH, SATURATION):
        if name not in node.inputs or name not in light.inputs:
            continue  # of an older version
        if is_fixed:
            node.inputs[name].driver_remove("default_value")
            node.inputs[name].default_value = light.inputs[name].default_value
        else:
            drive_by(node.inputs[name], slider(light, name), world)


def remove_ground(scene: Scene) -> None:
    """Remove the ground of a scene's world, and its duplicates."""
    for target in _grounds_of(scene):
        mesh, materials = target.data, list(target.data.materials)
        bpy.data.objects.remove(target)
        if mesh.users == 0:
            bpy.data.meshes.remove(mesh)
        for material in materials:
            if material is not None and material.users == 0:
                bpy.data.materials.remove(material)


def projection_node(material: Material) -> Node | None:
    """Return the node with the camera's height, None if someone has removed it."""
    return next(filter(is_projection_node, material.node_tree.nodes), None)


def ground_node(material: Material) -> Node | None:
    """Return the node with the ground's exposure, None if someone has removed it."""
    return next(filter(is_ground_node, material.node_tree.nodes), None)


def _material(scene: Scene, world: World, facts: GroundFacts, shape: str, radius: float) -> Material:
    material = bpy.data.materials.new(GROUND_NAME)
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()

    def add(kind: str, column: int) -> Node:
        node = tree.nodes.new(kind)
        node.location = (240.0 * column, 0.0)
        return node

    projection, mapping = add("ShaderNodeGroup", 0), add("ShaderNodeMapping", 1)
    texture, ground = add("ShaderNodeTexEnvironment", 2), add("ShaderNodeGroup", 3)
    output = add("ShaderNodeOutputMaterial", 4)
    projection.node_tree, ground.node_tree = projection_group(), ground_group()
    pair = remembered_pair(world)
    assert pair is not None, "the world is converted"
    texture.image = pair.ldr
    ground.inputs[STRENGTH].default_value = 1.0
    ground.inputs[RIM].default_value = radius if shape == PLANE else 1e9
    for node in editable_textures(scene):
        ensure_mapping(node)
    inputs = LightInputs.of(lighting_node(scene))
    assert inputs.mapping is not None, "it was made above"
    follow_mapping(mapping, inputs.mapping, world)
    if inputs.light is not None:
        drive_by(ground.inputs[HIGHLIGHTS], slider(inputs.light, HIGHLIGHTS), world)
    if inputs.strength is not None:
        drive_by(ground.inputs[STRENGTH], DriverSource(inputs.strength, inputs.strength.default_value), world)
    tree.links.new(projection.outputs["Direction"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
    tree.links.new(texture.outputs["Color"], ground.inputs[IMAGE])
    base, added = add_irradiances(material, facts)
    tree.links.new(base, ground.inputs[BASE])
    for name, each in zip(ADDED, added, strict=False):
        tree.links.new(each, ground.inputs[name])
    tree.links.new(ground.outputs["Surface"], output.inputs["Surface"])
    return material


def _mesh(shape: str, radius: float) -> Mesh:
    """Return a disc, or a disc and the upper half of a sphere on its rim."""
    around = [2.0 * math.pi * number / _SEGMENTS for number in range(_SEGMENTS)]
    elevations = [0.0]
    if shape == DOME:
        elevations = [0.5 * math.pi * ring / _RINGS for ring in range(_RINGS)]
    vertices = [(0.0, 0.0, 0.0)]
    for elevation in elevations:
        across, up = radius * math.cos(elevation), radius * math.sin(elevation)
        vertices += [(across * math.cos(angle), across * math.sin(angle), up) for angle in around]

    def ring(number: int, segment: int) -> int:
        return 1 + number * _SEGMENTS + segment % _SEGMENTS

    faces = [(0, ring(0, each), ring(0, each + 1)) for each in range(_SEGMENTS)]
    for number in range(len(elevations) - 1):
        faces += [
            (ring(number, each), ring(number + 1, each), ring(number + 1, each + 1), ring(number, each + 1))
            for each in range(_SEGMENTS)
        ]
    if shape == DOME:
        vertices.append((0.0, 0.0, radius))
        last = len(elevations) - 1
        faces += [(len(vertices) - 1, ring(last, each + 1), ring(last, each)) for each in range(_SEGMENTS)]
    mesh = bpy.data.meshes.new(GROUND_NAME)
    mesh.from_pydata(vertices, [], faces)
    return mesh
