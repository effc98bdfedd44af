"""Image files made images of the .blend, with errors that name the file and the reason."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.types import Image

from ..errors import AddonError
from ..files.regular_file import first_bytes


def load_image(path: str | Path) -> tuple[Image, bool]:
    """Return the image of a file, and whether it is new in this .blend.

    Args:
        path: absolute. That it is an image file is not checked.

    Raises:
        AddonError: the file is missing or cannot be read; the text names it.
    """
    path = Path(path)
    try:
        first_bytes(path, 1)
        before = len(bpy.data.images)
        image = bpy.data.images.load(str(path), check_existing=True)
    except FileNotFoundError as error:
        raise AddonError(f"{path}: There is no such file. Choose another.") from error
    except IsADirectoryError as error:
        raise AddonError(f"{path}: It is a folder. Choose an image file.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AddonError(f"{path}: The file cannot be read: {reason}. Check its name and permissions.") from error
    except RuntimeError as error:
        raise AddonError(f"{path}: Blender cannot load the file: {str(error).strip()}") from error
    return image, len(bpy.data.images) > before
