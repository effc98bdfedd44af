"""What is judged: the HDR panoramas of a folder, each with its LDR partner if it has one.

Four kinds of folder are read as they are: one with a ``scenes.csv`` (see :mod:`lanet_core.data.scenes`), one with a
folder of LDR and a folder of HDR images, one of images that pair up by their names, and one of sIBL sets (see
:mod:`render_eval.sibl`). The last two may be mixed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from lanet_core.data.scenes import HDR_SUFFIXES, SCENE_LIST, Scene, find_scenes
from lanet_core.errors import DataError, LanetError
from render_eval import sibl

LDR_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")

#: What a name may end in in which the two images of a pair differ.
_SIDE = re.compile(r"[_-]?(hdr|ldr)$", re.IGNORECASE)
#: What no part of a scene's name may hold: it becomes a path below the output folder, on any system.
_UNSAFE = re.compile(r'[\\:*?"<>|\x00-\x1f]')


@dataclass(frozen=True)
class Pair:
    """A panorama's files.

    Attributes:
        name: the scene's name, unique in the folder; parts of a path are joined by ``/``.
        hdr_file: the true HDR; None only where there is a problem.
        ldr_file: its LDR; None if the virtual camera is to take it.
        category: free text such as ``indoor``; empty if unknown.
        sizes_differ_by_intent: an sIBL set's background is larger than its HDR by any factor.
        problem: why the pair cannot be used; empty if it can.
    """

    name: str
    hdr_file: Path | None
    ldr_file: Path | None = None
    category: str = ""
    sizes_differ_by_intent: bool = False
    problem: str = ""

    @property
    def true_hdr(self) -> Path:
        """The true HDR of a pair without a problem."""
        assert self.hdr_file is not None, self.problem
        return self.hdr_file


def find_pairs(folder: Path, split: str | None = None) -> list[Pair]:
    """Return the panoramas of a folder, sorted by name.

    A pair that cannot be used is among them with the reason, so that one bad scene does not end a run.

    Args:
        folder: of the panoramas, at any depth.
        split: only the scenes that its ``scenes.csv`` puts into this split.

    Raises:
        DataError: there is no such folder, it has no panoramas, or a split is requested and there is no list.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError("The folder does not exist.", path=folder, remedy="Choose a folder of HDR panoramas.")
    if (folder / SCENE_LIST).is_file():
        return sorted(_checked(_listed_pairs(folder, split)), key=lambda pair: pair.name)
    if split is not None:
        raise DataError(f"The folder has no {SCENE_LIST}, which defines the {split} split.", path=folder)
    pairs = _found_pairs(folder)
    if not pairs:
        raise DataError("No panorama was found.", path=folder, remedy="Put .exr or .hdr panoramas or sIBL sets there.")
    return sorted(_checked(pairs), key=lambda pair: pair.name)


def paired_folders(folder: Path) -> tuple[Path, Path] | None:
    """Return the folders of HDR and of LDR images, by the beginnings of their names; None if there are not both."""
    below = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    sides = [[path for path in below if path.name.lower().startswith(side)] for side in ("hdr", "ldr")]
    return (sides[0][0], sides[1][0]) if len(sides[0]) == len(sides[1]) == 1 else None


def pairs_of_folders(hdr_folder: Path, ldr_folder: Path) -> list[Pair]:
    """Return the pairs of two folders: the images of the same name, but for ``_HDR`` and ``_LDR`` at its end."""
    groups: dict[str, tuple[list[Path], list[Path]]] = {}
    for side, (folder, suffixes) in enumerate(((hdr_folder, HDR_SUFFIXES), (ldr_folder, LDR_SUFFIXES))):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not _is_hidden(path, folder) and path.suffix.lower() in suffixes:
                groups.setdefault(_SIDE.sub("", _name(path, folder)), ([], []))[side].append(path)
    return [_paired(name, hdr_files, ldr_files) for name, (hdr_files, ldr_files) in groups.items()]


def _listed_pairs(folder: Path, split: str | None) -> list[Pair]:
    return [_listed_pair(scene) for scene in find_scenes(folder, split, files_must_exist=False)]


def _listed_pair(scene: Scene) -> Pair:
    if not scene.path.is_file():
        problem = f"{SCENE_LIST} lists {scene.path}, which does not exist."
        return Pair(scene.name, None, category=scene.category, problem=problem)
    partners = [each for each in _neighbours(scene.path) if each.suffix.lower() in LDR_SUFFIXES]
    return replace(_paired(scene.name, [scene.path], partners), category=scene.category)


def _neighbours(path: Path) -> list[Path]:
    return sorted(each for each in path.parent.iterdir() if each.stem == path.stem and each.is_file())


def _found_pairs(folder: Path) -> list[Pair]:
    sides = paired_folders(folder)
    if sides is not None:
        pairs = pairs_of_folders(*sides)
        return pairs if any(pair.hdr_file for pair in pairs) else []
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path, folder))
    descriptions = [path for path in files if path.suffix.lower() == sibl.SUFFIX]
    # All other files of a set's folder belong to the set: thumbnails, the blurred HDR.
    taken = {path.parent for path in descriptions}
    by_name: dict[str, list[Path]] = {}
    for path in files:
        if path.parent not in taken and path.suffix.lower() in HDR_SUFFIXES + LDR_SUFFIXES:
            by_name.setdefault(_name(path, folder), []).append(path)
    pairs = [
        _paired(
            name,
            [path for path in group if path.suffix.lower() in HDR_SUFFIXES],
            [path for path in group if path.suffix.lower() in LDR_SUFFIXES],
        )
        for name, group in by_name.items()
    ]
    if not any(pair.hdr_file for pair in pairs):
        pairs = []
    return pairs + [_sibl_pair(path, folder) for path in descriptions]


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _paired(name: str, hdr_files: list[Path], ldr_files: list[Path]) -> Pair:
    problem = ""
    for files in (hdr_files, ldr_files):
        if len(files) > 1:
            problem = f"{' and '.join(path.name for path in files)} have the same name: keep one."
    if not hdr_files:
        problem = f"{ldr_files[0].name} has no HDR image of its name next to it."
    return Pair(name, next(iter(hdr_files), None), next(iter(ldr_files), None), problem=problem)


def _sibl_pair(path: Path, folder: Path) -> Pair:
    name = _name(path, folder)
    try:
        found = sibl.read_sibl(path)
    except LanetError as error:
        return Pair(name, None, problem=str(error))
    return Pair(name, found.hdr_file, found.ldr_file, sizes_differ_by_intent=True)


def _checked(pairs: Iterable[Pair]) -> list[Pair]:
    """Mark the pairs whose names could not be distinguished, or would lead out of the output folder."""
    pairs = list(pairs)
    spellings = Counter(pair.name.casefold() for pair in pairs if pair.hdr_file)
    checked = []
    for pair in pairs:
        problem = pair.problem
        if not _is_safe(pair.name):
            problem = f"The name {pair.name!r} cannot be a file's name."
        elif spellings[pair.name.casefold()] > 1:
            problem = "Another scene has the same name."
        checked.append(replace(pair, problem=problem))
    return checked


def _is_safe(name: str) -> bool:
    return not _UNSAFE.search(name) and all(part and not part.startswith(".") for part in name.split("/"))
