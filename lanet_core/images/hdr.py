"""Reading HDR pictures, for training and evaluation: OpenEXR and Radiance to linear light."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.colour import REC709_CHROMATICITIES
from lanet_core.errors import UnsupportedColourModelError, UnsupportedFormatError
from lanet_core.images.decoder import decode, open_image, read_bands
from lanet_core.images.file_kind import FileKind, file_kind
from lanet_core.images.orientation import upright
from lanet_core.images.pixel_checks import without_negatives
from lanet_core.images.primaries import to_rec709

_WANTED = "an OpenEXR or Radiance picture"


def read_hdr(path: str | Path) -> np.ndarray:
    """Read an HDR picture.

    An EXR's chromaticities are honoured (Bradford-adapted to Rec.709); without them it is Rec.709. Alpha is dropped.
    The picture is the EXR's display window, black where the data window does not reach.

    Args:
        path: an OpenEXR or Radiance file; its contents count, not its name.

    Returns:
        (H, W, 3) float32, linear Rec.709, ≥ 0, finite, relative luminance. Tiny negatives are clipped to 0.

    Raises:
        InputNotFoundError: there is no such file.
        InputIsDirectoryError: the path is a folder.
        EmptyFileError: the file has no bytes.
        UnsupportedFormatError: neither format, or an EXR without flat R, G and B.
        DamagedImageError: truncated or corrupt.
        UnsupportedColourModelError: XYZE.
        ImageTooLargeError: the header declares more than ``file_kind.MAX_PIXELS``; nothing was decoded.
        InvalidPixelsError: NaN, infinite or plainly negative values.
    """
    path = Path(path)
    kind = file_kind(path, _WANTED)
    if kind is FileKind.EXR:
        rgb = _read_exr(path)
    elif kind is FileKind.RADIANCE:
        rgb = _read_radiance(path)
    else:
        raise UnsupportedFormatError(f"This is {kind.name}, no HDR format.", path=path, remedy=f"Give {_WANTED}.")
    return np.ascontiguousarray(without_negatives(rgb, path))


def _read_radiance(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        if b"32-bit_rle_xyze" in file.read(4096):
            raise UnsupportedColourModelError(
                "The picture is stored as XYZ.",
                path=path,
                remedy="Convert it to RGB, for instance with ra_xyze -r.",
            )
    decoded = decode(path, FileKind.RADIANCE)
    return upright(decoded.samples, int(decoded.tags.get("Orientation", 1))).astype(np.float32, copy=False)


def _read_exr(path: Path) -> np.ndarray:
    # Not with the package OpenEXR: beside another OpenEXR, as in a Blender program of Debian's, it brings that down.
    with open_image(path, FileKind.EXR) as image:
        spec = image.spec()
        rgb = _flat_rgb(image, spec, path)
    offset = np.array([spec.x - spec.full_x, spec.y - spec.full_y])
    if offset.any() or (spec.width, spec.height) != (spec.full_width, spec.full_height):
        rgb = _in_display_window(rgb, offset, spec.full_height, spec.full_width)
    chromaticities = spec.getattribute("chromaticities") or REC709_CHROMATICITIES
    if np.allclose(chromaticities, REC709_CHROMATICITIES, rtol=0, atol=1e-4):
        return rgb
    try:
        matrix = to_rec709(chromaticities)
    except (ValueError, ZeroDivisionError, np.linalg.LinAlgError) as error:
        raise UnsupportedColourModelError(
            f"The EXR's chromaticities define no colour space ({', '.join(f'{value:g}' for value in chromaticities)}).",
            path=path,
            remedy="Export it with Rec.709 primaries.",
        ) from error
    return rgb @ matrix.T.astype(np.float32)


def _flat_rgb(image: OpenImageIO.ImageInput, spec: OpenImageIO.ImageSpec, path: Path) -> np.ndarray:
    names = spec.channelnames
    numbers = [names.index(name) for name in "RGB" if name in names]
    formats = {str(spec.channelformat(number)) for number in numbers}
    if len(numbers) != 3 or spec.deep or not formats <= {"half", "float"}:
        raise UnsupportedFormatError(
            f"The EXR's channels are {', '.join(sorted(names))}, not flat R, G and B.",
            path=path,
            remedy="Export its RGB layer alone.",
        )
    first = min(numbers)
    rgb = np.empty((spec.height, spec.width, 3), dtype=np.float32)
    for row, band in read_bands(image, (first, max(numbers) + 1), OpenImageIO.FLOAT, path):
        rgb[row : row + len(band)] = band[..., [number - first for number in numbers]]
    return rgb


def _in_display_window(rgb: np.ndarray, offset: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the data window put where it belongs in the display window, cut at its edges."""
    left, top = offset.tolist()
    picture = np.zeros((height, width, 3), dtype=np.float32)
    rows = slice(max(top, 0), max(min(top + rgb.shape[0], height), 0))
    columns = slice(max(left, 0), max(min(left + rgb.shape[1], width), 0))
    target = picture[rows, columns]
    row, column = rows.start - top, columns.start - left
    target[...] = rgb[row : row + target.shape[0], column : column + target.shape[1]]
    return picture
