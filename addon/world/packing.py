"""Results that are packed into the .blend file when it is saved.

To pack a large EXR takes Blender longer than its window may stand still, and every undo step would copy it. Saving
writes it anyhow, and the artist waits for that.
"""

from __future__ import annotations

import bpy
from bpy.types import Image

#: On an image that is packed when the .blend is saved.
_MARK = "lanet_pack"


def pack_on_saving(image: Image) -> None:
    """Have an image packed when the .blend is saved."""
    image[_MARK] = True


def will_be_packed(image: Image) -> bool:
    """Return whether an image waits for the .blend to be saved."""
    return _MARK in image


def pack_waiting() -> list[Image]:
    """Pack every image that waits for it; return those whose files cannot be read, which continue waiting."""
    waiting = [image for image in bpy.data.images if will_be_packed(image) and image.library is None]
    return [image for image in waiting if not pack(image)]


def pack(image: Image) -> bool:
    """Pack an image now, which holds Blender; return whether its file could be read."""
    try:
        image.pack()
    except RuntimeError:
        return False
    if image.packed_file is None:
        return False
    image.pop(_MARK, None)
    return True


def take_out(image: Image) -> None:
    """Have an image show its file again, and not what was packed of it."""
    if image.packed_file is not None:
        image.unpack(method="REMOVE")
    image.pop(_MARK, None)
