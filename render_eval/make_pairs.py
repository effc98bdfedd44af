"""Makes pairs of an LDR photograph and its true HDR from HDR panoramas, for ``lanet-eval --metrics maps``.

    python -m render_eval.make_pairs --data DIR --out PAIRS --scenes city,courtyard

A virtual camera looks into each panorama at the views of the paper's section 5.2, 90° wide. ``NAME.png`` is its
photograph and ``NAME.exr`` is the light in front of it. The scene's name and the view's number seed the camera.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lanet_core.cli.destinations import make_folder
from lanet_core.data.crops import paper_crops, perspective_crop
from lanet_core.data.scenes import Scene, find_scenes
from lanet_core.data.virtual_camera import draw_camera, expose
from lanet_core.errors import DataError, LanetError
from lanet_core.files import read_hdr, write_png
from render_eval.images import write_linear

EXIT_FAILURE = 2


def main(argv: Sequence[str]) -> int:
    """Make the pairs and return the exit status."""
    parser = argparse.ArgumentParser(prog="make_pairs", description="Cut pairs of LDR and HDR images out of panoramas.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="HDR panoramas")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the pairs go")
    parser.add_argument("--split", choices=("train", "val", "test"), help="only this split")
    parser.add_argument("--scenes", metavar="NAMES", help="evaluate only these scenes, separated by commas")
    parser.add_argument("--views", type=int, default=1, metavar="N", help="views of each panorama (default: 1)")
    parser.add_argument("--size", type=int, default=512, metavar="PX", help="width; 4:3 (default: 512)")
    arguments = parser.parse_args(argv)
    try:
        scenes = chosen_scenes(arguments.data, arguments.split, arguments.scenes)
        make_folder(arguments.out)
        for scene in scenes:
            for name in make_pairs(scene, arguments.out, arguments.views, arguments.size):
                print(name)
    except LanetError as error:
        print(f"make_pairs: error: {error}", file=sys.stderr)
        return EXIT_FAILURE
    return 0


def chosen_scenes(data: Path, split: str | None, names: str | None) -> list[Scene]:
    """Return the scenes that were requested.

    Raises:
        DataError: there is no such folder or scene.
    """
    scenes = find_scenes(data, split)
    if names is None:
        return scenes
    by_name = {scene.name: scene for scene in scenes}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    missing = [name for name in wanted if name not in by_name]
    if missing:
        raise DataError(f"There is no scene {missing[0]}.", path=data, remedy=f"There are {', '.join(by_name)}.")
    return [by_name[name] for name in wanted]


def make_pairs(scene: Scene, folder: Path, views: int, width: int) -> list[str]:
    """Write a scene's pairs and return their names.

    Args:
        scene: the panorama.
        folder: an existing folder.
        views: how many of the paper's views, from the first on.
        width: columns; rows are three quarters of that.

    Raises:
        InputError: the panorama cannot be read.
        OutputError: a file cannot be written.
    """
    panorama = read_hdr(scene.path)
    seed = int.from_bytes(hashlib.sha256(scene.name.encode()).digest()[:4], "big")
    names = []
    for number, view in enumerate(paper_crops(scene.is_outdoor)[:views]):
        hdr = perspective_crop(panorama, *view, width * 3 // 4, width)
        name = f"{scene.name}_{number}"
        write_png(folder / f"{name}.png", expose(hdr, draw_camera(np.random.default_rng([seed, number]))))
        write_linear(folder / f"{name}.exr", hdr)
        names.append(name)
    return names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
