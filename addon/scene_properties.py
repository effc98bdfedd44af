"""What the extension keeps with a scene."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, PointerProperty
from bpy.types import Image, PropertyGroup

from . import session
from .errors import AddonError
from .lamps import hide_lamps
from .sources import is_single_picture
from .world_graph import show, shows_hdr


def _is_offered(_: SceneProperties, image: Image) -> bool:
    return is_single_picture(image)


def _shown(properties: SceneProperties) -> int:
    return int(shows_hdr(properties.id_data))


def _show(properties: SceneProperties, number: int) -> None:
    try:
        show(properties.id_data, hdr=bool(number))
        hide_lamps(properties.id_data, hidden=not number)
    except AddonError as error:
        session.current().say(str(error), is_error=True, scene=properties.id_data)


class SceneProperties(PropertyGroup):
    """``scene.lanet``; nothing of it is needed to render."""

    image: PointerProperty(
        name="Image", description="The panorama to convert, for a world without one", type=Image, poll=_is_offered
    )
    shown: EnumProperty(
        name="Environment",
        description="Which of the two images lights the scene",
        items=(("LDR", "LDR", "The picture as it was"), ("HDR", "HDR", "The reconstructed light")),
        get=_shown,
        set=_show,
        options=set(),
    )


def add_to_scenes() -> None:
    """Give every scene its ``lanet``."""
    bpy.types.Scene.lanet = PointerProperty(type=SceneProperties)


def remove_from_scenes() -> None:
    """Take it back; what is saved in files stays there."""
    del bpy.types.Scene.lanet
