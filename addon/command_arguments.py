"""The arguments of ``blender --command lanet``, and the images that they name."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from .files.result_files import PATTERN
from .preferences import PROVIDERS
from .source.reading_choice import EYES

#: The options that are fields of the worker's requests.
READING = ("stretch", "pad", "eye", "force", "albedo", "at", "facing")
EXIT_STATUS = (
    "Exit status: 0 all done; 1 some of several failed; 2 nothing was done, or wrong arguments; 130 interrupted."
)
_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}


def make_parser(program: str) -> argparse.ArgumentParser:
    """Return the parser of the command's arguments.

    Args:
        program: how the command is called.
    """
    parser = argparse.ArgumentParser(
        prog=program,
        description="Turns LDR panoramas into calibrated HDR environment light.",
        epilog=EXIT_STATUS,
    )
    commands = parser.add_subparsers(required=True, metavar="{convert}")
    convert = commands.add_parser(
        "convert",
        help="convert the world of the opened scene, or images",
        description="Converts the world of the opened scene; or, where images are named, each into an EXR file.",
        epilog=EXIT_STATUS,
    )
    convert.add_argument(
        "images", nargs="*", metavar="IMAGE", help="panorama (JPEG, PNG, TIFF or WebP), folder or pattern"
    )
    convert.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="folder of the EXR files (default: next to each image; for a world, that of the preferences)",
    )
    convert.add_argument(
        "--name", metavar="PATTERN", default=PATTERN, help="name of the EXR files (default: %(default)s)"
    )
    convert.add_argument("--world", action="store_true", help="light the opened scene by the one image")
    convert.add_argument(
        "--all-scenes", action="store_true", help="convert the world of every scene, each once; without images"
    )
    convert.add_argument("--pack", action="store_true", help="pack the world's EXR file into the .blend file")
    convert.add_argument(
        "--asset",
        action="store_true",
        help="mark the world as an asset with a preview; of several images, make each a world and an asset",
    )
    convert.add_argument("--save", action="store_true", help="save the .blend file")
    convert.add_argument("--skip-existing", action="store_true", help="leave out images that have a result there")
    convert.add_argument("--dry-run", action="store_true", help="print what would be converted, and write nothing")
    convert.add_argument("--json", action="store_true", help="print one JSON object a line: source, output and facts")
    precision = convert.add_mutually_exclusive_group()
    precision.add_argument("--half", action="store_true", help="write 16-bit floats: half the size, light up to 65504")
    precision.add_argument("--float", action="store_true", help="write 32-bit floats")
    reading = convert.add_argument_group("reading", "how images are understood that are no plain 2:1 panoramas")
    reading.add_argument("--stretch", action="store_true", help="take 1.7:1 to 2.3:1 as a whole sphere, stretched")
    reading.add_argument("--pad", action="store_true", help="take the image as the middle of the sphere")
    reading.add_argument("--eye", choices=[name.lower() for name, *_ in EYES[1:]], help="the half of a stereo image")
    reading.add_argument("--force", action="store_true", help="convert also what is recognised as no panorama")
    calibration = convert.add_argument_group("calibration", "scale the added light by a surface of known albedo")
    calibration.add_argument("--albedo", type=_albedo, metavar="VALUE", help="albedo, above 0 and up to 1")
    calibration.add_argument(
        "--albedo-at",
        dest="at",
        type=_place,
        metavar="U,V",
        help="place of the surface, 0 to 1 from the left and from the top of the panorama (default: the ground)",
    )
    calibration.add_argument("--albedo-facing", dest="facing", choices=("up", "camera"), help="where the surface faces")
    converter = convert.add_argument_group("converter", "instead of those in the preferences")
    converter.add_argument("--model", metavar="FILE", help="an ONNX model")
    converter.add_argument("--provider", choices=[name for name, *_ in PROVIDERS], help="what runs the network")
    converter.add_argument("--threads", type=int, metavar="N", help="CPU threads")
    return parser


def _albedo(text: str) -> float:
    value = float(text)
    if not 0.0 < value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is no albedo; use a value above 0 and up to 1")
    return value


def _place(text: str) -> list[float]:
    values = [float(value) for value in text.split(",")]
    if len(values) != 2 or not all(0.0 <= value <= 1.0 for value in values):
        raise argparse.ArgumentTypeError(f"{text} is not two values from 0 to 1")
    return values


def named_images(paths: Iterable[Path]) -> list[Path]:
    """Return the images that arguments name, each once.

    Args:
        paths: absolute paths: of files, of folders for all the images in them, or with wildcards (``*``, ``?``,
            ``[]``) for what matches. A name that exists is not a pattern, even if it contains such characters.
    """
    found: list[Path] = []
    for path in paths:
        try:
            found += _images_at(path)
        except (OSError, ValueError):  # the conversion reports it
            found.append(path)
    return list(dict.fromkeys(found))


def is_image(path: Path) -> bool:
    """Return whether the name of a file is that of an image that the converter reads."""
    return path.suffix.lower() in _SUFFIXES


def _images_at(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(each for each in path.iterdir() if is_image(each) and each.is_file())
    if not path.exists() and any(character in path.name for character in "*?["):
        return sorted(path.parent.glob(path.name)) or [path]
    return [path]
