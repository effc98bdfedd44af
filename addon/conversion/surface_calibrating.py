"""Calibration by a surface on its way: the worker solves for the factor of the light, and then Highlights is set.

It is advanced like :class:`addon.conversion.scene.Conversion`, and changes the .blend in its last step alone.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import bpy
from bpy.types import Scene

from ..converter_settings import WorkerSettings
from ..errors import AddonError
from ..source.sources import hdr_source
from ..translation import tr
from ..worker.client import Cancelled, Event, Failed, Finished
from ..worker.shared import SharedWorker
from ..worker.wording import for_artist
from ..world.graph import light_nodes, remembered_pair, shows_hdr
from ..world.highlights import set_highlights
from ..world.light_group import PEAK_LIMIT
from ..world.rendered_world import rendered_world
from .image import State

_POLL_S = 0.01


@dataclass(frozen=True)
class KnownSurface:
    """A surface of the photograph, see :mod:`lanet_core.reconstruction.surface_calibration`.

    Attributes:
        albedo: (0, 1].
        at: (u, v) in the panorama, [0, 1] from the left and from the top; None for the ground.
        facing: ``auto``, ``up`` or ``camera``.
    """

    albedo: float
    at: tuple[float, float] | None = None
    facing: str = "auto"


class SurfaceCalibrating:
    """The calibration of a scene's light.

    Args:
        worker: the session's.
        scene: one that a conversion has lit, and that shows the HDR.
        settings: how the worker runs.
        surface: what is known.

    Attributes:
        state: where it stands.
        share: how much is done, [0, 1].
        stage: what is being done.
        ev: Highlights, once FINISHED.
        notes: what the artist should know of the result.
        message: once FAILED, what was wrong and what to do.

    Raises:
        AddonError: the scene shows no result, or its file is missing.
    """

    def __init__(self, worker: SharedWorker, scene: Scene, settings: WorkerSettings, surface: KnownSurface) -> None:
        pair = remembered_pair(rendered_world(scene))
        if pair is None or not shows_hdr(scene):
            raise AddonError("This world shows no HDR. Convert its environment first, or switch it to HDR.")
        self._worker = worker
        self._scene, self._hdr = scene.session_uid, pair.hdr.session_uid
        self.name, self.surface = pair.hdr.name, surface
        self.state = State.RUNNING
        self.share, self.stage = 0.0, "Measuring the surface"
        self.ev: float | None = None
        self.notes: list[str] = []
        self.message = self.details = ""
        self._source = hdr_source(pair.hdr)
        self._request = worker.ask(
            settings,
            lambda client: client.calibrate(self._source.path, surface.albedo, at=surface.at, facing=surface.facing),
            self._hear,
        )

    def step(self) -> State:
        """Do what can be done now; return where it stands."""
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

    def _hear(self, event: Event) -> None:
        if not isinstance(event, Finished | Failed | Cancelled):
            return
        self._source.leave()
        if self.state is not State.RUNNING:
            return
        match event:
            case Finished():
                self._finish(event.facts["factor"], event.facts["problem"])
            case Failed():
                self._fail(for_artist(event.message_about(self._source.path, self.name)), event.details)
            case Cancelled():
                self.state = State.CANCELLED

    def _finish(self, factor: float | None, problem: str) -> None:
        if factor is None:
            self._fail(tr("{problem} The light was left as it is.", problem=problem))
            return
        scene = next((each for each in bpy.data.scenes if each.session_uid == self._scene), None)
        pair = remembered_pair(rendered_world(scene)) if scene is not None else None
        if pair is None or pair.hdr.session_uid != self._hdr:
            self._fail("The scene was changed meanwhile, and the light was left as it is. Calibrate it again.")
            return
        self.ev = math.log2(factor)
        if not set_highlights(scene, self.ev):
            self._fail("Highlights is animated. The light was left as it is.")
            return
        if any(node.inputs[PEAK_LIMIT].default_value for node in light_nodes(scene)):
            self.notes.append("Peak Limit is set. It was not considered.")
        self.state = State.FINISHED

    def _fail(self, message: str, details: str = "") -> None:
        self.message, self.details = message, details
        self.state = State.FAILED
