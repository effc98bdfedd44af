"""Public data sets by name: their layout, split and licence, and how each is read.

Nothing of them is part of this project. ``docs/comparing.md`` has the table for people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lanet_core.data.scenes import SCENE_LIST, SPLITS, split_by_name
from lanet_core.errors import DataError
from render_eval import sibl
from render_eval.dataset import Pair, find_pairs, paired_folders, pairs_of_folders


@dataclass(frozen=True)
class DataSet:
    """A data set.

    Attributes:
        label: its name for people.
        page: where its owners give it.
        licence: what it may be used for.
        layout: the files that the loader expects.
        split: what divides it into train, val and test.
        load: returns its pairs, of one split or all.
    """

    label: str
    page: str
    licence: str
    layout: str
    split: str
    load: Callable[[Path, str | None], list[Pair]]


def find_named_pairs(name: str | None, folder: Path, split: str | None) -> list[Pair]:
    """Return the pairs of a folder, sorted by name.

    Args:
        name: of :data:`DATA_SETS`; None for a folder of any layout that :func:`render_eval.dataset.find_pairs` reads.
        folder: where the data set was unpacked.
        split: ``train``, ``val`` or ``test``, None for all.

    Raises:
        DataError: the folder has another layout.
    """
    if name is None:
        return find_pairs(folder, split)
    if not Path(folder).is_dir():
        raise DataError("The folder does not exist.", path=folder, remedy=f"Unpack {DATA_SETS[name].label} there.")
    pairs = DATA_SETS[name].load(Path(folder), split)
    if not pairs:
        raise DataError(
            f"This folder does not have the layout of {DATA_SETS[name].label}.",
            path=folder,
            remedy=f"Expected: {DATA_SETS[name].layout}.",
        )
    return sorted(pairs, key=lambda pair: pair.name)


def _laval(folder: Path, split: str | None, *, category: str) -> list[Pair]:
    """Read EXR panoramas without LDR; lists of file names divide them, or else the name's hash does."""
    listed = {each: folder / f"{each}.txt" for each in SPLITS if (folder / f"{each}.txt").is_file()}
    split_of = {
        Path(line.strip()).stem: each
        for each, path in listed.items()
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    }
    pairs = {path.stem: Pair(path.stem, path, category=category) for path in sorted(folder.rglob("*.exr"))}
    for name in split_of:
        problem = f"A list names {name}.exr, which does not exist."
        pairs.setdefault(name, Pair(name, None, category=category, problem=problem))
    if not listed:
        split_of = {name: split_by_name(name) for name in pairs}
    return [pair for name, pair in pairs.items() if split in (None, split_of.get(name))]


def _sibl_archive(folder: Path, split: str | None) -> list[Pair]:
    """Read sets with an .ibl file; the name's hash divides them."""
    if not any(folder.rglob(f"*{sibl.SUFFIX}")):
        return []
    return [pair for pair in find_pairs(folder) if split in (None, split_by_name(pair.name))]


def _hdr_eye(folder: Path, split: str | None) -> list[Pair]:
    """Read a folder of HDR and a folder of LDR images; all of them are for tests."""
    sides = paired_folders(folder)
    if sides is None or split in ("train", "val"):
        return []
    return pairs_of_folders(*sides)


def _fetched(folder: Path, split: str | None) -> list[Pair]:
    """Read what ``lanet fetch`` left, with its list of scenes."""
    return find_pairs(folder, split) if (folder / SCENE_LIST).is_file() else []


_HASH = "by hash of the name"
_LAVAL_SPLIT = f"lists, else {_HASH}"
_FETCHED = "scenes.csv and its files, of lanet fetch"
_FETCHED_SPLIT = "column of scenes.csv"

#: By the name on the command line.
DATA_SETS: dict[str, DataSet] = {
    "laval-indoor": DataSet(
        "Laval Indoor HDR",
        "hdrdb.com/indoor",
        "research only, on request",
        "NAME.exr in any folder",
        _LAVAL_SPLIT,
        partial(_laval, category="indoor"),
    ),
    "laval-outdoor": DataSet(
        "Laval Outdoor HDR",
        "hdrdb.com/outdoor",
        "research only, on request",
        "NAME.exr in any folder",
        _LAVAL_SPLIT,
        partial(_laval, category="outdoor"),
    ),
    "sibl": DataSet(
        "sIBL archive",
        "hdrlabs.com/sibl/archive.html",
        "CC BY-NC-SA 3.0 US",
        "NAME/NAME.ibl and its files",
        _HASH,
        _sibl_archive,
    ),
    "hdr-eye": DataSet(
        "HDR-Eye",
        "epfl.ch/labs/mmspg/downloads/hdr-eye",
        "research, with citation",
        "folders HDR… and LDR…, same names in both",
        "all test",
        _hdr_eye,
    ),
    "polyhaven": DataSet("Poly Haven", "polyhaven.com/hdris", "CC0 1.0", _FETCHED, _FETCHED_SPLIT, _fetched),
    "ambientcg": DataSet("ambientCG", "ambientcg.com", "CC0 1.0", _FETCHED, _FETCHED_SPLIT, _fetched),
}
