"""Reading OpenEXR and Radiance files to linear light."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.colour import REC709_CHROMATICITIES
from lanet_core.errors import UnsupportedColourModelError, UnsupportedFormatError
from lanet_core.files.decoder import decode, is_luminance_chroma, open_image, read_bands
from lanet_core.files.exr_layers import ExrLayer, select_layer
from lanet_core.files.file_kind import FileKind, file_kind
from lanet_core.files.orientation import orientation_of, upright
from lanet_core.files.pixel_checks import without_negatives
from lanet_core.files.primaries import to_rec709

_WANTED = "an OpenEXR or Radiance image"


def read_hdr(path: str | Path) -> np.ndarray:
    """Read an HDR image.

    An EXR's chromaticities are honoured (Bradford-adapted to Rec.709); without them it is Rec.709. Alpha is dropped.
    The image is the EXR's display window, black where the data window does not reach.

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
    if kind not in (FileKind.EXR, FileKind.RADIANCE):
        raise UnsupportedFormatError(f"This is {kind.name}, not an HDR format.", path=path, remedy=f"Use {_WANTED}.")
    stored = read_stored_hdr(path, kind)
    rgb = stored.rgb if stored.to_rec709 is None else stored.rgb @ stored.to_rec709.T.astype(np.float32)
    return np.ascontiguousarray(without_negatives(rgb, path))


@dataclass(frozen=True)
class StoredHdr:
    """The light of an OpenEXR or Radiance file in its own primaries.

    Attributes:
        rgb: (H, W, 3) float32, linear, upright.
        to_rec709: (3, 3), from its primaries to Rec.709; None where they are Rec.709's.
        transparent: (H, W) bool, pixels of less than half opacity and those outside the EXR's data window; None where
            there are none.
        warnings: notes on how the file was read, one sentence each.
    """

    rgb: np.ndarray
    to_rec709: np.ndarray | None = None
    transparent: np.ndarray | None = None
    warnings: tuple[str, ...] = ()


def read_stored_hdr(path: Path, kind: FileKind) -> StoredHdr:
    """Read an OpenEXR or Radiance file as it is stored; see :func:`read_hdr` for the errors.

    Args:
        path: the file.
        kind: ``EXR`` or ``RADIANCE``.
    """
    return _read_exr(path) if kind is FileKind.EXR else _read_radiance(path)


def _read_radiance(path: Path) -> StoredHdr:
    with path.open("rb") as file:
        if b"32-bit_rle_xyze" in file.read(4096):
            raise UnsupportedColourModelError(
                "The image is stored as XYZ.",
                path=path,
                remedy="Convert it to RGB, for instance with ra_xyze -r.",
            )
    decoded = decode(path, FileKind.RADIANCE)
    rgb = upright(decoded.samples, orientation_of(decoded.tags.get("Orientation")))
    return StoredHdr(rgb.astype(np.float32, copy=False))


def _read_exr(path: Path) -> StoredHdr:
    # Not with the package OpenEXR: with another OpenEXR, as in a Blender program of Debian's, it brings that down.
    with open_image(path, FileKind.EXR) as image:
        layer = select_layer(image, path)
        spec = image.spec()
        rgb = _rgb(image, layer, path)
        transparent = _transparent(image, layer, path)
    warnings = (f"The EXR has layers; {layer.name} was read.",) if layer.name else ()
    if layer.others:
        warnings += (f"The EXR contains {1 + layer.others} images; only the first was read.",)
    offset = np.array([spec.x - spec.full_x, spec.y - spec.full_y])
    if offset.any() or (spec.width, spec.height) != (spec.full_width, spec.full_height):
        is_captured = np.ones(rgb.shape[:2], dtype=bool) if transparent is None else ~transparent
        is_captured = _in_display_window(is_captured, offset, spec.full_height, spec.full_width)
        transparent = None if is_captured.all() else ~is_captured
        rgb = _in_display_window(rgb, offset, spec.full_height, spec.full_width)
    chromaticities = spec.getattribute("chromaticities") or REC709_CHROMATICITIES
    if np.allclose(chromaticities, REC709_CHROMATICITIES, rtol=0, atol=1e-4):
        return StoredHdr(rgb, None, transparent, warnings)
    try:
        matrix = to_rec709(chromaticities)
    except (ValueError, ZeroDivisionError, np.linalg.LinAlgError) as error:
        raise UnsupportedColourModelError(
            f"The EXR's chromaticities define no colour space ({', '.join(f'{value:g}' for value in chromaticities)}).",
            path=path,
            remedy="Export it with Rec.709 primaries.",
        ) from error
    return StoredHdr(rgb, matrix, transparent, warnings)


def _transparent(image: OpenImageIO.ImageInput, layer: ExrLayer, path: Path) -> np.ndarray | None:
    if layer.alpha is None:
        return None
    bands = read_bands(image, (layer.alpha, layer.alpha + 1), OpenImageIO.HALF, path)
    transparent = np.concatenate([band[..., 0] < 0.5 for _, band in bands])
    return transparent if transparent.any() else None


def _rgb(image: OpenImageIO.ImageInput, layer: ExrLayer, path: Path) -> np.ndarray:
    spec, first = image.spec(), min(layer.colour)
    rgb = np.empty((spec.height, spec.width, 3), dtype=np.float32)
    for row, band in read_bands(image, (first, max(layer.colour) + 1), OpenImageIO.FLOAT, path):
        rgb[row : row + len(band)] = band[..., [number - first for number in layer.colour]]
    if is_luminance_chroma(spec):
        np.maximum(rgb, 0.0, out=rgb)  # the filter of the chroma overshoots at edges
    return rgb


def _in_display_window(pixels: np.ndarray, offset: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the data window put where it belongs in the display window, cut at its edges."""
    left, top = offset.tolist()
    image = np.zeros((height, width, *pixels.shape[2:]), dtype=pixels.dtype)
    rows = slice(max(top, 0), max(min(top + pixels.shape[0], height), 0))
    columns = slice(max(left, 0), max(min(left + pixels.shape[1], width), 0))
    target = image[rows, columns]
    row, column = rows.start - top, columns.start - left
    target[...] = pixels[row : row + target.shape[0], column : column + target.shape[1]]
    return image
