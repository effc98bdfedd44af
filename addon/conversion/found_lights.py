"""The lights that were found in the HDR image of the panel, requested from the worker while it is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy
from bpy.types import Image

from ..errors import AddonError
from ..redraw import redraw
from ..settings import worker_settings
from ..source.sources import hdr_source
from ..translation import tr
from ..worker.events import Event, RequestFinished
from ..worker.light_facts import LightFacts
from ..worker.shared import SharedWorker


class FoundLights:
    """Concentrated lights of HDR images, determined once for each state of an image's file.

    Args:
        worker: the session's.
        wake: has :meth:`step` called soon.
    """

    def __init__(self, worker: SharedWorker, wake: Callable[[], None]) -> None:
        self._worker, self._wake = worker, wake
        self._known: dict[int, tuple[object, tuple[LightFacts, ...] | None]] = {}
        self._wished: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether :meth:`step` has something to do."""
        return self._wished is not None

    def of(self, image: Image) -> tuple[LightFacts, ...] | None:
        """Return the lights of an HDR image, None while they are not known; see ``ConcentratedLight.facts``."""
        signature, lights = self._known.get(image.session_uid, (None, None))
        if signature != _signature(image):
            self._wished = image.session_uid
            self._wake()
        return lights

    def step(self) -> None:
        """Send a request to the worker about the image that was last requested."""
        uid, self._wished = self._wished, None
        image = next((each for each in bpy.data.images if each.session_uid == uid), None)
        if uid is None or image is None:
            return
        signature = _signature(image)
        former = self._known.get(uid, (None, None))
        if former[0] == signature:
            return
        self._known[uid] = (signature, None)
        try:
            source = hdr_source(image)
        except AddonError:
            return

        def hear(event: Event) -> None:
            source.discard()
            if isinstance(event, RequestFinished):
                self._known[uid] = (signature, tuple(event.facts["lights"]))
                redraw()

        self._worker.ask(worker_settings(), lambda client: client.lights(source.path), hear)

    def forget(self) -> None:
        """Forget everything: another file is loaded, or the image was converted anew."""
        self._known.clear()
        self._wished = None


def describe(light: LightFacts) -> str:
    """Return a light in a line, its share of all light first: ``62 %, 38° high, 1.2° wide``."""
    elevation_deg = math.degrees(math.asin(max(-1.0, min(1.0, light["direction"][2]))))
    width_deg = 2.0 * math.degrees(light["radius_rad"])
    values = {
        "share": f"{100.0 * light['share']:.2g}",
        "elevation": f"{abs(elevation_deg):.0f}",
        "width": f"{width_deg:.2g}",
    }
    if elevation_deg >= 0.0:
        return tr("{share} %, {elevation}° high, {width}° wide", **values)
    return tr("{share} %, {elevation}° below, {width}° wide", **values)


def _signature(image: Image) -> tuple[object, ...]:
    return image.filepath, image.packed_file.size if image.packed_file else None
