"""What happens to results when the .blend file is saved: none may be lost, and none may stay where it cannot be found.

Handlers of saving. Before the file is written, results of a file that was never saved move to the output folder, and
images that wait for it are packed. After it, paths that were changed for a copy (*Save Copy*) or a save that failed
are set back, and files are brought along whose relative path Blender has not changed (*Save As* without *Remap
Relative*).
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import bpy
from bpy.types import Image

from .. import session
from ..errors import AddonError
from ..files.unfinished_output import UnfinishedOutput
from ..messages import Message
from ..settings import preferences
from ..source.sources import file_of
from ..world import packing
from ..world.graph import SOURCE_PROPERTY
from . import unsaved_results
from .output_paths import DEFAULT_FOLDER

#: By the number of an image, what its path was before the save in progress.
_former_paths: dict[int, str] = {}
#: Also by number: the absolute path of each result that is saved elsewhere than before.
_former_files: dict[int, Path] = {}
#: What went wrong in the latest save.
_problems: list[str] = []


def before(filepath: str) -> None:
    """Prepare a .blend file to be written.

    Args:
        filepath: where it will be.
    """
    _former_paths.clear()
    _former_files.clear()
    _problems[:] = (
        f"{image.name}: It cannot be packed, for its file cannot be read." for image in packing.pack_waiting()
    )
    target = Path(filepath)
    if filepath and not _is_configuration(target):
        _problems.extend(_move_unsaved(target))
        if bpy.data.filepath and Path(bpy.data.filepath).parent != target.parent:
            results = (image for image in bpy.data.images if SOURCE_PROPERTY in image and image.library is None)
            _former_files.update((image.session_uid, file_of(image)) for image in results if not image.packed_file)
    if _problems:
        messages = [Message(problem, True, lambda problem=problem: problem in _problems) for problem in _problems]
        session.current().show(*messages)


def after(filepath: str) -> None:
    """Complete a save that succeeded."""
    is_copy = not bpy.data.filepath or not _is_same(Path(bpy.data.filepath), Path(filepath))
    if is_copy:
        after_failure()
        return
    for uid, former in _former_files.items():
        image = _image(uid)
        if image is not None and former.is_file() and not file_of(image).exists():
            with suppress(OSError, AddonError):
                _copy(former, file_of(image))
    _former_paths.clear()
    _former_files.clear()


def after_failure(filepath: str = "") -> None:
    """Set back what was prepared for a file that was not written, or is not the opened one."""
    for uid, former in _former_paths.items():
        image = _image(uid)
        if image is not None:
            image.filepath_raw = former
    _former_paths.clear()
    _former_files.clear()


def _move_unsaved(target: Path) -> list[str]:
    """Bring results to the output folder of a .blend file that is about to be written; return what went wrong."""
    problems = []
    places: dict[Path, Path] = {}
    for image in unsaved_results.unsaved_images():
        if packing.will_be_packed(image):  # it continues waiting
            continue
        source = file_of(image)
        folder = _output_folder(target)
        try:
            if source not in places:
                is_needed = image.packed_file is None
                places[source] = _copy(source, folder / source.name) if is_needed else folder / source.name
        except (OSError, AddonError) as error:
            problems.append(f"{image.name}: {error} The HDR is still here: {source}")
            continue
        _former_paths[image.session_uid] = image.filepath
        image.filepath_raw = _stored_path(places[source], target)
    return problems


def _output_folder(target: Path) -> Path:
    folder = preferences().folder.strip() or DEFAULT_FOLDER
    if not folder.startswith("//"):
        folder = DEFAULT_FOLDER
    return Path(os.path.normpath(target.parent / folder.removeprefix("//")))


def _stored_path(path: Path, target: Path) -> str:
    """Return a path relative to the opened file, from which Blender makes one relative to the written file."""
    opened = Path(bpy.data.filepath) if bpy.data.filepath else target
    try:
        return bpy.path.relpath(str(path), start=str(opened.parent))
    except ValueError:  # another drive
        return str(path)


def _copy(source: Path, place: Path) -> Path:
    """Copy a file, whole or not at all; return where it is, see :meth:`UnfinishedOutput.finish`."""
    output = UnfinishedOutput(place)
    try:
        try:
            os.link(source, output.path)
        except OSError:
            shutil.copy2(source, output.path)
    except OSError:
        output.discard()
        raise
    return output.finish()


def _is_configuration(target: Path) -> bool:
    """Return whether a file is Blender's own, such as the startup file, which has no place for textures."""
    return Path(bpy.utils.user_resource("CONFIG")) in target.parents


def _is_same(a: Path, b: Path) -> bool:
    with suppress(OSError):
        return a.samefile(b)
    return a == b


def _image(uid: int) -> Image | None:
    return next((each for each in bpy.data.images if each.session_uid == uid), None)
