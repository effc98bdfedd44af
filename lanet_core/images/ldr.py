"""Reading LDR pictures: JPEG, PNG, TIFF and WebP."""

from __future__ import annotations

import tempfile
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

from lanet_core.errors import AlreadyHdrError
from lanet_core.images.colour_encoding import LINEAR, SRGB, ColourEncoding, rec709_with
from lanet_core.images.decoder import Decoded, decode
from lanet_core.images.file_kind import FileKind, file_kind
from lanet_core.images.gpano import find_gpano
from lanet_core.images.icc import parse_profile
from lanet_core.images.jpeg import first_picture_end
from lanet_core.images.orientation import upright
from lanet_core.images.picture import Picture
from lanet_core.images.pixel_checks import without_negatives
from lanet_core.images.png_chunks import read_cicp
from lanet_core.images.tone_curve import gamma_curve

#: ITU-T H.273 transfer characteristics of HDR video, which a PNG's cICP chunk may declare.
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}


def read_ldr(path: str | Path) -> Picture:
    """Read an LDR picture.

    Integer samples are decoded by the embedded ICC profile (matrix or grey kind), else by a PNG's gamma, else as
    sRGB; float samples without a profile are linear. Alpha is dropped, colour under it kept as it is stored.

    Args:
        path: a JPEG, PNG, TIFF or WebP file; its contents count, not its name.

    Returns:
        The picture, upright: its samples as the file has them, which it gives as linear light in strips or as a whole.

    Raises:
        InputNotFoundError: there is no such file.
        InputIsDirectoryError: the path is a folder.
        EmptyFileError: the file has no bytes.
        UnsupportedFormatError: no picture of these formats, or of an unusual sample type.
        DamagedImageError: truncated or corrupt.
        UnsupportedColourModelError: CMYK, Lab or raw.
        ImageTooLargeError: the header declares more than ``file_kind.MAX_PIXELS``; nothing was decoded.
        InvalidPixelsError: NaN, infinite or negative values.
        AlreadyHdrError: EXR, Radiance, PQ or HLG, or float values above 1.
    """
    path = Path(path)
    kind = file_kind(path)
    if kind in (FileKind.EXR, FileKind.RADIANCE):
        raise _already_hdr(f"This is {kind.name}, a format of HDR pictures.", path)
    if kind is FileKind.PNG:
        _refuse_hdr_transfer(path)
    decoded = decode(path, kind)
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        gpano, warnings = find_gpano(data)
        if kind is FileKind.JPEG and _is_float(decoded):
            decoded = _ldr_of_ultra_hdr(data)
            warnings += ("This is an Ultra HDR picture: its gain map was left aside and its LDR picture taken.",)
    encoding, encoding_warnings = _encoding(decoded)
    samples = _checked_samples(decoded.samples, path)
    return Picture(
        samples=upright(samples, int(decoded.tags.get("Orientation", 1))),
        encoding=encoding,
        path=path,
        bit_depth=decoded.bit_depth,
        gpano=gpano,
        warnings=warnings + encoding_warnings + _alpha_warnings(decoded),
    )


def _ldr_of_ultra_hdr(data: mmap) -> Decoded:
    """Return the LDR picture of a JPEG from which OpenImageIO makes HDR: it sees no gain map where the file ends."""
    with tempfile.TemporaryDirectory() as folder:
        ldr = Path(folder) / "ldr.jpg"
        ldr.write_bytes(data[: first_picture_end(data)])
        return decode(ldr, FileKind.JPEG)


def _is_float(decoded: Decoded) -> bool:
    return decoded.samples.dtype.kind == "f"


def _checked_samples(samples: np.ndarray, path: Path) -> np.ndarray:
    if samples.dtype.kind != "f":
        return samples
    samples = without_negatives(samples, path)
    if samples.max() > 1.0:
        raise _already_hdr(f"Its values reach {samples.max():.4g}, beyond white.", path)
    return samples


def _refuse_hdr_transfer(path: Path) -> None:
    """Refuse a PNG that cICP declares as HDR video; OpenImageIO 3.0 reports no cICP."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        cicp = read_cicp(data)
    if cicp is not None and cicp[1] in _HDR_TRANSFERS:
        raise _already_hdr(f"It is encoded with {_HDR_TRANSFERS[cicp[1]]}.", path)


def _already_hdr(reason: str, path: Path) -> AlreadyHdrError:
    return AlreadyHdrError(
        f"The picture is HDR already. {reason}", path=path, remedy="Use it as it is: it needs no conversion."
    )


def _encoding(decoded: Decoded) -> tuple[ColourEncoding, tuple[str, ...]]:
    """Return how the samples encode colour; by a PNG's own order of precedence (PNG, third edition, 4.3)."""
    default = LINEAR if _is_float(decoded) else SRGB
    if "ICCProfile" in decoded.tags:
        try:
            return parse_profile(np.asarray(decoded.tags["ICCProfile"], dtype=np.uint8).tobytes()), ()
        except ValueError as error:
            name = "linear light" if _is_float(decoded) else "sRGB"
            return default, (f"The colour profile cannot be used: {error}. The picture was read as {name}.",)
    if str(decoded.tags.get("oiio:ColorSpace", "")).lower().startswith("lin"):
        return LINEAR, ()
    gamma = float(decoded.tags.get("oiio:Gamma", 2.2))
    # A PNG's gamma of 1/2.2 is the customary stand-in for sRGB.
    return (default if abs(gamma - 2.2) < 0.01 else rec709_with(gamma_curve(gamma))), ()


def _alpha_warnings(decoded: Decoded) -> tuple[str, ...]:
    if decoded.transparent_share == 0.0:
        return ()
    share = 100.0 * decoded.transparent_share
    return (f"{share:.3g} % of the picture is transparent; its transparency was ignored.",)
