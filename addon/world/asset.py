"""A world as an asset: marked, described, and with a preview that shows the HDR image itself.

Blender would render a preview by its own engine, which needs a window. Here the worker makes the HDR file small, and
the preview arrives a moment later, also without a window. Author and licence are left to the artist.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import World

from ..converter_settings import WorkerSettings
from ..errors import AddonError
from ..source.image_loading import load_image
from ..source.sources import file_of, hdr_source
from ..worker.events import Event, RequestFinished
from ..worker.shared import SharedWorker
from .asset_library import CATALOGS
from .graph import apply_hdr, remembered_pair
from .rendered_world import rendered_world

#: Rows of a preview; with twice as many columns it is as wide as Blender's own.
PREVIEW_HEIGHT = 128
TAGS = ("HDRI", "LANet IBL")


def mark_as_asset(world: World | None, worker: SharedWorker, settings: WorkerSettings) -> None:
    """Mark a world as an asset; its preview arrives while the worker is polled until it is no longer busy.

    Args:
        world: one that a conversion has lit.
        worker: the session's.
        settings: how it runs.

    Raises:
        AddonError: it has no converted environment, it is linked, or the HDR's file is missing.
    """
    pair = remembered_pair(world)
    if world is None or pair is None:
        raise AddonError("This world has no converted environment. Convert one first.")
    if world.library is not None:
        raise AddonError(f"{world.name}: It is linked from a library. Mark it there.")
    source = hdr_source(pair.hdr)
    describe_asset(world, pair.ldr.name)
    uid = world.session_uid

    def hear(event: Event) -> None:
        source.discard()
        marked = next((each for each in bpy.data.worlds if each.session_uid == uid), None)
        if isinstance(event, RequestFinished) and marked is not None:
            show_preview(marked, event.facts)
            if event.facts.get("kind") and marked.asset_data is not None:
                marked.asset_data.tags.new(CATALOGS[event.facts["kind"]], skip_if_exists=True)

    worker.ask(settings, lambda client: client.thumbnail(source.path, height=PREVIEW_HEIGHT, kind=True), hear)


def describe_asset(world: World, source: str, kind: str = "", facts: Mapping[str, Any] | None = None) -> None:
    """Mark a world as an asset with a description and tags; those that it has stay.

    Args:
        world: local.
        source: name of the photograph.
        kind: a further tag.
        facts: the worker's figures of the conversion, see docs/json.md.
    """
    world.asset_mark()
    data = world.asset_data
    text = f"HDR environment, reconstructed from {source}"
    if facts and facts.get("peak_ev") is not None:
        text += f". {100.0 * facts['clipped_fraction']:.2g} % clipped, peak {facts['peak_ev']:+.1f} EV"
    data.description = data.description or text
    for tag in (*TAGS, *filter(None, [kind])):
        data.tags.new(tag, skip_if_exists=True)


def world_of_files(ldr_path: Path, hdr_path: Path, *, anew: bool = False) -> World:
    """Return the world that is lit by a converted file: a new one named for its image, or the one that there is.

    Args:
        ldr_path: the photograph.
        hdr_path: its result.
        anew: make a new one in any case.

    Raises:
        AddonError: a file cannot be loaded.
    """
    for world in () if anew else bpy.data.worlds:
        pair = remembered_pair(world)
        if pair is not None and world.library is None and file_of(pair.hdr) == hdr_path:
            pair.hdr.reload()
            return world
    scene = bpy.data.scenes.new("LANet IBL")  # a world is lit through a scene, which goes again
    try:
        scene.world = None
        apply_hdr(scene, load_image(ldr_path)[0], hdr_path)
        world = rendered_world(scene)
        assert world is not None, "apply_hdr makes one"
        world.name = ldr_path.stem
        return world
    finally:
        bpy.data.scenes.remove(scene)


def show_preview(world: World, image: Mapping[str, Any]) -> None:
    """Set the preview of a world.

    Args:
        world: local.
        image: the worker's thumbnail, see :mod:`lanet_core.pipeline.worker`.
    """
    width, height = image["width"], image["height"]
    rgb_srgb8 = np.frombuffer(base64.b64decode(image["rgb_srgb8_base64"]), np.uint8).reshape(height, width, 3)
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., :3] = rgb_srgb8[::-1] / np.float32(255.0)  # Blender's rows run upwards
    preview = world.preview_ensure()
    preview.image_size = (width, height)
    preview.image_pixels_float.foreach_set(rgba.ravel())
