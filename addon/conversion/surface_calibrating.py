"""Calibration by a surface on its way: the worker solves for the factor of the light, and then Highlights is set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.types import Scene

from ..converter_settings import WorkerSettings
from ..translation import tr
from ..worker.shared import SharedWorker
from ..world.graph import light_nodes, remembered_pair, shown_pair
from ..world.highlights import set_highlights
from ..world.light_group import PEAK_LIMIT
from ..world.rendered_world import rendered_world
from .hdr_work import HdrWork
from .stepped_work import State


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


class SurfaceCalibrating(HdrWork):
    """The calibration of a scene's light.

    Args:
        worker: the session's.
        scene: one that a conversion has lit, and that shows the HDR.
        settings: how the worker runs.
        surface: what is known.

    Attributes:
        ev: Highlights, once FINISHED.
        notes: remarks for the user on the result.

    Raises:
        AddonError: the scene shows no result, or its file is missing.
    """

    def __init__(self, worker: SharedWorker, scene: Scene, settings: WorkerSettings, surface: KnownSurface) -> None:
        pair = shown_pair(scene)
        super().__init__(worker, pair.hdr, "Measuring the surface")
        self._scene, self._hdr = scene.session_uid, pair.hdr.session_uid
        self.surface = surface
        self.ev: float | None = None
        self.notes: list[str] = []
        self.ask(
            settings,
            lambda client, file: client.calibrate(file, surface.albedo, at=surface.at, facing=surface.facing),
        )

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Set Highlights by the worker's factor."""
        if facts["factor"] is None:
            self.fail(tr("{problem} The light was left as it is.", problem=facts["problem"]))
            return
        scene = next((each for each in bpy.data.scenes if each.session_uid == self._scene), None)
        pair = remembered_pair(rendered_world(scene)) if scene is not None else None
        if pair is None or pair.hdr.session_uid != self._hdr:
            self.fail("The scene was changed meanwhile, and the light was left as it is. Calibrate it again.")
            return
        self.ev = math.log2(facts["factor"])
        if not set_highlights(scene, self.ev):
            self.fail("Highlights is animated. The light was left as it is.")
            return
        if any(node.inputs[PEAK_LIMIT].default_value for node in light_nodes(scene)):
            self.notes.append("Peak Limit is set. It was not considered.")
        self.state = State.FINISHED
