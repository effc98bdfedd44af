"""Lamps on their way: the worker takes lights out of the map, and then the scene gets lamps and the rest of the map.

It is advanced and shown like :class:`addon.conversion.scene.Conversion`; only its last step changes the .blend.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import bpy
from bpy.types import Object, Scene

from ..converter_settings import ConversionSettings
from ..errors import AddonError
from ..files.result_files import SUFFIX
from ..source.sources import file_of, hdr_source
from ..worker.client import Cancelled, Event, Failed, Finished
from ..worker.shared import SharedWorker
from ..worker.wording import for_artist
from ..world.graph import SOURCE_PROPERTY, ImagePair, load_result, remembered_pair, shows_hdr
from ..world.lamps import place_lamps, taken
from ..world.rendered_world import rendered_world
from .image import State
from .output_paths import output_place

_POLL_S = 0.01


class LampPlacing:
    """The placing of lamps for lights of a scene's map.

    Args:
        worker: the session's.
        scene: one that a conversion has lit, and that shows the HDR.
        settings: from the preferences.
        numbers: of the lights, from 0, that of most energy first.
        kind: ``SUN`` or ``AREA``.

    Attributes:
        state: where it stands.
        share: how much is done, [0, 1].
        stage: what is being done.
        lamps: the new lamps, once FINISHED.
        message: once FAILED, what was wrong and what to do.

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
        pair = remembered_pair(rendered_world(scene))
        if pair is None or not shows_hdr(scene):
            raise AddonError("This world shows no HDR. Convert its environment first, or switch it to HDR.")
        before = taken(scene)
        if set(before) & set(numbers):
            raise AddonError("This light has a lamp. Choose another light, or remove the lamps.")
        self._worker, self._settings = worker, settings
        self._scene, self._world = scene.session_uid, rendered_world(scene).session_uid
        self._numbers, self._before, self._kind = list(numbers), before, kind
        self._is_relative = settings.folder.startswith("//")
        self.name = pair.hdr.name
        self.state = State.RUNNING
        self.share, self.stage = 0.0, "Taking the light out of the map"
        self.lamps: list[Object] = []
        self.message = self.details = ""
        self._source = hdr_source(pair.hdr)
        output, take = self._output(pair), [*before, *numbers]
        self._request = worker.ask(
            settings.worker, lambda client: client.lights(self._source.path, take=take, output=output), self._hear
        )

    def step(self) -> State:
        """Go on if something can be done now; return where it stands."""
        self._worker.poll()
        return self.state

    def cancel(self) -> None:
        """Make it CANCELLED at once, unless it has ended already."""
        if self.state is State.RUNNING:
            self.state = State.CANCELLED
            self._request.cancel()

    def wait(self) -> State:
        """Advance it to its end, which holds the thread; an interruption cancels it."""
        try:
            while self.step() is State.RUNNING:
                time.sleep(_POLL_S)
        finally:
            self.cancel()
            while self._worker.busy:
                self._worker.poll()
                time.sleep(_POLL_S)
        return self.state

    def _output(self, pair: ImagePair) -> Path:
        file = file_of(pair.hdr)
        folder = file.parent if file.is_file() else output_place(pair.ldr, self._settings.folder).path.parent
        return folder / f"{file.name.removesuffix(SUFFIX)}_without_lights{SUFFIX}"

    def _hear(self, event: Event) -> None:
        if not isinstance(event, Finished | Failed | Cancelled):
            return
        self._source.leave()
        if self.state is not State.RUNNING:
            return
        match event:
            case Finished():
                self._finish(event.facts["lights"], Path(event.facts["output"]))
            case Failed():
                self._fail(for_artist(event.message_about(self._source.path, self.name)), event.details)
            case Cancelled():
                self.state = State.CANCELLED

    def _finish(self, lights: Sequence[dict[str, object]], path: Path) -> None:
        scene = next((each for each in bpy.data.scenes if each.session_uid == self._scene), None)
        world = rendered_world(scene) if scene is not None else None
        pair = remembered_pair(world)
        if pair is None or world.session_uid != self._world or taken(scene) != self._before:
            self._fail("The scene was changed meanwhile, and no lamp was added. Add it again.")
            return
        try:
            rest = load_result(path, is_relative=self._is_relative)
        except AddonError as error:
            self._fail(str(error))
            return
        rest[SOURCE_PROPERTY] = pair.ldr
        chosen = {number: lights[number] for number in self._numbers}
        self.lamps = place_lamps(scene, chosen, rest, self._kind)
        self.state = State.FINISHED

    def _fail(self, message: str, details: str = "") -> None:
        self.message, self.details = message, details
        self.state = State.FAILED
