"""``lanet fetch``: HDR panoramas from Poly Haven or ambientCG into a folder to train on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from lanet_core.cli.model_arguments import whole_number
from lanet_core.cli.streams import print_result
from lanet_core.errors import DataError
from lanet_core.pipeline.json_record import error_facts, line_of

if TYPE_CHECKING:
    from lanet_core.data.panorama_library import FetchOutcome
    from lanet_core.data.web_client import PanoramaSource

NAME = "fetch"
HELP = "download CC0 HDR panoramas from Poly Haven or ambientCG to a folder for training"

EXIT_SOME_FAILED = 1
EXIT_FAILURE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of the panoramas and of their list, scenes.csv",
    )
    parser.add_argument("--resolution", default="1k", metavar="SIZE", help="1k (the default), 2k, 4k …")
    parser.add_argument(
        "--format", choices=("exr", "hdr"), default="exr", help="format of the panoramas (default: exr)"
    )
    parser.add_argument(
        "--splits",
        type=Path,
        metavar="CSV",
        help="keep the splits of this list, also for other panoramas of the same places; assign all other places to "
        "train (default: 80 %% of the places to train, 10 %% to val, 10 %% to test, by a hash of the name)",
    )
    parser.add_argument(
        "--limit", type=whole_number(1), metavar="N", help="download only the first N panoramas, by name"
    )
    parser.add_argument("--jobs", type=whole_number(1), default=4, metavar="N", help="parallel downloads (default: 4)")
    parser.add_argument("--json", action="store_true", help="print one JSON object per panorama, see docs/json.md")
    parser.add_argument(
        "--source",
        default="polyhaven",
        metavar="NAME",
        help="polyhaven (the default) or ambientcg; NAME=URL for another server of the same API, such as a mirror",
    )


def run(arguments: argparse.Namespace) -> int:
    """Fetch and return the exit status."""
    from lanet_core.data.panorama_library import PanoramaLibrary, read_splits

    splits = read_splits(arguments.splits) if arguments.splits else None
    source = _source(arguments.source)
    assets = source.assets()[: arguments.limit]
    library = PanoramaLibrary(arguments.output, splits, arguments.resolution, arguments.format)
    if not arguments.json:
        print(f"{len(assets)} panoramas. {source.credit}")
    failed = fetched = 0
    outcomes = library.fetch(source, assets, arguments.jobs)
    for outcome in tqdm(outcomes, total=len(assets), unit="panorama", disable=not sys.stderr.isatty()):
        if arguments.json:
            print_result(line_of(_record(outcome, source.credit)))
        if outcome.error is not None:
            failed += 1
            tqdm.write(f"lanet: error: {outcome.asset.slug}: {outcome.error}", file=sys.stderr)
        elif not outcome.was_there:
            fetched += 1
    if not arguments.json:
        print(f"{fetched} downloaded, {len(assets) - fetched - failed} up to date, {failed} failed: {arguments.output}")
    if not failed:
        return 0
    return EXIT_FAILURE if failed == len(assets) else EXIT_SOME_FAILED


def _record(outcome: FetchOutcome, credit: str) -> dict[str, object]:
    """Return what ``--json`` reports of a panorama."""
    error = outcome.error
    status = "failed" if error is not None else "skipped" if outcome.was_there else "downloaded"
    record: dict[str, object] = {"slug": outcome.asset.slug, "status": status, "credit": credit}
    return record | (error_facts(type(error).__name__, str(error)) if error is not None else {})


def _source(text: str) -> PanoramaSource:
    """Return the source of a name, ``NAME=URL``, or the address of a mirror of Poly Haven.

    Raises:
        DataError: there is no such source.
    """
    from lanet_core.data.ambientcg import AmbientCg
    from lanet_core.data.poly_haven import PolyHaven

    sources = {"polyhaven": PolyHaven, "ambientcg": AmbientCg}
    if text.startswith(("http://", "https://")):
        return PolyHaven(text)
    name, _, url = text.partition("=")
    if name not in sources:
        raise DataError(f"There is no source {name!r}.", remedy=f"Known are {', '.join(sources)}.")
    return sources[name](url) if url else sources[name]()
