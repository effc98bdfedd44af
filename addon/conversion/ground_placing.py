"""A ground on its way: the worker measures the light that falls on it, and then it is added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
from bpy.types import Object, Scene

from ..converter_settings import WorkerSettings
from ..worker.shared import SharedWorker
from ..world.followed_inputs import FollowedInputs
from ..world.followed_worlds import follow_world
from ..world.graph import lighting_texture, remembered_pair, shown_pair
from ..world.ground import add_ground
from ..world.ground_limit import GroundFacts
from ..world.map_rotation import check_followable
from ..world.rendered_world import rendered_world
from .hdr_work import HdrWork
from .stepped_work import State


class GroundPlacing(HdrWork):
    """The adding of a ground to a scene.

    Args:
        worker: the session's.
        scene: one that a conversion has lit, and that shows the HDR.
        settings: how the worker runs.
        options: ``shape``, ``height`` and ``radius`` of :func:`addon.world.ground.add_ground`.

    Attributes:
        ground: the object, once FINISHED.

    Raises:
        AddonError: the scene shows no result, or its file is missing.
    """

    def __init__(self, worker: SharedWorker, scene: Scene, settings: WorkerSettings, **options: Any) -> None:
        pair = shown_pair(scene)
        check_followable(lighting_texture(scene))
        super().__init__(worker, pair.hdr, "Measuring the light on the ground")
        self._scene, self._hdr = scene.session_uid, pair.hdr.session_uid
        self._options = options
        self.ground: Object | None = None
        self.ask(settings, lambda client, source: client.ground(source))

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Add the ground."""
        scene = next((each for each in bpy.data.scenes if each.session_uid == self._scene), None)
        pair = remembered_pair(rendered_world(scene)) if scene is not None else None
        if pair is None or pair.hdr.session_uid != self._hdr:
            self.fail("The scene was changed meanwhile, and no ground was added. Add it again.")
            return
        light = GroundFacts(**{name: facts[name] for name in GroundFacts.__dataclass_fields__})
        self.ground = add_ground(scene, light, **self._options)
        follow_world(scene, FollowedInputs(scene))  # a node may be muted
        self.state = State.FINISHED
