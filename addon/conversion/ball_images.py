"""Balls lit by the photograph and by the HDR of the panel, drawn by the worker while the panel is drawn."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import bpy
import bpy.utils.previews
import numpy as np

from ..errors import AddonError
from ..redraw import redraw
from ..settings import worker_settings
from ..source.reading_choice import reading_of
from ..source.source_file import SourceFile
from ..source.sources import hdr_source, prepare_source
from ..worker.events import Event, RequestFinished
from ..worker.shared import SharedWorker
from ..world.graph import ImagePair

#: Rows of a ball, pixels.
BALL_SIZE = 96


class BallImages:
    """Images of balls before and after conversions, made once for each state of the two files.

    Args:
        worker: the session's.
        wake: has :meth:`step` called soon.
    """

    def __init__(self, worker: SharedWorker, wake: Callable[[], None]) -> None:
        self._worker, self._wake = worker, wake
        self._previews = bpy.utils.previews.new()
        self._signatures: dict[str, object] = {}
        self._wished: tuple[int, int] | None = None
        self._preparing: tuple[str, SourceFile, SourceFile, dict[str, object]] | None = None

    @property
    def waiting(self) -> bool:
        """Whether :meth:`step` has something to do."""
        return self._wished is not None or self._preparing is not None

    def of(self, pair: ImagePair) -> int:
        """Return the number of the icon with the balls of a pair of images, 0 while there is none. For drawing."""
        key = _key(pair)
        if self._signatures.get(key) != _signature(pair):
            self._wished = (pair.ldr.session_uid, pair.hdr.session_uid)
            self._wake()
        return self._previews[key].icon_id if key in self._previews else 0

    def step(self) -> None:
        """Send a request to the worker about the pair that was last requested."""
        if self._preparing is not None:
            self._ask_when_ready()
            return
        wished, self._wished = self._wished, None
        images = [next((each for each in bpy.data.images if each.session_uid == uid), None) for uid in wished or ()]
        if len(images) < 2 or None in images:
            return
        pair = ImagePair(*images)
        if self._signatures.get(_key(pair)) == _signature(pair):
            return
        self._signatures[_key(pair)] = _signature(pair)
        try:
            hdr = hdr_source(pair.hdr)
            photograph = prepare_source(pair.ldr)
        except AddonError:
            return
        self._preparing = (_key(pair), photograph, hdr, dict(reading_of(pair.ldr)))

    def forget(self) -> None:
        """Forget everything: another file is loaded, or an image was converted anew."""
        self._signatures.clear()
        self._previews.clear()
        self._wished = None
        if self._preparing is not None:
            _, photograph, hdr, _ = self._preparing
            photograph.leave()
            hdr.leave()
            self._preparing = None

    def close(self) -> None:
        """Remove the images from Blender."""
        self.forget()
        bpy.utils.previews.remove(self._previews)

    def _ask_when_ready(self) -> None:
        if self._preparing is None:
            return
        key, photograph, hdr, reading = self._preparing
        try:
            if not photograph.ready():
                return
        except AddonError:
            photograph.leave()
            hdr.leave()
            self._preparing = None
            return
        self._preparing = None

        def hear(event: Event) -> None:
            photograph.leave()
            hdr.leave()
            if isinstance(event, RequestFinished) and key in self._signatures:
                self._show(key, event.facts)
                redraw()

        self._worker.ask(
            worker_settings(),
            lambda client: client.balls(photograph.path, hdr.path, size=BALL_SIZE, reading=reading),
            hear,
        )

    def _show(self, key: str, image: Mapping[str, Any]) -> None:
        width, height = image["width"], image["height"]
        rgba = np.frombuffer(base64.b64decode(image["rgba_srgb8_base64"]), np.uint8).reshape(height, width, 4)
        preview = self._previews[key] if key in self._previews else self._previews.new(key)
        preview.image_size = (width, height)
        preview.image_pixels_float.foreach_set((rgba[::-1] / np.float32(255.0)).ravel())  # rows run upwards


def _key(pair: ImagePair) -> str:
    return f"{pair.ldr.session_uid} {pair.hdr.session_uid}"


def _signature(pair: ImagePair) -> tuple[object, ...]:
    packed = (each.packed_file.size if each.packed_file else None for each in (pair.ldr, pair.hdr))
    return pair.ldr.filepath, pair.hdr.filepath, *packed
