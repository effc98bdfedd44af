"""A world as an asset: marked, described, and with a preview that shows the HDR picture itself.

Blender would render a preview by its own engine, which needs a window. Here the worker makes the HDR file small, and
the preview arrives a moment later, also without a window. Author and licence are left to the artist.
"""

from __future__ import annotations

import base64
from pathlib import Path

import bpy
import numpy as np
from bpy.types import World

from .errors import AddonError
from .image_loading import load_image
from .shared_worker import SharedWorker, WorkerSettings
from .sources import file_of, hdr_source
from .worker_client import Event, Finished
from .world_graph import apply_hdr, remembered_pair

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
    if pair is None:
        raise AddonError("This world has no converted environment. Convert one first.")
    if world.library is not None:
        raise AddonError(f"{world.name}: It is linked from a library. Mark it there.")
    source = hdr_source(pair.hdr)
    world.asset_mark()
    data = world.asset_data
    data.description = data.description or f"HDR environment, reconstructed from {pair.ldr.name}"
    for tag in TAGS:
        data.tags.new(tag, skip_if_exists=True)
    uid = world.session_uid

    def hear(event: Event) -> None:
        source.discard()
        if isinstance(event, Finished):
            _set_preview(uid, event.facts)

    worker.ask(settings, lambda client: client.thumbnail(source.path, height=PREVIEW_HEIGHT), hear)


def world_of_files(ldr_path: Path, hdr_path: Path) -> World:
    """Return the world that is lit by a converted file: a new one named for its picture, or the one that there is.

    Raises:
        AddonError: a file cannot be loaded.
    """
    for world in bpy.data.worlds:
        pair = remembered_pair(world)
        if pair is not None and world.library is None and file_of(pair.hdr) == hdr_path:
            pair.hdr.reload()
            return world
    scene = bpy.data.scenes.new("LANet IBL")  # a world is lit through a scene, which goes again
    try:
        scene.world = None
        apply_hdr(scene, load_image(ldr_path)[0], hdr_path)
        scene.world.name = ldr_path.stem
        return scene.world
    finally:
        bpy.data.scenes.remove(scene)


def _set_preview(world_uid: int, picture: dict[str, object]) -> None:
    world = next((each for each in bpy.data.worlds if each.session_uid == world_uid), None)
    if world is None:
        return
    width, height = picture["width"], picture["height"]
    rgb_srgb8 = np.frombuffer(base64.b64decode(picture["rgb_srgb8_base64"]), np.uint8).reshape(height, width, 3)
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., :3] = rgb_srgb8[::-1] / np.float32(255.0)  # Blender's rows run upwards
    preview = world.preview_ensure()
    preview.image_size = (width, height)
    preview.image_pixels_float.foreach_set(rgba.ravel())
