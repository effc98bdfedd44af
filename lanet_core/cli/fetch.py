"""``lanet fetch``: HDR panoramas from Poly Haven into a folder to train on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

NAME = "fetch"
HELP = "fetch CC0 HDR panoramas from Poly Haven, verified, into a folder to train on"

EXIT_SOME_FAILED = 1
EXIT_FAILURE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where they go, with a list")
    parser.add_argument("--resolution", default="1k", metavar="SIZE", help="1k (the default), 2k, 4k …")
    parser.add_argument("--format", choices=("exr", "hdr"), default="exr", help="(default: exr)")
    parser.add_argument(
        "--splits",
        type=Path,
        metavar="CSV",
        help="keep the split of the scenes that this list names, and of other pictures of their places; all else "
        "teaches (default: 80 %% of the places train, 10 %% val, 10 %% test, by their names)",
    )
    parser.add_argument("--limit", type=_at_least_one, metavar="N", help="only the first N panoramas, by name")
    parser.add_argument("--jobs", type=_at_least_one, default=4, metavar="N", help="files at once (default: 4)")
    parser.add_argument("--source", metavar="URL", help="another place of the same API, such as a mirror")


def run(arguments: argparse.Namespace) -> int:
    """Fetch and return the exit status."""
    from lanet_core.training.panorama_library import PanoramaLibrary, read_splits
    from lanet_core.training.poly_haven import API_URL, CREDIT, PolyHaven

    splits = read_splits(arguments.splits) if arguments.splits else None
    haven = PolyHaven(arguments.source or API_URL)
    assets = haven.assets()[: arguments.limit]
    library = PanoramaLibrary(arguments.output, splits, arguments.resolution, arguments.format)
    print(f"{len(assets)} panoramas. {CREDIT}")
    failed = fetched = 0
    outcomes = library.fetch(haven, assets, arguments.jobs)
    for outcome in tqdm(outcomes, total=len(assets), unit="panorama", disable=not sys.stderr.isatty()):
        if outcome.error is not None:
            failed += 1
            tqdm.write(f"lanet: error: {outcome.asset.slug}: {outcome.error}", file=sys.stderr)
        elif not outcome.was_there:
            fetched += 1
    print(f"{fetched} fetched, {len(assets) - fetched - failed} there already, {failed} failed: {arguments.output}")
    if not failed:
        return 0
    return EXIT_FAILURE if failed == len(assets) else EXIT_SOME_FAILED


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value
