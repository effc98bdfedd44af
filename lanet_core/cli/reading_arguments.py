"""The options that specify how an image is to be understood, shared by commands that read panoramas."""

from __future__ import annotations

import argparse

from lanet_core.pipeline.reading_options import EYES, ReadingOptions
from lanet_core.reconstruction.white_level import WhiteLevel


def add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("reading", "how an image is interpreted; see docs/formats.md")
    group.add_argument("--extend", action="store_true", help="also convert HDR images that are clipped at a plateau")
    group.add_argument("--eye", choices=EYES, help="the part of a stereo image to convert (default: left or top)")
    group.add_argument(
        "--stretch", action="store_true", help="use an image of 1.7:1 to 2.3:1 as the whole sphere, stretched to 2:1"
    )
    group.add_argument(
        "--pad",
        action="store_true",
        help="use an image of another ratio as the middle of the sphere, and fill the rest",
    )
    group.add_argument(
        "--force",
        action="store_true",
        help="convert images that are recognised as other than panoramas; resample cube maps",
    )
    group.add_argument(
        "--white",
        type=_white_level,
        metavar="R,G,B",
        help="value at which the image clips, 0 to 1, for all channels or for each: 0.94 or 1,0.93,0.8 "
        "(default: estimated)",
    )
    group.add_argument("--no-pose", action="store_true", help="ignore the pitch and roll of panorama metadata")
    group.add_argument("--no-alpha", action="store_true", help="ignore transparency: use the colour of all pixels")


def _white_level(text: str) -> WhiteLevel:
    try:
        values = [float(value) for value in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (1, 3) or not all(0.2 <= value <= 1.0 for value in values):
        raise argparse.ArgumentTypeError(f"{text} is not one value or three, each from 0.2 to 1")
    red, green, blue = values * (3 // len(values))
    return WhiteLevel((red, green, blue), shoulder="hard")


def reading_options(arguments: argparse.Namespace) -> ReadingOptions:
    """Return the options of a command line."""
    return ReadingOptions(
        extend=arguments.extend,
        eye=arguments.eye,
        stretch=arguments.stretch,
        pad=arguments.pad,
        force=arguments.force,
        ignore_pose=arguments.no_pose,
        ignore_alpha=arguments.no_alpha,
        white=arguments.white,
    )
