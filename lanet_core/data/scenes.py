"""Folders of HDR panoramas and how they are split: scenes for training, validation and testing."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from lanet_core.errors import DataError

SPLITS = ("train", "val", "test")
SCENE_LIST = "scenes.csv"
HDR_SUFFIXES = (".exr", ".hdr")


@dataclass(frozen=True)
class Scene:
    """One HDR panorama.

    Attributes:
        name: the scene's name, unique in its folder.
        path: the HDR file.
        split: ``train``, ``val`` or ``test``.
        category: free text such as ``indoor`` or ``outdoor-sun``; empty if unknown.
        group: the place that it shares with other scenes; empty if unknown.
    """

    name: str
    path: Path
    split: str
    category: str = ""
    group: str = ""

    @property
    def is_outdoor(self) -> bool:
        """Whether the category is an outdoor one; an unknown scene counts as indoor."""
        return self.category.startswith("outdoor")


def find_scenes(folder: Path, split: str | None = None, *, files_must_exist: bool = True) -> list[Scene]:
    """Return the scenes of a folder, sorted by name.

    A ``scenes.csv`` with the columns slug, file, split and, if known, category and scene_group decides. Without
    one, every EXR and Radiance file under the folder is a scene, and its name's hash puts it into train (80 %),
    val (10 %) or test (10 %): adding scenes later moves none of the others.

    Args:
        folder: of the panoramas.
        split: return only the scenes of this split.
        files_must_exist: False to return listed scenes whose files are missing, too.

    Raises:
        DataError: the folder or a listed file is missing, a split is unknown, or nothing is found.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError("The folder does not exist.", path=folder, remedy="Choose a folder of HDR panoramas.")
    listed = folder / SCENE_LIST
    scenes = _read_list(listed, files_must_exist) if listed.is_file() else _find_files(folder)
    chosen = [scene for scene in scenes if split in (None, scene.split)]
    if not chosen:
        raise DataError(
            f"No HDR panorama{f' of the {split} split' if split else ''} was found.",
            path=folder,
            remedy=f"Put .exr or .hdr panoramas there, or list them in {SCENE_LIST}.",
        )
    return sorted(chosen, key=lambda scene: scene.name)


def _read_list(listed: Path, files_must_exist: bool) -> list[Scene]:
    scenes = []
    for row in _rows(listed):
        path = listed.parent / (row["file"] or "")
        if row["split"] not in SPLITS:
            raise DataError(
                f"{row['slug']} has the split {row['split']!r}.",
                path=listed,
                remedy=f"Use one of {', '.join(SPLITS)}.",
            )
        if files_must_exist and not path.is_file():
            raise DataError(f"{row['slug']} lists {row['file']}, which does not exist.", path=listed)
        scenes.append(
            Scene(row["slug"] or "", path, row["split"], row.get("category") or "", row.get("scene_group") or "")
        )
    return scenes


def _rows(listed: Path) -> list[dict[str, str | None]]:
    """Return the rows by column; a cell that a short row lacks is None."""
    try:
        with listed.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets begin it with a byte order mark
            table = csv.DictReader(file)
            rows, columns = list(table), table.fieldnames or ()
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"This is not a table of text: {error}.", path=listed, remedy="Save it as CSV in UTF-8."
        ) from error
    missing = {"slug", "file", "split"} - set(columns)
    if missing:
        raise DataError(
            f"The columns {', '.join(sorted(missing))} are missing.",
            path=listed,
            remedy="Its header needs slug, file and split.",
        )
    return rows


def _find_files(folder: Path) -> list[Scene]:
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in HDR_SUFFIXES)
    return [Scene(_name(path, folder), path, split_by_name(_name(path, folder))) for path in files]


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def split_by_name(name: str) -> str:
    """Return the split that a name's hash gives: 80 % train, 10 % val, 10 % test."""
    bucket = hashlib.sha256(name.encode()).digest()[0] % 10
    return "val" if bucket == 0 else "test" if bucket == 1 else "train"
