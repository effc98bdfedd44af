"""Remarks for the user on a conversion: what it did not convert, and what hides its light."""

from __future__ import annotations

from bpy.types import Image, Node, Scene

from ..translation import tr
from .colour_space import is_srgb
from .environment_texture import active_output, find_environment_textures, inputs_of
from .graph import find_environment_texture, light_nodes, remembered_pair
from .image_texture import flat_texture
from .lamps import lamps_of_others
from .light_changes import altering_nodes, changing_nodes
from .light_group import HIGHLIGHTS, NEUTRAL, sliders_of
from .rendered_world import other_worlds, rendered_world

#: Nodes of a world that begin light, besides Environment Textures.
_SOURCES = {"TEX_SKY": "a sky", "TEX_IMAGE": "an image", "TEX_NOISE": "noise", "TEX_GRADIENT": "a gradient"}


def notes_before(scene: Scene, ldr: Image | None) -> list[str]:
    """Return what a conversion will do besides, to be determined before it lights the scene.

    Args:
        scene: to be lit.
        ldr: the image that is converted; None for one that is not loaded yet.
    """
    notes = [
        tr("{name} no longer lights the world. Its node is kept, without its link.", name=name)
        for name in replaced(scene)
    ]
    flat = flat_texture(scene) if find_environment_texture(scene) is None else None
    if flat is not None:
        notes.append(
            tr(
                "“{node}” is an Image Texture, which does not surround the scene. "
                "An Environment Texture took its place.",
                node=_name(flat.node),
            )
        )
    if ldr is not None and ldr.source == "FILE" and not is_srgb(ldr):
        space = ldr.colorspace_settings.name
        notes.append(
            tr(
                "{name}: The converter reads the file as sRGB; its colour space “{space}” was not used.",
                name=ldr.name,
                space=space,
            )
        )
    return notes


def notes_after(scene: Scene) -> list[str]:
    """Return what hides or adds to the light of a scene that a conversion has lit."""
    world = rendered_world(scene)
    pair = remembered_pair(world)
    if pair is None:
        return []
    notes = altered(scene) + added(scene)
    others = [
        each.node
        for each in find_environment_textures(world, scene.render.engine)
        if each.node.image is not None and each.node.image not in pair.images
    ]
    notes += [
        tr("“{node}” shows another image, {image}, which was not converted.", node=_name(node), image=node.image.name)
        for node in others
    ]
    notes += [
        tr(
            "View layer “{layer}” renders the world “{world}”, which was not converted.",
            layer=layer.name,
            world=other.name,
        )
        for layer, other in other_worlds(scene)
    ]
    return notes + kept_sliders(scene)


def altered(scene: Scene) -> list[str]:
    """Return which nodes change the light of the texture that lights a scene, one sentence each."""
    world, texture = rendered_world(scene), find_environment_texture(scene)
    if texture is None:
        return []
    nodes = altering_nodes(world, texture, scene.render.engine)
    return [
        tr("“{node}” {change}. Mute or remove it to let the HDR light through.", node=_name(node), change=tr(change))
        for node, change in nodes
    ]


def added(scene: Scene) -> list[str]:
    """Return which lamps of another photograph light a scene as well, one sentence."""
    names = ", ".join(each.name for each in lamps_of_others(scene))
    if not names:
        return []
    return [tr("{names}: Lamps of another photograph light the scene, too. Hide or delete them.", names=names)]


def not_shared(scene: Scene) -> list[str]:
    """Return which nodes change the map's light and not that of lamps and of the ground, one sentence each."""
    world, texture = rendered_world(scene), find_environment_texture(scene)
    if texture is None:
        return []
    return [
        tr(
            "“{node}” changes the light of the map alone. Set that of lamps and of the ground by hand.",
            node=_name(node),
        )
        for node in changing_nodes(world, texture, scene.render.engine)
    ]


def kept_sliders(scene: Scene) -> list[str]:
    """Return which sliders change the light of a scene."""
    values = {name: node.inputs[name].default_value for node in light_nodes(scene) for name in sliders_of(node)}
    texts = {name: f"{value:+.2g} EV" if name == HIGHLIGHTS else f"{value:.4g}" for name, value in values.items()}
    return [
        tr("{name} is set to {value}.", name=tr(name), value=texts[name])
        for name, value in values.items()
        if value != NEUTRAL[name]
    ]


def replaced(scene: Scene) -> list[str]:
    """Return what lights a scene now and would not after a conversion, such as ``The sky “Sky Texture”``."""
    world = rendered_world(scene)
    if world is None or not world.use_nodes or find_environment_textures(world, scene.render.engine):
        return []
    if flat_texture(scene) is not None:  # its place is taken, and the rest stays
        return []
    output = active_output(world, scene.render.engine)
    nodes = _sources_behind(output) if output is not None else []
    return [f"“{_name(node)}” ({tr(_SOURCES[node.type])})" for node in nodes]


def _sources_behind(output: Node) -> list[Node]:
    found: dict[int, Node] = {}
    seen: set[tuple[int, ...]] = set()
    waiting = [(output.inputs["Surface"], ())]
    while waiting:
        socket, groups = waiting.pop()
        for link in socket.links:
            place = (*(group.as_pointer() for group in groups), link.from_socket.as_pointer())
            if link.is_muted or place in seen:
                continue
            seen.add(place)
            node = link.from_node
            if node.type in _SOURCES and not node.mute:
                found[node.as_pointer()] = node
            waiting += inputs_of(link.from_socket, groups, with_idle_sides=False)
    return list(found.values())


def _name(node: Node) -> str:
    return node.label or node.name
