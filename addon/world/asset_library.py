"""A folder as a Blender asset library: its catalogues, and one .blend file for each world."""

from __future__ import annotations

import os
import secrets
import uuid
from contextlib import contextmanager
from pathlib import Path

import bpy
from bpy.types import World

CATALOG_FILE = "blender_assets.cats.txt"
#: Catalogues by the kinds of :mod:`lanet_core.pipeline.scene_kind`; an empty kind is that of worlds that fit none.
CATALOGS = {"sun": "Sun", "overcast": "Overcast", "night": "Night", "studio": "Studio", "": "Other"}
_ROOT = "LANet IBL"
_HEADER = """\
# This is an Asset Catalog Definition file for Blender.
#
# Empty lines and lines starting with `#` will be ignored.
# The first non-ignored line should be the version indicator.
# Other lines are of the format "UUID:catalog/path/for/assets:simple catalog name"

VERSION 1

"""


def catalog_id(kind: str) -> str:
    """Return the UUID of a kind's catalogue; it is the same in every library."""
    return _id_of(f"{_ROOT}/{CATALOGS[kind]}")


def write_catalogs(library: Path) -> None:
    """Add the catalogues that a library lacks to its list; others stay, and so do their names.

    Raises:
        OSError: the folder cannot be written to.
    """
    path = library / CATALOG_FILE
    text = path.read_text(encoding="utf-8") if path.is_file() else _HEADER
    wanted = (_ROOT, *(f"{_ROOT}/{name}" for name in CATALOGS.values()))
    missing = [name for name in wanted if _id_of(name) not in text]
    if not missing:
        return
    lines = [f"{_id_of(name)}:{name}:{name.replace('/', '-')}" for name in missing]
    _replace(path, text.rstrip("\n") + "\n" + "\n".join(lines) + "\n")


def write_asset(world: World, path: Path) -> None:
    """Write a world, which is marked as an asset, to a .blend file of its own, with relative paths.

    Raises:
        OSError: the file cannot be written.
    """
    partial = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.blend")
    try:
        with _absolute_paths():
            bpy.data.libraries.write(str(partial), {world}, path_remap="RELATIVE_ALL", fake_user=True, compress=True)
        if not partial.is_file():
            raise OSError(f"{path}: Blender has not written the file.")
        partial.replace(path)
    except RuntimeError as error:
        raise OSError(f"{path}: The file cannot be written: {str(error).strip()}") from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _absolute_paths():
    """Make paths of images absolute for a while: Blender writes those that are relative to this .blend as they are."""
    relative = {
        image: image.filepath_raw
        for image in bpy.data.images
        if image.library is None and image.filepath_raw.startswith("//")
    }
    for image, path in relative.items():
        image.filepath_raw = bpy.path.abspath(path)
    try:
        yield
    finally:
        for image, path in relative.items():
            image.filepath_raw = path


def add_to_preferences(library: Path) -> None:
    """List a folder among the asset libraries of the preferences, unless it is listed."""
    libraries = bpy.context.preferences.filepaths.asset_libraries
    if not any(_is_same(each.path, library) for each in libraries):
        libraries.new(name=f"{_ROOT} {library.parent.name}", directory=str(library))


def _id_of(catalog: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, catalog))


def _is_same(path: str, folder: Path) -> bool:
    return bool(path) and Path(os.path.normpath(bpy.path.abspath(path))) == Path(os.path.normpath(folder))


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
