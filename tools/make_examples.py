"""Make examples/*.jpg: what a camera would have kept of three HDR worlds that come with Blender.

The worlds are Greg Zaal's CC0 panoramas in the ``bpy`` wheel (``datafiles/studiolights/world``). Each is
exposed so that the image's mean over the sphere is middle grey, clipped at white, encoded as sRGB and
written as JPEG; what exceeded white is lost, as in any photograph. Run it where the extras
``evaluation`` are installed: ``python tools/make_examples.py``.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.colour import quantise_srgb8
from lanet_core.geometry.sphere import sphere_mean

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
WORLDS = ("city", "interior", "sunrise")
#: A card of 18 % reflectance: what exposure meters take the mean of a scene to be.
MIDDLE_GREY = 0.18


def worlds_folder() -> Path:
    """Return the folder of the HDR worlds inside the installed ``bpy`` wheel, without importing it."""
    package = Path(importlib.util.find_spec("bpy").origin).parent
    return next(package.glob("*/datafiles/studiolights/world"))


def exposure_factor(hdr: np.ndarray) -> float:
    """Return the factor that brings the clipped image's mean over the sphere to middle grey.

    Args:
        hdr: (H, W, 3) float, linear Rec.709, ≥ 0, relative luminance.

    Returns:
        A factor to multiply the HDR with; exact to one part in a million.
    """
    low, high = 1e-6, 1e6
    while high / low > 1.0 + 1e-6:
        middle = float(np.sqrt(low * high))
        too_dark = sphere_mean(np.minimum(hdr * middle, 1.0)).mean() < MIDDLE_GREY
        low, high = (middle, high) if too_dark else (low, middle)
    return high


def write_jpeg(path: Path, rgb_srgb8: np.ndarray) -> None:
    """Write a JPEG of quality 95 without chroma subsampling from (H, W, 3) uint8, sRGB-encoded."""
    height, width, channels = rgb_srgb8.shape
    description = OpenImageIO.ImageSpec(width, height, channels, "uint8")
    description.attribute("compression", "jpeg:95")
    description.attribute("jpeg:subsampling", "4:4:4")
    image = OpenImageIO.ImageBuf(description)
    image.set_pixels(OpenImageIO.ROI(), rgb_srgb8)
    if not image.write(str(path)):
        raise OSError(image.geterror())


def main() -> None:
    """Write all examples and print how much of each was clipped."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=EXAMPLES)
    output = parser.parse_args().output
    for name in WORLDS:
        source = OpenImageIO.ImageBuf(str(worlds_folder() / f"{name}.exr"))
        hdr = source.get_pixels("float")[..., :3]
        exposed = np.maximum(hdr, 0.0) * np.float32(exposure_factor(hdr))
        path = output / f"{name}.jpg"
        write_jpeg(path, quantise_srgb8(exposed))
        clipped = 100.0 * (exposed > 1.0).any(axis=-1).mean()
        print(f"{path}: brightest channel {exposed.max():.1f} times white, {clipped:.2f} % of pixels clipped")


if __name__ == "__main__":
    main()
