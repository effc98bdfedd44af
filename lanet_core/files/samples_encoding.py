"""What a file's samples mean, by its profile and its other colour metadata."""

from __future__ import annotations

from mmap import mmap
from pathlib import Path

import numpy as np

from lanet_core.errors import AlreadyHdrError
from lanet_core.files.cicp import CodePoints, encoding_of
from lanet_core.files.colour_encoding import LINEAR, SRGB, ColourEncoding
from lanet_core.files.decoder import Decoded
from lanet_core.files.exif import ADOBE_RGB, exif_colour_space
from lanet_core.files.file_kind import FileKind
from lanet_core.files.icc import parse_profile, profile_code_points
from lanet_core.files.png_colour import png_colour

#: An encoding, and a warning about what could not be used; the encoding is None where nothing is declared.
_Found = tuple[ColourEncoding | None, tuple[str, ...]]


def samples_encoding(
    decoded: Decoded, data: bytes | mmap, kind: FileKind, path: Path
) -> tuple[ColourEncoding, tuple[str, ...]]:
    """Return how a file's samples encode colour.

    In this order: a PNG's cICP; the embedded profile, its ``cicp`` tag first; a PNG's sRGB, or gAMA and cHRM; Adobe RGB
    of EXIF; linear for floats, and sRGB for integers.

    Args:
        decoded: the samples and tags.
        data: the whole file.
        kind: its format.
        path: the file, for messages.

    Returns:
        The encoding, and warnings about colour metadata that could not be used.

    Raises:
        AlreadyHdrError: the transfer function is PQ or HLG.
    """
    is_float = decoded.samples.dtype.kind == "f"
    default, name = (LINEAR, "linear light") if is_float else (SRGB, "sRGB")
    warnings: tuple[str, ...] = ()
    for find in (_of_png_code_points, _of_profile, _of_png_gamma, _of_exif):
        try:
            encoding, found_warnings = find(decoded, data, kind, path)
        except ValueError as error:
            warning = f"{error}. The image was read as {name}."
            warnings += () if warning in warnings else (warning,)
            continue
        warnings += found_warnings
        if encoding is not None:
            return encoding, warnings
    # OpenImageIO takes a gAMA of 0 for linear light; a PNG's chunks were read above.
    if kind is not FileKind.PNG and str(decoded.tags.get("oiio:ColorSpace", "")).lower().startswith("lin"):
        return LINEAR, warnings
    return default, warnings


def _of_png_code_points(decoded: Decoded, data: bytes | mmap, kind: FileKind, path: Path) -> _Found:
    points = png_colour(data).code_points if kind is FileKind.PNG else None
    return _of_code_points(points, decoded, path, "The PNG's cICP cannot be used")


def _of_profile(decoded: Decoded, data: bytes | mmap, kind: FileKind, path: Path) -> _Found:
    if "ICCProfile" not in decoded.tags:
        return None, ()
    profile = np.asarray(decoded.tags["ICCProfile"], dtype=np.uint8).tobytes()
    try:
        points = profile_code_points(profile)
        if points is not None and points.hdr_transfer is not None:
            return _of_code_points(points, decoded, path, "")
        return parse_profile(profile), ()
    except ValueError as error:
        raise ValueError(f"The colour profile cannot be used: {error}") from error


def _of_png_gamma(decoded: Decoded, data: bytes | mmap, kind: FileKind, path: Path) -> _Found:
    return (png_colour(data).encoding if kind is FileKind.PNG else None), ()


def _of_exif(decoded: Decoded, data: bytes | mmap, kind: FileKind, path: Path) -> _Found:
    space = exif_colour_space(data)
    if space == "Adobe RGB":
        return ADOBE_RGB, ("EXIF declares Adobe RGB, without a colour profile; colours were converted from it.",)
    if space == "uncalibrated":
        return None, ("EXIF declares a colour space other than sRGB, without a profile; the image was read as sRGB.",)
    return None, ()


def _of_code_points(points: CodePoints | None, decoded: Decoded, path: Path, problem: str) -> _Found:
    if points is None:
        return None, ()
    if points.hdr_transfer is not None:
        raise AlreadyHdrError(
            f"The image is HDR already: it is encoded with {points.hdr_transfer} (Rec. ITU-R BT.2100).",
            path=path,
            remedy="Export it as linear OpenEXR and use that as it is.",
        )
    try:
        return encoding_of(points, decoded.bit_depth), ()
    except ValueError as error:
        raise ValueError(f"{problem}: {error}") from error
