"""A folder of panoramas fetched from the web, listed for training, whole at any moment."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from lanet_core.data.scenes import SCENE_LIST, SPLITS, split_by_name
from lanet_core.data.web_client import Asset, PanoramaSource
from lanet_core.errors import DataError, LanetError
from lanet_core.files.replacing import replacing

_COLUMNS: tuple[str, ...] = ("slug", "file", "split", "category", "scene_group", "licence", "source", "md5")
#: ambientCG numbers its panoramas, and sets of one place have letters behind the number.
_LETTER = re.compile(r"(?<=\d)[A-Z]$")
#: Suffixes that distinguish the images of one place: a number, a time of day, a retouched half.
_VARIANT = re.compile(r"(_(\d+|[a-z]|puresky|dawn|dusk|midday|noon|morning|afternoon|evening|sunrise|sunset|night))+$")


@dataclass(frozen=True)
class FetchOutcome:
    """What became of a panorama.

    Attributes:
        asset: the panorama.
        was_there: whether its whole file existed before.
        error: why it could not be fetched, None if it was.
    """

    asset: Asset
    was_there: bool = False
    error: LanetError | None = None


def scene_group(slug: str) -> str:
    """Return the place that a panorama shows: its name without the suffix that distinguishes images of one place.

    >>> scene_group("studio_small_08"), scene_group("kloppenheim_06_puresky"), scene_group("DaySkyHDRI021A")
    ('studio_small', 'kloppenheim', 'DaySkyHDRI021')
    """
    return _VARIANT.sub("", _LETTER.sub("", slug)) or slug


def read_splits(listed: Path) -> dict[str, str]:
    """Return {scene group: split} of a list of scenes, so that a place is never in training and in evaluation at once.

    A group with scenes in several splits counts as the one furthest from training.

    Args:
        listed: a CSV file with the columns slug (or scene) and split, such as a data folder's scenes.csv.

    Raises:
        DataError: it cannot be read, or lacks the columns.
    """
    splits: dict[str, str] = {}
    try:
        with listed.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                slug, split = row.get("slug") or row.get("scene"), row.get("split")
                if not slug or split not in SPLITS:
                    raise DataError(
                        "A row has no scene or no split.",
                        path=listed,
                        remedy=f"Its header needs slug and split, one of {', '.join(SPLITS)}.",
                    )
                group = scene_group(slug)
                splits[group] = max(split, splits.get(group, split), key=SPLITS.index)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"It cannot be read: {error}.", path=listed) from error
    return splits


class PanoramaLibrary:
    """The folder.

    Args:
        folder: made if it is missing.
        splits: {scene group: split} for places whose split is fixed elsewhere; none by default. With any, all other
            places are training scenes; without, a place's name decides (80 % train, 10 % val, 10 % test).
        resolution: of the files, such as ``1k``.
        suffix: ``exr`` or ``hdr``.

    Raises:
        DataError: the folder cannot be made, or holds a list of other scenes.
    """

    def __init__(
        self, folder: Path, splits: Mapping[str, str] | None = None, resolution: str = "1k", suffix: str = "exr"
    ) -> None:
        self.folder, self.resolution, self.suffix = folder, resolution, suffix
        self._splits = splits
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"The folder cannot be created: {error.strerror}.", path=folder) from error
        self._rows = self._listed()

    def fetch(self, source: PanoramaSource, assets: list[Asset], jobs: int = 4) -> Iterator[FetchOutcome]:
        """Fetch what is missing, several files at once; failures are reported and the rest continues.

        The list of scenes names what is there and verified, after every file anew: a stopped call resumes where it was.

        Args:
            source: where from.
            assets: what.
            jobs: files at once.

        Yields:
            What became of each panorama, in the order of their completion.
        """
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="lanet fetch")
        try:
            pending = [pool.submit(self._fetch_one, source, asset) for asset in assets]
            for future in as_completed(pending):
                outcome, md5 = future.result()
                if outcome.error is None:
                    self._list(source, outcome.asset, md5)
                yield outcome
        finally:
            pool.shutdown(cancel_futures=True)

    def split_of(self, slug: str) -> str:
        """Return the split of a panorama."""
        group = scene_group(slug)
        return split_by_name(group) if self._splits is None else self._splits.get(group, "train")

    def _fetch_one(self, source: PanoramaSource, asset: Asset) -> tuple[FetchOutcome, str]:
        path = self.folder / self._name(asset)
        row = self._rows.get(asset.slug, {})
        listed_md5 = row.get("md5", "") if row.get("file") == path.name else ""
        try:
            was_there, md5 = source.obtain(asset.slug, self.resolution, self.suffix, path, listed_md5)
        except LanetError as error:
            return FetchOutcome(asset, error=error), ""
        return FetchOutcome(asset, was_there), md5

    def _name(self, asset: Asset) -> str:
        return f"{asset.slug}_{self.resolution}.{self.suffix}"

    def _listed(self) -> dict[str, dict[str, str]]:
        """Return the rows of an earlier call whose files are there."""
        listed = self.folder / SCENE_LIST
        if not listed.is_file():
            return {}
        with listed.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            if tuple(rows.fieldnames or ()) != _COLUMNS:
                raise DataError(
                    "This list of scenes was not written by `lanet fetch`.",
                    path=listed,
                    remedy="Choose an empty folder.",
                )
            return {row["slug"]: row for row in rows if (self.folder / row["file"]).is_file()}

    def _list(self, source: PanoramaSource, asset: Asset, md5: str) -> None:
        self._rows[asset.slug] = {
            "slug": asset.slug,
            "file": self._name(asset),
            "split": self.split_of(asset.slug),
            "category": asset.category,
            "scene_group": scene_group(asset.slug),
            "licence": "CC0-1.0",
            "source": source.page(asset.slug),
            "md5": md5,
        }
        listed = self.folder / SCENE_LIST
        with replacing(listed) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for _, row in sorted(self._rows.items()))
