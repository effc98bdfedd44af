"""The name of linear Rec.709, the worker's colour space, in the colour configuration that Blender runs with."""

from __future__ import annotations

import re

import bpy

#: What it is called by Blender 4 and 5, by ACES 1.3 and 2.0, by ACES 1.0 to 1.2, and by Blender 3.
_KNOWN_NAMES = (
    "Linear Rec.709",
    "Linear Rec.709 (sRGB)",
    "lin_rec709",
    "lin_rec709_scene",
    "Utility - Linear - Rec.709",
    "Utility - Linear - sRGB",
    "lin_srgb",
    "Linear BT.709",
    "Linear",
)
_LIKELY_NAME = re.compile(r"\blin(ear)?\b.*(709|srgb)", re.IGNORECASE)

#: sRGB-encoded textures: Blender 4 and 5 ("sRGB"), ACES 1.3 and 2.0 ("sRGB - Texture", "sRGB Encoded Rec.709 (sRGB)"),
#: ACES 1.0 to 1.2 ("Utility - sRGB - Texture"), and their aliases ("srgb_tx", "srgb_texture").
_SRGB_NAME = re.compile(r"^(utility - )?srgb($|[ _]-? ?(tx|texture|encoded|display|rec\.?709)| eotf)", re.IGNORECASE)


def tag_linear_rec709(image: bpy.types.Image) -> bool:
    """Set an image's colour space to linear Rec.709; return whether the colour configuration has such a space."""
    settings = image.colorspace_settings
    name = _linear_rec709([item.identifier for item in settings.bl_rna.properties["name"].enum_items])
    if name is None:
        return False
    if settings.name != name:
        settings.name = name
    return True


def _linear_rec709(names: list[str]) -> str | None:
    likely = [name for name in names if _LIKELY_NAME.search(name.replace("_", " "))]
    return next((name for name in (*_KNOWN_NAMES, *sorted(likely, key=len)) if name in names), None)


def is_srgb(image: bpy.types.Image) -> bool:
    """Return whether an image's file is read as sRGB by Blender too, in the current colour configuration."""
    return _SRGB_NAME.match(image.colorspace_settings.name) is not None
