"""``lanet preview``: a before/after image of a panorama and its HDR."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lanet_core.cli.reading_arguments import add_reading_arguments, reading_options
from lanet_core.cli.streams import print_result
from lanet_core.pipeline.json_record import conversion_record, line_of

if TYPE_CHECKING:
    from lanet_core.pipeline.panorama import Panorama
    from lanet_core.pipeline.reading_options import ReadingOptions

NAME = "preview"
HELP = "write a before/after image of a panorama and its HDR: two exposures, and balls lit by each"

#: Rows of a panorama from which a preview looks as from any more.
_ENOUGH_HEIGHT = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("ldr", metavar="IMAGE", help="the LDR panorama")
    parser.add_argument("hdr", metavar="HDR", help="its HDR: OpenEXR or Radiance, 1.0 = white of the LDR")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the .png file to write")
    parser.add_argument("--json", action="store_true", help="print one JSON object, see docs/json.md")
    add_reading_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the image and return the exit status."""
    from lanet_core.cli.destinations import plan
    from lanet_core.errors import NotEquirectangularError
    from lanet_core.files import read_hdr

    source, hdr_path = Path(arguments.ldr), Path(arguments.hdr)
    (output,) = plan([source], arguments.output, ".png")
    hdr = read_hdr(hdr_path)
    height, width = hdr.shape[:2]
    if width != 2 * height:
        raise NotEquirectangularError(
            f"The image is {width}x{height}, not 2:1.", path=hdr_path, remedy="Use a full panorama."
        )
    write_preview(source, hdr, output, reading_options(arguments))
    if arguments.json:
        print_result(line_of(conversion_record(source, output, "written", {"hdr": str(hdr_path)})))
    return 0


def write_preview(source: Path, hdr: np.ndarray, output: Path, options: ReadingOptions | None = None) -> None:
    """Write the before/after image of an image file and its HDR.

    Args:
        source: the LDR image file.
        hdr: (H, W, 3) float32, linear Rec.709, 1 = LDR white.
        output: the PNG file.
        options: how the image is to be understood.

    Raises:
        InputError: the image cannot be read or is no panorama.
        OutputError: the result cannot be written.
    """
    from lanet_core.files import read_ldr, write_png
    from lanet_core.pipeline.panorama import panorama_from_image
    from lanet_core.pipeline.preview import before_after

    extend = options is not None and options.extend
    panorama = panorama_from_image(read_ldr(source, extend=extend), options)
    write_png(output, before_after(_shrunk(panorama), hdr))


def _shrunk(panorama: Panorama) -> np.ndarray:
    """Return a panorama's light, (h, w, 3) float32, at most as large as it takes to show it."""
    from lanet_core.geometry.bands import BandDownsampler

    if panorama.height <= _ENOUGH_HEIGHT:
        return panorama.rgb_linear
    small = BandDownsampler((panorama.height, panorama.width), (_ENOUGH_HEIGHT, 2 * _ENOUGH_HEIGHT), channels=3)
    for band in panorama.bands():
        small.add(panorama.linear_rows(*band), band[0])
    return small.result
