"""The command line of the evaluation."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from lanet_core.cli.model_arguments import whole_number
from render_eval.datasets import DATA_SETS
from render_eval.hdrvdp import OCTAVE
from render_eval.methods import KNOWN_METHODS
from render_eval.provenance import shown_path

DEFAULT_METHODS = {"renders": "ldr,boost,koeo,panolanet", "maps": "ldr,koeo,lanet"}


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; a mistake in it ends the program with status 2."""
    parser = argparse.ArgumentParser(
        prog="lanet-eval",
        description="Light a scene with true and with reconstructed HDR panoramas, render it and compare the renders; "
        "with --metrics maps, compare reconstructed HDR images with the true ones.",
        epilog="Exit status: 0 success; 1 some scenes or methods failed; 2 failure; 130 interrupted.",
    )
    _add_input(parser)
    _add_methods(parser)
    _add_rendering(parser)
    _add_report(parser)
    _add_running(parser)
    return parser.parse_args(argv)


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="HDR panoramas or sIBL sets")
    parser.add_argument(
        "--metrics",
        choices=("renders", "maps"),
        default="renders",
        help="renders: balls lit by panoramas, Table 4 of the paper (default); maps: images with their true HDR, "
        "NAME.png next to NAME.hdr, Table 3 of the paper",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the report")
    parser.add_argument(
        "--dataset",
        choices=tuple(DATA_SETS),
        help="data set in the folder, see docs/comparing.md (default: detected)",
    )
    parser.add_argument("--split", choices=("train", "val", "test"), help="evaluate only this split")
    parser.add_argument("--scenes", metavar="NAMES", help="evaluate only these scenes, separated by commas")


def _add_methods(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("methods")
    group.add_argument(
        "--methods",
        metavar="NAMES",
        help=f"some of {', '.join(KNOWN_METHODS)} (default: {DEFAULT_METHODS['renders']}; with --metrics maps "
        f"{DEFAULT_METHODS['maps']}; or none where --method is given)",
    )
    group.add_argument(
        "--method",
        type=_named_path,
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="additional method: folder of predictions by scene name, checkpoint (.pt) or model (.onnx); repeatable",
    )
    group.add_argument(
        "--weights",
        type=_absolute,
        metavar="DIR",
        help="folder of the published weights of expandnet, hdrcnn, drtmo, santos and liu, see docs/comparing.md",
    )
    group.add_argument(
        "--expandnet-weights", type=_absolute, metavar="FILE", help="weights of Expand-Net, if not in --weights"
    )
    group.add_argument("--model", type=_absolute, metavar="FILE", help="model of panolanet (default: the supplied one)")
    group.add_argument(
        "--image-model", type=_absolute, metavar="FILE", help="model of lanet (default: the supplied one)"
    )


def _add_rendering(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rendering")
    group.add_argument("--scene", default="four_balls", help="four_balls, three_spheres or a .toml file")
    group.add_argument("--size", type=_size, metavar="WxH", help="size of the renders (default: defined by the scene)")
    group.add_argument("--samples", type=int, metavar="N", help="samples per pixel (default: defined by the scene)")
    group.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="seed of the noise (default: 0)")
    group.add_argument(
        "--jod",
        action=argparse.BooleanOptionalAction,
        help="also compute ColorVideoVDP (default: if installed)",
    )
    group.add_argument(
        "--hdrvdp",
        type=_absolute,
        metavar="DIR",
        help="also compute HDR-VDP: folder of its unpacked release, run in Octave",
    )
    group.add_argument("--octave", default=OCTAVE, metavar="PROGRAM", help=f"program of Octave (default: {OCTAVE})")


def _add_report(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("report")
    group.add_argument(
        "--image-of",
        metavar="METHOD",
        help="method whose best and worst scenes best_and_worst.png shows (default: the last one with scores)",
    )
    group.add_argument(
        "--summary",
        type=Path,
        metavar="DIR",
        help="also write results.csv, results.json and best_and_worst.png, without the renders, to this folder",
    )


def _add_running(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("running")
    where = group.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=whole_number(1), default=1, metavar="N", help="number of processes (default: 1)")
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="address of a running Dask scheduler, such as tcp://host:8786"
    )
    group.add_argument(
        "--tls",
        nargs=3,
        type=_absolute,
        metavar=("CA", "CERT", "KEY"),
        help="with --scheduler tls://host:8786: PEM files of the certificate authority, a certificate and its key",
    )
    group.add_argument("--force", action="store_true", help="repeat finished work")


def _absolute(text: str) -> Path:
    return Path(text).resolve()  # a worker may be in another folder


def _named_path(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH")
    return name, Path(path).resolve()


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    try:
        return int(width), int(height)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT") from error


def as_text(arguments: argparse.Namespace) -> str:
    """Return the command for a report, without options that are not set; see :func:`shown_path`."""
    words = ["lanet-eval"]
    for name, value in vars(arguments).items():
        option = f"--{name.replace('_', '-')}"
        if name == "method":
            words += [word for each, path in value for word in (option, f"{each}={shown_path(path)}")]
        elif name == "size" and value:
            words += [option, f"{value[0]}x{value[1]}"]
        elif name == "jod" and value is not None:
            words.append("--jod" if value else "--no-jod")
        elif value is True:
            words.append(option)
        elif name == "tls" and value:
            words += [option, *map(shown_path, value)]
        elif isinstance(value, Path):
            words += [option, shown_path(value)]
        elif value not in (None, False):
            words += [option, str(value)]
    return shlex.join(words)
