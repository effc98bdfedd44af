"""The images that an evaluation leaves: linear EXR to measure, PNG to look at, and the difference between two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.colour import REC709_CHROMATICITIES, luminance, quantise_srgb8
from lanet_core.errors import DamagedImageError
from lanet_core.files import write_png
from lanet_core.files.replacing import replacing
from lanet_core.geometry import sphere

#: A difference image's colours end at this, in stops.
DIFFERENCE_RANGE_EV = 2.0
#: Below this, in display white, two images look the same.
_DIFFERENCE_FLOOR = 0.005
_TOO_DARK_RGB = np.array([0.02, 0.10, 0.60])
_SAME_RGB = np.array([0.90, 0.90, 0.90])
_TOO_BRIGHT_RGB = np.array([0.60, 0.02, 0.02])

#: An LDR panorama is shown with at most this many rows.
_SHOWN_HEIGHT = 512


def write_linear(path: Path, rgb_linear: np.ndarray) -> None:
    """Write an image as it is: an EXR with 32-bit floats, ZIP-compressed. It appears whole or not at all.

    Args:
        path: the file to write or replace.
        rgb_linear: (H, W, 3) float32, linear Rec.709.

    Raises:
        OutputError: it cannot be written.
    """
    height, width = rgb_linear.shape[:2]
    spec = OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.FLOAT)
    spec.attribute("compression", "zip")
    spec.attribute("chromaticities", "float[8]", REC709_CHROMATICITIES)
    buffer = OpenImageIO.ImageBuf(spec)
    buffer.set_pixels(spec.roi, np.ascontiguousarray(rgb_linear, dtype=np.float32))
    with replacing(path) as temporary:
        if not buffer.write(str(temporary)):
            raise RuntimeError(buffer.geterror())


def read_linear(path: Path) -> np.ndarray:
    """Read what :func:`write_linear` wrote, bit for bit: (H, W, 3) float32.

    Raises:
        DamagedImageError: the file cannot be read.
    """
    image = OpenImageIO.ImageInput.open(str(path))
    rgb_linear = image.read_image(OpenImageIO.FLOAT) if image is not None else None
    if rgb_linear is None or rgb_linear.shape[-1:] != (3,):
        complaint = (image or OpenImageIO).geterror().strip().partition("\n")[0] or "it is no RGB image"
        raise DamagedImageError(
            f"The EXR cannot be read ({complaint}).", path=path, remedy="Remove it; the next run writes it again."
        )
    return rgb_linear


def write_ldr_panorama(path: Path, ldr_linear: np.ndarray) -> None:
    """Write a panorama for the eye, reduced if it is large.

    Args:
        path: the PNG to write or replace.
        ldr_linear: (H, 2H, 3) float32, linear Rec.709, [0, 1].

    Raises:
        OutputError: it cannot be written.
    """
    if len(ldr_linear) > _SHOWN_HEIGHT:
        ldr_linear = sphere.downsample(ldr_linear, _SHOWN_HEIGHT, 2 * _SHOWN_HEIGHT)
    write_png(path, quantise_srgb8(ldr_linear))


def difference_image(image: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return where a render is too bright, red, and where too dark, blue; light grey where it is right.

    The colour is the ratio of luminances in stops, full at :data:`DIFFERENCE_RANGE_EV`.

    Args:
        image: (h, w, 3) float, linear Rec.709, 1 = display white.
        truth: the same.

    Returns:
        (h, w, 3) uint8, sRGB-encoded.
    """
    stops = np.log2(_seen_luminance(image) / _seen_luminance(truth))
    share = np.clip(stops / DIFFERENCE_RANGE_EV, -1.0, 1.0)[..., None]
    end = np.where(share > 0.0, _TOO_BRIGHT_RGB, _TOO_DARK_RGB)
    return quantise_srgb8(_SAME_RGB + np.abs(share) * (end - _SAME_RGB))


def _seen_luminance(rgb_linear: np.ndarray) -> np.ndarray:
    return np.maximum(luminance(rgb_linear.astype(np.float64)), _DIFFERENCE_FLOOR)
