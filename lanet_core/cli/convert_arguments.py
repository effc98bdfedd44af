"""Options of ``lanet convert``, and which of them go together."""

from __future__ import annotations

import argparse
from pathlib import Path

from lanet_core.cli.model_arguments import add_model_arguments
from lanet_core.cli.reading_arguments import add_reading_arguments
from lanet_core.cli.surface_arguments import add_surface_arguments, surface_of
from lanet_core.errors import LanetError

#: The value of --preview without a path; no path is empty.
_NEXT_TO_RESULT = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "inputs", nargs="+", metavar="IMAGE", help="panorama: JPEG, PNG, TIFF, WebP and others, see docs/formats.md"
    )
    parser.add_argument(
        "--image",
        action="store_true",
        help="convert photographs, backplates or textures of any size instead of panoramas",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="PATH",
        help="an .exr or .hdr file; or a folder, if the name ends in /, if the folder exists, or for several images",
    )
    parser.add_argument(
        "--format",
        choices=("exr", "hdr"),
        default="exr",
        help="format of the results in a folder: OpenEXR or Radiance (default: %(default)s)",
    )
    parser.add_argument(
        "--half", action="store_true", help="write 16-bit floats: half the file size, values up to 65504"
    )
    parser.add_argument(
        "--compression",
        choices=("zip", "piz", "dwab"),
        default="zip",
        help="OpenEXR compression: zip and piz are lossless; dwab is lossy, the smallest, and implies --half "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace existing results in a folder (a single file named by -o is always replaced)",
    )
    parser.add_argument(
        "--preview",
        nargs="?",
        const=_NEXT_TO_RESULT,
        metavar="PATH",
        help="also write a before/after image: a .png file or a folder (default: next to the result)",
    )
    parser.add_argument(
        "--maps",
        action="store_true",
        help="with --image, also write the attention and the luminance classes of the network as .png files",
    )
    parser.add_argument(
        "--confidence",
        action="store_true",
        help="also write the predicted uncertainty of each pixel, in stops, as the EXR channel uncertainty",
    )
    parser.add_argument(
        "--sequence",
        action="store_true",
        help="the images are the frames of one video or time-lapse, in the order given: one white level for all, and "
        "the strength of the light smoothed over time",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per file, see docs/json.md")
    add_reading_arguments(parser)
    add_surface_arguments(parser)
    add_model_arguments(parser, of_photographs=True)


def check_combination(arguments: argparse.Namespace) -> None:
    """Check that the options go together.

    Raises:
        LanetError: they do not.
    """
    if arguments.maps and not arguments.image:
        raise LanetError("--maps requires --image.", remedy="Add --image, or omit --maps.")
    if arguments.sequence and arguments.image:
        raise LanetError("--sequence requires panoramas.", remedy="Omit --sequence, or omit --image.")
    if arguments.albedo is not None and (arguments.image or arguments.sequence):
        raise LanetError("--albedo requires single panoramas.", remedy="Omit --albedo, or omit --image and --sequence.")
    if arguments.albedo is None and (arguments.albedo_at is not None or arguments.albedo_facing != "auto"):
        raise LanetError("--albedo-at and --albedo-facing require --albedo.", remedy="Add --albedo VALUE.")
    surface_of(arguments)
    is_hdr = suffix_of(arguments) == ".hdr"
    if is_hdr and (arguments.half or arguments.confidence or arguments.compression != "zip"):
        raise LanetError(
            "Radiance files do not support --half, --compression and --confidence.",
            remedy="Omit these options, or write .exr files.",
        )
    if arguments.preview is not None and arguments.image:
        raise LanetError("--preview requires a panorama.", remedy="Omit --preview, or omit --image.")


def suffix_of(arguments: argparse.Namespace) -> str:
    """Return the extension of the results: that of the name, or else the one requested."""
    suffix = Path(arguments.output).suffix.lower()
    return suffix if suffix in (".exr", ".hdr") else f".{arguments.format}"
