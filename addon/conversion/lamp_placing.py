"""Lamps on their way: the worker takes lights out of the map, and then the scene gets lamps and the rest of the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Object, Scene

from ..converter_settings import ConversionSettings
from ..errors import AddonError
from ..files.result_files import SUFFIX
from ..source.sources import file_of
from ..worker.shared import SharedWorker
from ..world.followed_inputs import FollowedInputs
from ..world.followed_worlds import follow_world
from ..world.graph import SOURCE_PROPERTY, ImagePair, lighting_texture, load_result, remembered_pair, shown_pair
from ..world.lamp_copies import share_lamps
from ..world.lamps import place_lamps, taken
from ..world.map_rotation import check_followable
from ..world.rendered_world import rendered_world
from .hdr_work import HdrWork
from .output_paths import output_place
from .stepped_work import State


class LampPlacing(HdrWork):
    """The placing of lamps for lights of a scene's map.

    Args:
        worker: the session's.
        scene: one that a conversion has lit, and that shows the HDR.
        settings: from the preferences.
        numbers: of the lights, from 0, that of most energy first.
        kind: ``SUN`` or ``AREA``.

    Attributes:
        lamps: the new lamps, once FINISHED.

    Raises:
        AddonError: the scene shows no result, its file is missing, or a light has a lamp.
    """

    def __init__(
        self,
        worker: SharedWorker,
        scene: Scene,
        settings: ConversionSettings,
        numbers: Sequence[int] = (0,),
        kind: str = "SUN",
    ) -> None:
        pair, world = shown_pair(scene), rendered_world(scene)
        assert world is not None, "it shows the result"
        check_followable(lighting_texture(scene))
        before = taken(scene)
        if set(before) & set(numbers):
            raise AddonError("This light has a lamp. Choose another light, or remove the lamps.")
        super().__init__(worker, pair.hdr, "Taking the light out of the map")
        self._settings = settings
        self._scene, self._world = scene.session_uid, world.session_uid
        self._numbers, self._before, self._kind = list(numbers), before, kind
        self._is_relative = settings.folder.startswith("//")
        self.lamps: list[Object] = []
        output, take = self._output(pair), [*before, *numbers]
        self.ask(settings.worker, lambda client, source: client.lights(source, take=take, output=output))

    def _output(self, pair: ImagePair) -> Path:
        file = file_of(pair.hdr)
        folder = file.parent if file.is_file() else output_place(pair.ldr, self._settings.folder).path.parent
        return folder / f"{file.name.removesuffix(SUFFIX)}_without_lights{SUFFIX}"

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Add the lamps and show the rest of the map."""
        lights, path = facts["lights"], Path(facts["output"])
        scene = next((each for each in bpy.data.scenes if each.session_uid == self._scene), None)
        world = rendered_world(scene) if scene is not None else None
        pair = remembered_pair(world)
        if world is None or pair is None or world.session_uid != self._world or taken(scene) != self._before:
            self.fail("The scene was changed meanwhile, and no lamp was added. Add it again.")
            return
        try:
            rest = load_result(path, is_relative=self._is_relative)
        except AddonError as error:
            self.fail(str(error))
            return
        rest[SOURCE_PROPERTY] = pair.ldr
        chosen = {number: lights[number] for number in self._numbers}
        self.lamps = place_lamps(scene, chosen, rest, self._kind)
        share_lamps(scene)
        follow_world(scene, FollowedInputs(scene))  # a node may be muted
        self.state = State.FINISHED
