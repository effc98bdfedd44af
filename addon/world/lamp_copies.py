"""Lamps in every scene that shows the map without their lights: linked, copied, or given back to the map."""

from __future__ import annotations

import bpy
from bpy.types import Object, Scene, World

from .drivers import follow_copy, follow_present, follows_another
from .followed_inputs import FollowedInputs
from .graph import is_own, remembered_pair
from .lamps import empties_of, lamps_of, remove_lamps
from .map_rotation import follow, follows_type
from .rendered_world import rendered_world


def share_lamps(scene: Scene) -> None:
    """Link the lamps of a scene into the other scenes that render its world."""
    for other in _others(scene):
        if rendered_world(other) == rendered_world(scene):
            _link(other, lamps_of(scene))


def complete_lamps(scene: Scene) -> None:
    """Let a scene that shows a map without some lights have these lights.

    If another scene has the lamps, it gives them: the same ones for the same world, else copies that follow the world.
    If there are none, as after a world was appended, the scene shows the whole map again.
    """
    world = rendered_world(scene)
    pair = remembered_pair(world)
    if world is None or not is_own(world) or pair is None or pair.rest is None or lamps_of(scene):
        return
    givers = [each for each in _others(scene) if _shows_the_same(each, pair.rest) and lamps_of(each)]
    givers.sort(key=lambda each: rendered_world(each) != world)
    if not givers:
        remove_lamps(scene)
    elif rendered_world(givers[0]) == world:
        _link(scene, lamps_of(givers[0]))
    else:
        _link(scene, _copies(lamps_of(givers[0]), world))


def let_lamps_follow(scene: Scene, world: World, inputs: FollowedInputs) -> None:
    """Let the lamps of a scene follow its world as the nodes are linked now.

    Lamps that turn with the world of another scene are copied first.
    """
    _let_follow(scene, world)
    lamps = lamps_of(scene)  # that may be copies now
    for lamp in lamps:
        follow_present(lamp.data, world, inputs.of_lamp)
    for empty in empties_of(lamps):
        follow_present(empty, world, inputs.of_empty)
        if inputs.mapping is not None and empty.animation_data is not None and not follows_type(empty, inputs.mapping):
            follow(empty, inputs.mapping, world)


def _let_follow(scene: Scene, world: World) -> None:
    lamps = lamps_of(scene)
    empties = empties_of(lamps)
    if not any(follows_another(each, world) for each in (*empties, *(lamp.data for lamp in lamps))):
        return
    members = [*empties, *lamps]
    others = [each for each in _others(scene) if rendered_world(each) != world]
    is_shared = any(lamp.name in each.objects for each in others for lamp in lamps)
    if is_shared and all(each.name in scene.collection.objects for each in members):
        for each in members:
            scene.collection.objects.unlink(each)
        _link(scene, _copies(lamps, world))
    else:
        _follow(lamps, world)


def _others(scene: Scene) -> list[Scene]:
    return [each for each in bpy.data.scenes if each != scene and each.library is None]


def _shows_the_same(scene: Scene, rest: bpy.types.Image) -> bool:
    pair = remembered_pair(rendered_world(scene))
    return pair is not None and pair.rest == rest


def _link(scene: Scene, lamps: list[Object]) -> None:
    for each in (*empties_of(lamps), *lamps):
        if each.name not in scene.objects:
            scene.collection.objects.link(each)


def _copies(lamps: list[Object], world: World) -> list[Object]:
    """Return copies of lamps, with copies of their empties that turn with a world."""
    empties = {empty: empty.copy() for empty in empties_of(lamps)}
    copies = []
    for lamp in lamps:
        copy = lamp.copy()
        copy.data = lamp.data.copy()
        copy.parent = empties.get(lamp.parent, lamp.parent)
        copies.append(copy)
    _follow(copies, world)
    return copies


def _follow(lamps: list[Object], world: World) -> None:
    for owner in (*empties_of(lamps), *(lamp.data for lamp in lamps)):
        follow_copy(owner, world)
