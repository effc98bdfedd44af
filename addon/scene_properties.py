"""What the extension keeps with a scene."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, PointerProperty
from bpy.types import Image, PropertyGroup

from . import session
from .errors import AddonError
from .source.sources import is_single_image
from .translation import tr
from .world import backplate
from .world.graph import environment_image, show, show_photograph, shows_hdr
from .world.ground import ground_of, remove_ground
from .world.lamps import has_lamps, hide_lamps, remove_lamps
from .world.light_notes import replaced
from .world.surface_albedos import SurfaceProperties


def _is_offered(_: SceneProperties, image: Image) -> bool:
    return is_single_image(image)


def _shown(properties: SceneProperties) -> int:
    return int(shows_hdr(properties.id_data))


def _show(properties: SceneProperties, number: int) -> None:
    try:
        show(properties.id_data, hdr=bool(number))
        hide_lamps(properties.id_data, hidden=not number)
    except AddonError as error:
        session.current().show_text(str(error), is_error=True, scene=properties.id_data)


def _light_by_photograph(properties: SceneProperties, context: bpy.types.Context) -> None:
    """Light the scene by the image that was chosen: that is how it looks before the conversion."""
    scene, image = properties.id_data, properties.image
    if image is None or scene.library is not None or environment_image(scene) == image:
        return
    try:
        notes = [
            tr("{name} no longer lights the world. Its node is kept, without its link.", name=name)
            for name in replaced(scene)
        ]
        if has_lamps(scene):
            remove_lamps(scene)
            notes.append("The lamps of the former light were removed.")
        if ground_of(scene) is not None:
            remove_ground(scene)
            notes.append("The ground projection of the former photograph was removed.")
        show_photograph(scene, image)
        backplate.remove(scene)
    except AddonError as error:
        session.current().show_text(str(error), is_error=True, scene=scene)
        return
    session.current().show_text(*notes, scene=scene)


def _backplate(properties: SceneProperties) -> int:
    return backplate.MODES.index(backplate.mode_of(properties.id_data))


def _set_backplate(properties: SceneProperties, number: int) -> None:
    backplate.set_mode(properties.id_data, backplate.MODES[number])


class SceneProperties(PropertyGroup):
    """``scene.lanet``; nothing of it is needed to render."""

    image: PointerProperty(
        name="Photograph",
        description="A panorama that lights the scene at once, and that can be converted",
        type=Image,
        poll=_is_offered,
        update=_light_by_photograph,
    )
    surface: PointerProperty(type=SurfaceProperties)
    dial: BoolProperty(
        name="Light Dial",
        description="Show a dial at the 3D cursor of the 3D Viewports. Drag it to turn the light",
        default=False,
    )
    shown: EnumProperty(
        name="Environment",
        description="Which of the two images lights the scene",
        items=(("LDR", "LDR", "The image as it was"), ("HDR", "HDR", "The reconstructed light")),
        get=_shown,
        set=_show,
        options=set(),
    )
    backplate: EnumProperty(
        name="Backplate",
        description="What the camera sees; the light stays the same",
        items=(
            (backplate.LIT, "Light", "The camera sees what lights the scene"),
            (backplate.PHOTOGRAPH, "Photograph", "The camera sees the photograph"),
            (backplate.HDR, "HDR", "The camera sees the HDR"),
            (backplate.BLURRED, "Blurred", "The camera sees the photograph out of focus"),
            (backplate.COLOUR, "Colour", "The camera sees a colour"),
            (backplate.TRANSPARENT, "Transparent", "The film is transparent behind the scene"),
        ),
        get=_backplate,
        set=_set_backplate,
        options=set(),
    )


def add_to_scenes() -> None:
    """Give every scene its ``lanet``."""
    bpy.types.Scene.lanet = PointerProperty(type=SceneProperties)


def remove_from_scenes() -> None:
    """Take it back; what is saved in files stays there."""
    del bpy.types.Scene.lanet
