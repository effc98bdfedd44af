"""What is outside of a world follows a copy of it: the ground and the lamps of a scene that shows the copy."""

from __future__ import annotations

import bpy
from bpy.types import Scene

from .drivers import follow_copy, follows_another
from .ground import ground_of
from .lamp_copies import complete_lamps, let_lamps_follow
from .rendered_world import rendered_world


class WorldCopies:
    """Remembers which world each scene had, so that a look costs next to nothing."""

    def __init__(self) -> None:
        self._worlds: dict[int, int] | None = None

    def look(self, scene: Scene) -> None:
        """Let the ground and the lamps follow the world of a scene if it is another than at the last look.

        Lamps that the scene lacks for this world are added, see :func:`addon.world.lamp_copies.complete_lamps`.
        """
        world = rendered_world(scene)
        if self._worlds is None:
            self.remember()
        elif world is not None and self._worlds.get(scene.session_uid) != world.session_uid:
            self._worlds[scene.session_uid] = world.session_uid
            complete_lamps(scene)
            follow_world(scene)

    def remember(self) -> None:
        """Remember the worlds of all scenes; lamps that a scene lacks now were removed by someone, and stay so."""
        self._worlds = {}
        for scene in bpy.data.scenes:
            world = rendered_world(scene)
            if world is not None:
                self._worlds[scene.session_uid] = world.session_uid
                follow_world(scene)

    def forget(self) -> None:
        """Forget all scenes: another file is loaded."""
        self._worlds = None


def follow_world(scene: Scene) -> None:
    """Let the ground and the lamps of a scene's photograph follow its world, which may be a copy of the former one."""
    world, ground = rendered_world(scene), ground_of(scene)
    if world is None:
        return
    let_lamps_follow(scene, world)
    material = ground.active_material if ground is not None else None
    if ground is not None and material is not None and follows_another(material.node_tree, world):
        if material.users > 1:  # full copies of a scene share their materials
            ground.active_material = material = material.copy()
        follow_copy(material.node_tree, world)
