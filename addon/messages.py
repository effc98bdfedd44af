"""Messages in the panel. Each belongs to a state of the scene and is hidden while the scene is in another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import bpy
from bpy.types import ID, Image, Scene

from .settings import preferences
from .world.environment_texture import find_environment_textures
from .world.rendered_world import rendered_world


@dataclass(frozen=True)
class Message:
    """A sentence in the panel.

    Attributes:
        text: for the artist.
        is_error: whether something went wrong.
        holds: whether the message still applies; always by default.
    """

    text: str
    is_error: bool = False
    holds: Callable[[], bool] = field(default=lambda: True, compare=False)


def about(scene: Scene, *texts: str, is_error: bool = False) -> tuple[Message, ...]:
    """Return messages that hold while a scene is lit, and the preferences are set, as they are now.

    They are hidden when another image or world is chosen, or by undo, and appear again by redo.
    """
    uid, state = scene.session_uid, _state(scene)

    def holds() -> bool:
        found = next((each for each in bpy.data.scenes if each.session_uid == uid), None)
        return found is not None and found == bpy.context.scene and _state(found) == state

    return tuple(Message(text, is_error, holds) for text in texts)


def _state(scene: Scene) -> tuple[object, ...]:
    world = rendered_world(scene)
    images = [each.node.image for each in find_environment_textures(world, scene.render.engine)]
    chosen = preferences()
    return (
        _uid(world),
        *map(_identity, [*images, scene.lanet.image]),
        chosen.model,
        chosen.provider,
        chosen.folder,
    )


def _identity(image: Image | None) -> tuple[object, ...] | None:
    return (image.session_uid, image.filepath) if image is not None else None


def _uid(datablock: ID | None) -> int | None:
    return datablock.session_uid if datablock is not None else None
