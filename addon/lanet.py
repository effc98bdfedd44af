"""The converter for scripts in Blender: ``from bl_ext.user_default.lanet_ibl import lanet``.

    result = lanet.convert("/shots/street.jpg")
    result.output, result.facts["peak_ev"], result.notes

It returns when the file is written, and changes nothing of the .blend. To light a scene, call
``bpy.ops.lanet.convert_environment()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
from bpy.types import Image

from . import session
from .conversion.image import ImageConversion
from .conversion.stepped_work import State
from .errors import AddonError
from .files.result_files import PATTERN
from .settings import conversion_settings
from .source.image_loading import load_image

__all__ = ["AddonError", "Result", "convert"]


@dataclass(frozen=True)
class Result:
    """A converted image.

    Attributes:
        output: the EXR file.
        facts: what is known of the result, see docs/json.md; ``lights`` lists its concentrated lights.
        notes: remarks for the user, one sentence each.
    """

    output: Path
    facts: Mapping[str, object]
    notes: tuple[str, ...]


def convert(
    image: Image | str | Path, *, folder: str = "", name: str = PATTERN, precision: str = "", **reading: object
) -> Result:
    """Convert an image to an EXR file, by the extension's preferences.

    Args:
        image: an image of the .blend, or the path of a file.
        folder: of the EXR file; ``//`` is the .blend's. By default that of the image file, or of the preferences.
        name: pattern of the name of the EXR file, without its extension; ``{stem}`` stands for that of the image.
        precision: ``AUTO``, ``HALF`` or ``FLOAT``; by default as the preferences.
        reading: how the image is to be understood: ``stretch``, ``pad``, ``force`` (true) or ``eye`` (a name); also a
            surface that calibrates the light: ``albedo``, ``at`` (u, v) and ``facing``, see
            :mod:`lanet_core.reconstruction.surface_calibration`.

    Raises:
        AddonError: the image cannot be converted; the text names the file, the problem and the remedy.
    """
    settings = conversion_settings(pack=False)
    is_new = False
    if not isinstance(image, Image):
        path = Path(bpy.path.abspath(str(image))).absolute()
        folder = folder or str(path.parent)
        image, is_new = load_image(path)
    settings = replace(
        settings,
        folder=folder or settings.folder,
        pattern=name,
        precision=precision or settings.precision,
        reading=reading,
        lights=True,
    )
    try:
        work = ImageConversion(session.current().worker, image, settings, image_goes=is_new)
    finally:
        if is_new:
            bpy.data.images.remove(image)
    if work.wait() is not State.FINISHED:
        raise AddonError(work.message or "The conversion was cancelled.")
    return Result(work.output, work.facts, tuple(work.notes))
