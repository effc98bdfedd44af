"""The options by which a surface of known albedo calibrates the light."""

from __future__ import annotations

import argparse

from lanet_core.reconstruction.surface_calibration import FACINGS, Surface

#: Albedos of common surfaces by their names.
ALBEDOS = {"grey-card": 0.18, "concrete": 0.3, "grass": 0.2, "snow": 0.8}
_GROUND = "ground"


def add_surface_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group(
        "calibration", "scale the added light so that a surface has its albedo; see docs/command_line.md"
    )
    group.add_argument(
        "--albedo",
        type=_albedo,
        metavar="VALUE",
        help=f"albedo of the surface, above 0 and up to 1, or {', '.join(ALBEDOS)}",
    )
    group.add_argument(
        "--albedo-at",
        type=_place,
        default=None,
        metavar="U,V",
        help="where the surface is in the panorama, 0 to 1 from the left and from the top, or ground "
        "(default: ground, measured 25° to 65° below the horizon)",
    )
    group.add_argument(
        "--albedo-facing",
        choices=FACINGS,
        default="auto",
        help="where the surface faces; auto: up below the horizon, and to the camera above it (default: %(default)s)",
    )


def surface_of(arguments: argparse.Namespace) -> Surface | None:
    """Return the surface of a command line, None without ``--albedo``."""
    if arguments.albedo is None:
        return None
    return Surface(arguments.albedo, arguments.albedo_at, arguments.albedo_facing)


def _albedo(text: str) -> float:
    try:
        value = ALBEDOS[text] if text in ALBEDOS else float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is no albedo; use a value above 0 and up to 1")
    return value


def _place(text: str) -> tuple[float, float] | None:
    if text == _GROUND:
        return None
    try:
        values = tuple(float(value) for value in text.split(","))
    except ValueError:
        values = ()
    if len(values) != 2 or not all(0.0 <= value <= 1.0 for value in values):
        raise argparse.ArgumentTypeError(f"{text} is neither {_GROUND} nor two values from 0 to 1")
    return values
