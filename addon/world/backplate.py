"""The backplate of a converted world: what its camera sees, apart from what lights the scene.

Nodes of the world's own tree, before its output: an Environment Texture and the group 'LANet Backplate', which shows it
to camera rays alone. The choice itself is a custom property of the world.
"""

from __future__ import annotations

from collections.abc import Iterator

from bpy.types import FCurve, Node, NodeSocket, Scene, ShaderNodeGroup, ShaderNodeTexEnvironment, World

from .backplate_group import (
    BLUR,
    BLUR_NAME,
    IMAGE,
    LIGHT,
    NAME,
    SURFACE,
    backplate_group,
    blur_group,
    is_backplate,
    is_blur,
)
from .drivers import driven_socket, follow_present
from .environment_texture import active_output
from .followed_inputs import FollowedInputs
from .graph import lighting_node, local_world, remembered_pair
from .map_rotation import ensure_mapping, follow_mapping, follow_type, mapping_of
from .rendered_world import rendered_world

MODE_PROPERTY = "lanet_backplate"
#: On a world: whether the film was transparent before a backplate was chosen.
FILM_PROPERTY = "lanet_film_transparent"
LIT, PHOTOGRAPH, HDR, BLURRED, COLOUR, TRANSPARENT = MODES = (
    "LIGHT",
    "PHOTOGRAPH",
    "HDR",
    "BLURRED",
    "COLOUR",
    "TRANSPARENT",
)
_MARK = "lanet_backplate_node"
_STEP = 200.0


def mode_of(scene: Scene) -> str:
    """Return what the camera sees, one of :data:`MODES`; ``LIGHT`` is what lights the scene."""
    world = rendered_world(scene)
    mode = world.get(MODE_PROPERTY, LIT) if world is not None else LIT
    if mode == TRANSPARENT:
        return mode if scene.render.film_transparent else LIT
    return mode if mode in MODES and backplate_node(world) is not None else LIT


def set_mode(scene: Scene, mode: str) -> None:
    """Choose what the camera sees.

    Args:
        scene: one that a conversion has lit; nothing changes for another, and for a linked one.
        mode: one of :data:`MODES`.
    """
    if scene.library is not None or remembered_pair(rendered_world(scene)) is None:
        return
    world = local_world(scene)
    if FILM_PROPERTY not in world:
        world[FILM_PROPERTY] = scene.render.film_transparent
    scene.render.film_transparent = mode == TRANSPARENT or (mode == LIT and bool(world[FILM_PROPERTY]))
    if mode == LIT:
        del world[FILM_PROPERTY]
        world.pop(MODE_PROPERTY, None)
    else:
        world[MODE_PROPERTY] = mode
    if mode in (LIT, TRANSPARENT):
        _remove_nodes(world)
    else:
        _insert_nodes(world)
        refresh(scene)


def refresh(scene: Scene) -> None:
    """Show the backplate of the image that lights a scene now: after a conversion, and after a choice."""
    world = rendered_world(scene)
    mode, pair = mode_of(scene), remembered_pair(world)
    if world is None or pair is None or mode in (LIT, TRANSPARENT):
        return
    texture = _texture_of(world)
    is_blurred = blur_node(world) is not None
    if mode == COLOUR or texture is None or is_blurred != (mode == BLURRED):
        _remove_source(world)
        texture = _add_source(scene, world, is_blurred=mode == BLURRED) if mode != COLOUR else None
    if texture is not None:
        texture.image = pair.hdr if mode == HDR else pair.ldr
        for node in _backplate_nodes(world):
            world.node_tree.links.new(texture.outputs["Color"], node.inputs[IMAGE])


def follow_light(world: World, inputs: FollowedInputs) -> None:
    """Let the backplate of a world turn as its light, whose nodes are in a group, as they are linked now."""
    if world.node_tree is None or not inputs.is_lit:
        return
    follow_present(world.node_tree, world, lambda curve, _: inputs.mappings if _is_backplates(curve) else None)
    if inputs.mapping is not None:
        follow_type([node for node in world.node_tree.nodes if _MARK in node], inputs.mapping)


def remove(scene: Scene) -> None:
    """Show the camera what lights the scene again."""
    world = rendered_world(scene)
    if world is not None and (MODE_PROPERTY in world or FILM_PROPERTY in world):
        set_mode(scene, LIT)


def backplate_node(world: World) -> ShaderNodeGroup | None:
    """Return the node with the backplate's exposure and colour, None where there is no backplate."""
    return next(_backplate_nodes(world), None)


def blur_node(world: World) -> ShaderNodeGroup | None:
    """Return the node with the backplate's blur, None where it is not blurred."""
    return next((node for node in world.node_tree.nodes if is_blur(node)), None) if world.node_tree else None


def _backplate_nodes(world: World) -> Iterator[ShaderNodeGroup]:
    return (node for node in (world.node_tree.nodes if world.node_tree else ()) if is_backplate(node))


def _insert_nodes(world: World) -> None:
    """Insert a backplate node before every active output that is without one."""
    tree = world.node_tree
    for engine in ("CYCLES", "EEVEE"):
        output = active_output(world, engine)
        links = output.inputs["Surface"].links if output is not None else ()
        if output is None or not links or is_backplate(links[0].from_node):
            continue
        light = links[0].from_socket
        node = tree.nodes.new("ShaderNodeGroup")
        node.node_tree = backplate_group()
        node.name = node.label = NAME
        node.parent = output.parent  # a location is that in the frame
        node.location = output.location
        output.location.x += _STEP
        tree.links.new(light, node.inputs[LIGHT])
        tree.links.new(node.outputs[SURFACE], output.inputs["Surface"])


def _remove_nodes(world: World) -> None:
    _remove_source(world)
    tree = world.node_tree
    for node in list(_backplate_nodes(world)):
        lights = [link.from_socket for link in node.inputs[LIGHT].links]
        for link in list(node.outputs[SURFACE].links):
            target = link.to_socket
            target.node.location.x -= _STEP
            if lights:
                tree.links.new(lights[0], target)
        tree.nodes.remove(node)


def _remove_source(world: World) -> None:
    for node in [node for node in world.node_tree.nodes if _MARK in node]:
        world.node_tree.nodes.remove(node)


def _is_backplates(curve: FCurve) -> bool:
    socket = driven_socket(curve)
    return socket is not None and _MARK in socket.node


def _texture_of(world: World) -> ShaderNodeTexEnvironment | None:
    return next((node for node in world.node_tree.nodes if _MARK in node and node.type == "TEX_ENVIRONMENT"), None)


def _add_source(scene: Scene, world: World, *, is_blurred: bool) -> ShaderNodeTexEnvironment:
    texture = _add(world, "ShaderNodeTexEnvironment", column=1)
    texture.label = "Backplate"
    world.node_tree.links.new(_direction(scene, world, is_blurred=is_blurred), texture.inputs["Vector"])
    return texture


def _direction(scene: Scene, world: World, *, is_blurred: bool) -> NodeSocket:
    """Return the direction that is looked up in the backplate: that of the light, which may be turned."""
    tree, lighting = world.node_tree, lighting_node(scene)
    if lighting.id_data == tree:
        direction = ensure_mapping(lighting).outputs["Vector"]
    else:  # the light's texture is in a group
        coordinate, mapping = _add(world, "ShaderNodeTexCoord", column=4), _add(world, "ShaderNodeMapping", column=3)
        tree.links.new(coordinate.outputs["Generated"], mapping.inputs["Vector"])
        turned = mapping_of(lighting)
        if turned is not None:
            follow_mapping(mapping, turned)
        direction = mapping.outputs["Vector"]
    if is_blurred:
        blur = _add(world, "ShaderNodeGroup", column=2)
        blur.node_tree = blur_group()
        blur.label = BLUR_NAME
        blur.inputs[BLUR].default_value = blur.node_tree.interface.items_tree[BLUR].default_value
        tree.links.new(direction, blur.inputs["Vector"])
        direction = blur.outputs["Vector"]
    return direction


def _add(world: World, kind: str, *, column: int) -> Node:
    """Add a node of the backplate's source, so many columns left of the backplate and below the light."""
    node: Node = world.node_tree.nodes.new(kind)
    node[_MARK] = True
    backplate = backplate_node(world)
    assert backplate is not None, "it is inserted before its source"
    node.parent = backplate.parent
    node.location = (backplate.location.x - column * 1.5 * _STEP, backplate.location.y - 300.0)
    return node
