"""Reading HDR pictures, for training and evaluation: OpenEXR and Radiance to linear light."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR

from lanet_core.colour import REC709_CHROMATICITIES
from lanet_core.errors import DamagedImageError, UnsupportedColourModelError, UnsupportedFormatError
from lanet_core.images.decoder import decode, open_header
from lanet_core.images.file_kind import FileKind, file_kind
from lanet_core.images.orientation import upright
from lanet_core.images.pixel_checks import without_negatives
from lanet_core.images.primaries import to_rec709


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
    kind = file_kind(path)
    if kind is FileKind.EXR:
        rgb = _read_exr(path)
    elif kind is FileKind.RADIANCE:
        rgb = _read_radiance(path)
    else:
        raise UnsupportedFormatError(
            f"This is {kind.name}, no HDR format.", path=path, remedy="Give an OpenEXR or Radiance picture."
        )
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
    open_header(path, FileKind.EXR).close()
    try:
        file = OpenEXR.File(str(path), separate_channels=True)
        header, channels = file.header(), file.channels()
    except (RuntimeError, ValueError) as error:  # all that OpenEXR's reader ever says
        raise DamagedImageError(
            f"The EXR is truncated or corrupt ({error}).", path=path, remedy="Export or download it again."
        ) from error
    low, high = header["displayWindow"]
    data_low, data_high = header["dataWindow"]
    rgb = _flat_rgb(channels, path)
    if not (np.array_equal(low, data_low) and np.array_equal(high, data_high)):
        rgb = _in_display_window(rgb, data_low - low, *(high - low + 1)[::-1].tolist())
    chromaticities = header.get("chromaticities", REC709_CHROMATICITIES)
    if np.allclose(chromaticities, REC709_CHROMATICITIES, rtol=0, atol=1e-4):
        return rgb
    return rgb @ to_rec709(chromaticities).T.astype(np.float32)


def _flat_rgb(channels: dict[str, OpenEXR.Channel], path: Path) -> np.ndarray:
    planes = [channels[name].pixels for name in "RGB" if name in channels]
    if len(planes) != 3 or len({plane.shape for plane in planes}) != 1 or planes[0].dtype.kind != "f":
        raise UnsupportedFormatError(
            f"The EXR's channels are {', '.join(sorted(channels))}, not flat R, G and B.",
            path=path,
            remedy="Export its RGB layer alone.",
        )
    return np.stack(planes, axis=-1).astype(np.float32, copy=False)


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
