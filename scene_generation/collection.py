"""A folder of generated panoramas and its list, whole at any moment."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import OpenEXR

from lanet_core.colour import REC709_CHROMATICITIES
from lanet_core.data.scenes import SCENE_LIST
from lanet_core.errors import OutputNotWritableError
from lanet_core.files.replacing import replacing
from scene_generation.kinds import SeededScene

_COLUMNS = ("slug", "file", "split", "category")

Render = Callable[[SeededScene], np.ndarray]


def fill(folder: Path, scenes: Iterable[SeededScene], render: Render) -> Iterator[SeededScene]:
    """Render what a folder lacks, scene by scene, each listed as soon as it is there.

    Args:
        folder: made if it is missing.
        scenes: what it shall hold.
        render: gives a scene's panorama, (H, W, 3) float32, linear Rec.709, ≥ 0.

    Yields:
        Each scene that was rendered, after it was listed.

    Raises:
        OutputError: something cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritableError(f"The folder cannot be created: {error.strerror}.", path=folder) from error
    for scene in scenes:
        path = folder / f"{scene.slug}.exr"
        if path.is_file():
            continue
        _write_panorama(path, render(scene))
        write_list(folder)
        yield scene


def write_list(folder: Path) -> None:
    """List every panorama of a folder in its scenes.csv, for training; the list changes in one step."""
    rows = [(path.stem, path.name, "train", path.stem.rpartition("_")[0]) for path in sorted(folder.glob("*_*.exr"))]
    with replacing(folder / SCENE_LIST) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(rows)


def _write_panorama(path: Path, panorama: np.ndarray) -> None:
    header = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "envmap": OpenEXR.ENVMAP_LATLONG,
        "chromaticities": REC709_CHROMATICITIES,
    }
    with replacing(path) as temporary:
        OpenEXR.File(header, {"RGB": np.ascontiguousarray(panorama)}).write(str(temporary))
