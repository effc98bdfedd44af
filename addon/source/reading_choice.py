"""How an image that is no plain 2:1 panorama is to be understood: kept with the image, and part of each request."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, PointerProperty
from bpy.types import Context, Image, PropertyGroup

from ..redraw import redraw

FITS = (
    ("NONE", "2:1 Only", "Refuse an image of another ratio"),
    ("STRETCH", "Stretch", "Take an image of 1.7:1 to 2.3:1 as the whole sphere, stretched to 2:1"),
    ("PAD", "Pad", "Take the image as the middle of the sphere and fill the rest smoothly"),
)
EYES = (
    ("AUTO", "Automatic", "The left or upper one of a stereo image that is recognised"),
    ("LEFT", "Left", "The left half"),
    ("RIGHT", "Right", "The right half"),
    ("TOP", "Top", "The upper half"),
    ("BOTTOM", "Bottom", "The lower half"),
)


def _changed(properties: PropertyGroup, context: Context) -> None:
    redraw()


class ImageProperties(PropertyGroup):
    """``image.lanet``: what the artist has chosen for an image."""

    fit: EnumProperty(
        name="Fit", description="What an image of another ratio than 2:1 shows", items=FITS, update=_changed
    )
    eye: EnumProperty(name="Eye", description="The half of a stereo image to convert", items=EYES, update=_changed)
    force: BoolProperty(
        name="Convert Anyway",
        description="Also convert images that are recognised as other than panoramas",
        update=_changed,
    )


def reading_of(image: Image) -> dict[str, object]:
    """Return the fields of a request to :mod:`lanet_core.pipeline.worker` that specify how an image is understood.

    With the alpha mode *None* or *Channel Packed*, Blender lights with the colour of transparent pixels.
    """
    return choices_of(image) | ({"ignore_alpha": True} if image.alpha_mode in {"NONE", "CHANNEL_PACKED"} else {})


def choices_of(image: Image) -> dict[str, object]:
    """Return those of the fields that the artist has chosen in the panel."""
    chosen = image.lanet
    fields: dict[str, object] = {}
    if chosen.fit != "NONE":
        fields[chosen.fit.lower()] = True
    if chosen.eye != "AUTO":
        fields["eye"] = chosen.eye.lower()
    if chosen.force:
        fields["force"] = True
    return fields


def add_to_images() -> None:
    """Give every image its ``lanet``."""
    bpy.types.Image.lanet = PointerProperty(type=ImageProperties)


def remove_from_images() -> None:
    """Take it back; what is saved in files stays there."""
    del bpy.types.Image.lanet
