"""What is outside of a world follows it: the ground and the lamps of a scene, also after its nodes were changed.

A scene may be given a copy of its world. Nodes may be renamed, replaced or moved into a group.
"""

from __future__ import annotations

import bpy
from bpy.types import Scene

from .backplate import follow_light
from .followed_inputs import FollowedInputs
from .ground import let_ground_follow
from .lamp_copies import complete_lamps, let_lamps_follow
from .rendered_world import rendered_world


class FollowedWorlds:
    """Remembers what each scene's objects follow, so that a look costs next to nothing."""

    def __init__(self) -> None:
        self._worlds: dict[int, int] | None = None
        self._keys: dict[int, tuple[object, ...]] = {}

    def look(self, scene: Scene, *, has_changed: bool = True) -> None:
        """Let the ground and the lamps follow the world of a scene if it, or what they follow, is another than before.

        Lamps that the scene lacks for another world are added, see :func:`addon.world.lamp_copies.complete_lamps`.

        Args:
            scene: any.
            has_changed: whether worlds or node trees have changed since the last look.
        """
        world, uid = rendered_world(scene), scene.session_uid
        if self._worlds is None:
            self.remember()
            return
        if world is None:
            return
        is_another = self._worlds.get(uid) != world.session_uid
        if is_another:
            self._worlds[uid] = world.session_uid
            complete_lamps(scene)
        if is_another or has_changed or uid not in self._keys:
            self._follow(scene, is_another)

    def remember(self) -> None:
        """Remember the worlds of all scenes; lamps that a scene lacks now were removed by someone, and stay so."""
        self._worlds = {}
        for scene in bpy.data.scenes:
            world = rendered_world(scene)
            if world is not None:
                self._worlds[scene.session_uid] = world.session_uid
                self._follow(scene, is_another=True)

    def distrust(self) -> None:
        """Look at the drivers of all scenes again: an undo may have set them back."""
        self._keys.clear()

    def forget(self) -> None:
        """Forget all scenes: another file is loaded."""
        self._worlds = None
        self._keys.clear()

    def _follow(self, scene: Scene, is_another: bool) -> None:
        inputs = FollowedInputs(scene)
        if is_another or self._keys.get(scene.session_uid) != inputs.key:
            self._keys[scene.session_uid] = inputs.key
            follow_world(scene, inputs)


def follow_world(scene: Scene, inputs: FollowedInputs) -> None:
    """Let what follows the world of a scene follow its nodes as they are linked now.

    Args:
        scene: its world may be a copy of the former one.
        inputs: of the scene.
    """
    world = rendered_world(scene)
    if world is not None:
        let_lamps_follow(scene, world, inputs)
        let_ground_follow(scene, world, inputs)
        follow_light(world, inputs)
