"""Reading LDR images: JPEG, PNG, TIFF, WebP and others, by their contents."""

from __future__ import annotations

import tempfile
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

from lanet_core.errors import LanetError, UnsupportedColourModelError, UnsupportedFormatError
from lanet_core.files import jpeg
from lanet_core.files.colour_encoding import LINEAR, ColourEncoding
from lanet_core.files.colour_encoding import decode as decode_samples
from lanet_core.files.decoder import Decoded, decode
from lanet_core.files.file_kind import FileKind, file_kind
from lanet_core.files.float_range import classify
from lanet_core.files.further_images import ANIMATION_WARNING, further_image_warnings
from lanet_core.files.gain_map import FoundGainMap, GainMap, declares_gain_map, find_gain_map, has_apple_gain_map
from lanet_core.files.gpano import find_gpano
from lanet_core.files.hdr import read_stored_hdr
from lanet_core.files.ldr_image import LdrImage, Measured
from lanet_core.files.orientation import orientation_of, upright
from lanet_core.files.pixel_checks import without_negatives
from lanet_core.files.plateau import find_plateau
from lanet_core.files.samples_encoding import samples_encoding

#: JPEG samples scatter by some codes around a plateau.
_GAIN_MAP_TOLERANCE = 0.05
#: Rows and columns of the image that are looked at for a plateau.
_PLATEAU_SIZE = 1024
#: Modes of a Photoshop file that are RGB or grey (Adobe Photoshop File Formats Specification, "File Header Section").
_PHOTOSHOP_MODES = {1: "grey", 2: "indexed", 3: "RGB", 8: "duotone"}
_PHOTOSHOP_NAMES = {0: "Bitmap", 4: "CMYK", 7: "Multichannel", 9: "Lab"}


def read_ldr(path: str | Path, *, extend: bool = False) -> LdrImage:
    """Read an LDR image.

    Colour is decoded as :mod:`lanet_core.files.samples_encoding` describes. A JPEG's gain map becomes
    :attr:`LdrImage.measured`. Alpha below one half becomes :attr:`LdrImage.transparent`; colour is kept as stored.

    Args:
        path: a JPEG, PNG, TIFF, WebP, BMP, Targa, Photoshop, DDS, OpenEXR or Radiance file; its contents count, not its
            name.
        extend: read an HDR whose light is cut off at a plateau, too: see :attr:`LdrImage.measured`.

    Returns:
        The image, upright: its samples as the file has them, which it gives as linear light in bands or as a whole.

    Raises:
        InputNotFoundError: there is no such file.
        InputIsDirectoryError: the path is a folder.
        EmptyFileError: the file has no bytes.
        UnsupportedFormatError: no image of these formats, or of an unusual sample type.
        DamagedImageError: truncated or corrupt.
        UnsupportedColourModelError: CMYK, Lab or raw.
        ImageTooLargeError: the header declares more than ``file_kind.MAX_PIXELS``; nothing was decoded.
        InvalidPixelsError: NaN, infinite or negative values.
        AlreadyHdrError: PQ or HLG, or float values beyond white.
    """
    path = Path(path)
    kind = file_kind(path)
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        gpano, warnings = find_gpano(data)
        if kind in (FileKind.EXR, FileKind.RADIANCE):
            stored = read_stored_hdr(path, kind)
            warnings += stored.warnings
            encoding = LINEAR if stored.to_rec709 is None else ColourEncoding(LINEAR.curves, stored.to_rec709)
            samples, transparent, orientation, bit_depth = stored.rgb, stored.transparent, 1, 32
            gain_map = found = None
        else:
            decoded, gain_map, found, more = _decoded(data, path, kind)
            encoding, colour_warnings = samples_encoding(decoded, data, kind, path)
            more += _page_warnings(decoded) + further_image_warnings(data, kind, None if found is None else found.start)
            warnings += more + colour_warnings
            samples, transparent, bit_depth = decoded.samples, decoded.transparent, decoded.bit_depth
            orientation = orientation_of(decoded.tags.get("Orientation"))
    measured = None
    if samples.dtype.kind == "f":
        samples, measured = classify(without_negatives(samples, path), path, extend=extend)
    if measured is not None:
        warnings += (f"The HDR is clipped at {measured.ceiling:.4g}; light is added only above that level.",)
    transparent, transparency_warnings = _checked_transparency(transparent)
    image = LdrImage(
        samples=upright(samples, orientation),
        encoding=encoding,
        path=path,
        bit_depth=bit_depth,
        gpano=gpano,
        warnings=warnings + transparency_warnings,
        transparent=None if transparent is None else upright(transparent, orientation),
        measured=measured,
    )
    return image if gain_map is None or found is None else _with_gain_map(image, gain_map, found, orientation)


def _decoded(
    data: mmap, path: Path, kind: FileKind
) -> tuple[Decoded, np.ndarray | None, FoundGainMap | None, tuple[str, ...]]:
    """Return the image, the samples of its gain map if they can be used, what was found of it, and warnings."""
    if kind is FileKind.PHOTOSHOP:
        _check_photoshop_mode(data, path)
    if kind is not FileKind.JPEG:
        return decode(path, kind), None, None, ()
    _check_precision(data, path)
    warnings: tuple[str, ...] = ()
    found = samples = None
    try:
        found = find_gain_map(data)
        if found is not None:
            samples = _decoded_part(data, found.start, found.end, kind).samples
    except (ValueError, LanetError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is truncated or corrupt"
        warnings = (f"The image's gain map was ignored: {reason}.",)
    if found is None and not warnings:
        warnings = _missing_map_warnings(data)
    # OpenImageIO would decode an Ultra HDR file to HDR as a whole, in half floats. It sees no map where the file ends.
    end = jpeg.first_image_end(data)
    if end in (None, len(data)):
        decoded = decode(path, kind)
    else:
        try:
            decoded = _decoded_part(data, 0, end, kind)
        except LanetError as error:
            raise type(error)(error.problem, path=path, remedy=error.remedy) from error
    return decoded, samples, found, warnings


def _missing_map_warnings(data: mmap) -> tuple[str, ...]:
    if has_apple_gain_map(data):
        return ("The image's gain map is of Apple's own kind and was ignored: its scale is not documented.",)
    if declares_gain_map(data):
        return ("The image's gain map is missing: the file was cut off, or saved again without it.",)
    return ()


def _decoded_part(data: mmap, start: int, end: int | None, kind: FileKind) -> Decoded:
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.jpg"
        part.write_bytes(data[start:end])
        return decode(part, kind)


def _check_precision(data: mmap, path: Path) -> None:
    bits = jpeg.sample_precision(data)
    if bits is not None and bits != 8:
        raise UnsupportedFormatError(
            f"The JPEG has {bits} bits per sample, and only 8 can be decoded.",
            path=path,
            remedy="Save it as a PNG or TIFF of 16 bits.",
        )


def _check_photoshop_mode(data: mmap, path: Path) -> None:
    mode = int.from_bytes(data[24:26], "big")
    if mode not in _PHOTOSHOP_MODES:
        raise UnsupportedColourModelError(
            f"The image is stored as {_PHOTOSHOP_NAMES.get(mode, 'an unknown colour model')}, not RGB.",
            path=path,
            remedy="Convert it to RGB in an image editor.",
        )


def _page_warnings(decoded: Decoded) -> tuple[str, ...]:
    if decoded.pages > 1:
        return (f"The file has {decoded.pages} pages; only page {decoded.page + 1} was read.",)
    if decoded.tags.get("oiio:Movie"):
        return (ANIMATION_WARNING,)
    return ()


def _checked_transparency(transparent: np.ndarray | None) -> tuple[np.ndarray | None, tuple[str, ...]]:
    if transparent is None:
        return None, ()
    share = float(transparent.mean())
    if share == 1.0:
        return None, ("The whole image is transparent; its transparency was ignored.",)
    return transparent, (f"{100.0 * share:.3g} % of the image is transparent, which counts as not captured.",)


def _with_gain_map(image: LdrImage, samples: np.ndarray, found: FoundGainMap, orientation: int) -> LdrImage:
    """Return the image with its gain map, and note where the measured light ends."""

    def own_light(first: int, end: int) -> np.ndarray:
        return decode_samples(image.samples[first:end], image.encoding)

    gain_map = GainMap(upright(samples, orientation), found.metadata, own_light, (image.height, image.width))
    open_ended = Measured(np.inf, _GAIN_MAP_TOLERANCE, gain_map)
    measured = LdrImage(image.samples, encoding=image.encoding, measured=open_ended)
    rows = np.linspace(0, image.height - 1, min(image.height, _PLATEAU_SIZE)).astype(np.intp)
    columns = np.linspace(0, image.width - 1, min(image.width, _PLATEAU_SIZE)).astype(np.intp)
    light = measured.measured_pixels(*np.meshgrid(rows, columns, indexing="ij"))
    peak = float(light.max())
    ceiling = find_plateau(light, _GAIN_MAP_TOLERANCE)
    if ceiling is None and gain_map.ends_at_its_maximum(peak):
        ceiling = peak
    stops = np.log2(max(peak, 1.0))
    note = f"The image's gain map was applied: light up to {stops:.1f} stops above white was measured"
    note += ". The measurement is complete, nothing is added." if ceiling is None else ", more is added only above it."
    return LdrImage(
        samples=image.samples,
        path=image.path,
        bit_depth=image.bit_depth,
        gpano=image.gpano,
        warnings=(*image.warnings, note),
        encoding=image.encoding,
        transparent=image.transparent,
        measured=Measured(ceiling or np.inf, 4.0 * _GAIN_MAP_TOLERANCE, gain_map),
    )
