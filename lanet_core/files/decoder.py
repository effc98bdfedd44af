"""Decoding with OpenImageIO: a file's samples and tags, and every failure as an error of our own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.errors import ImageTooLargeError, InputError, UnsupportedColourModelError, UnsupportedFormatError
from lanet_core.files.file_kind import MAX_PIXELS, FileKind, file_kind
from lanet_core.files.file_names import utf8_name
from lanet_core.files.limits import check_before_opening, check_spec, damaged, declared_pixels, openimageio_limits
from lanet_core.files.tiff_pages import select_page

#: Photometric interpretations that mean grey, RGB, palette or YCbCr (TIFF 6.0, tag 262; OpenImageIO turns them
#: into grey or RGB). All others, CMYK, Lab and raw sensors among them, are refused.
_TIFF_PHOTOMETRIC = {0, 1, 2, 3, 6}
#: A colour filter array and linear raw data (Digital Negative Specification, PhotometricInterpretation).
_TIFF_RAW = {32803, 34892}
#: OpenImageIO's names of unsigned integers and floats.
_SAMPLE_TYPES = {"uint8", "uint16", "uint", "uint32", "half", "float", "double"}
#: The metadata that matter here. They are read by name: listing all that a file has crashes OpenImageIO 3.0 on
#: some colour profiles.
_TAGS = (
    "ICCProfile",
    "Orientation",
    "jpeg:ColorSpace",
    "oiio:ColorSpace",
    "oiio:Movie",
    "tiff:ColorSpace",
    "tiff:PhotometricInterpretation",
)
#: OpenImageIO rejects some absurd headers itself, with one of these phrases.
_ABSURD_SIZE = re.compile(r"header claims a \d+ MB|exceeds|may not exceed")
#: libtiff's complaint about a compression that it was built without.
_UNKNOWN_COMPRESSION = re.compile(r"(\w+) compression support is not configured")
#: Rows that are read at once.
_BAND_ROWS = 256


@dataclass(frozen=True)
class Decoded:
    """A decoded file.

    Attributes:
        samples: (H, W, 1) or (H, W, 3), the file's own dtype, as stored, not upright.
        transparent: (H, W) bool, pixels of less than half opacity; None where there are none.
        pages: how many pages a TIFF has; 1 for other files.
        page: the one that was read, from 0.
        bit_depth: bits per channel in the file.
        tags: OpenImageIO's metadata by name, of those in ``_TAGS`` that the file has.
    """

    samples: np.ndarray
    transparent: np.ndarray | None
    pages: int
    page: int
    bit_depth: int
    tags: dict[str, object]


def decode(path: Path, kind: FileKind) -> Decoded:
    """Decode a file of any kind but OpenEXR.

    Args:
        path: the file.
        kind: its format, by its signature.

    Returns:
        Samples of the image of a TIFF (see :mod:`.tiff_pages`), or of the first image of another file, alpha taken
        off; colour is not multiplied by alpha.

    Raises:
        DamagedImageError: the file is truncated or corrupt.
        ImageTooLargeError: the header declares more than :mod:`lanet_core.files.limits` allows; nothing was decoded.
        UnsupportedColourModelError: CMYK, Lab or raw.
        UnsupportedFormatError: an unusual number of channels or sample type.
    """
    with open_image(path, kind) as image:
        pages, page = _select_page(image, path) if kind is FileKind.TIFF else (1, 0)
        spec = image.spec()
        tags = {name: value for name in _TAGS if (value := spec.getattribute(name)) is not None}
        _check_colour_model(tags, path)
        channels = _colour_channels(spec, path)
        samples, transparent = _samples(image, channels, path)
    return Decoded(
        samples=samples,
        transparent=transparent,
        pages=pages,
        page=page,
        bit_depth=spec.get_int_attribute("oiio:BitsPerSample", samples.dtype.itemsize * 8),
        tags=tags,
    )


def check_file(path: str | Path) -> int:
    """Check what can be judged of an image file without decoding it: that it is there, its kind, size and length.

    Returns:
        How many pixels it declares.

    Raises:
        InputError: the file cannot be an image that :func:`lanet_core.files.read_ldr` reads.
    """
    path = Path(path)
    kind = file_kind(path)
    check_before_opening(path, kind)
    pixels = declared_pixels(path, kind)
    if pixels is None and kind is not FileKind.JPEG:
        with open_image(path, kind) as image:
            return image.spec().width * image.spec().height
    return pixels or 0


def read_size(path: str | Path) -> tuple[int, int]:
    """Return an image's columns and rows, of an EXR those of its display window, without decoding it.

    Raises:
        InputError: the file is missing, damaged, or of no format known here.
    """
    path = Path(path)
    with open_image(path, file_kind(path)) as image:
        spec = image.spec()
        return spec.full_width, spec.full_height


@contextmanager
def open_image(path: Path, kind: FileKind) -> Iterator[OpenImageIO.ImageInput]:
    """Open a file of any kind with OpenImageIO, after a check of what it declares.

    Args:
        path: the file.
        kind: its format, by its signature.

    Yields:
        The open file, closed on leaving.

    Raises:
        DamagedImageError: the header makes no sense, or the decoder fails in the body of the ``with`` statement.
        ImageTooLargeError: it declares more than :mod:`lanet_core.files.limits` allows.
        UnsupportedFormatError: OpenImageIO takes the file for another format because of its name.
    """
    check_before_opening(path, kind)
    hints = OpenImageIO.ImageSpec()
    hints.attribute("oiio:UnassociatedAlpha", 1)  # or colour comes multiplied by alpha
    with utf8_name(path) as name, _failures_named(path):
        with openimageio_limits():
            image = OpenImageIO.ImageInput.open(name, hints)
        if image is None:
            raise _not_opened(OpenImageIO.geterror(), path)
        try:
            if image.format_name() != kind.value:
                raise UnsupportedFormatError(
                    f"The file is {kind.name}, but its extension is that of {image.format_name()}.",
                    path=path,
                    remedy="Correct the extension.",
                )
            check_spec(image.spec(), path)
            yield image
        finally:
            image.close()


def read_bands(
    image: OpenImageIO.ImageInput,
    channels: tuple[int, int],
    dtype: OpenImageIO.TypeDesc | OpenImageIO.BASETYPE | str,
    path: Path,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield an open image's samples in bands of rows, so that channels which are not wanted take no room.

    Args:
        image: the open file.
        channels: the first one wanted, and the one after the last.
        dtype: of the samples.
        path: the file, for the message.

    Yields:
        The band's first row, counted from the top of the image's data, and its samples, (n, W, C).

    Raises:
        DamagedImageError: the file is truncated or corrupt.
    """
    spec = image.spec()
    has_chroma = is_luminance_chroma(spec)
    wanted = channels
    if has_chroma:  # OpenImageIO 3.0 writes beyond its memory where it is to decode some of them
        channels = (0, spec.nchannels)
    rows = _band_rows(spec)
    for first in range(0, spec.height, rows):
        top, bottom = spec.y + first, spec.y + min(first + rows, spec.height)
        if spec.tile_width:
            band = image.read_tiles(spec.x, spec.x + spec.width, top, bottom, 0, 1, *channels, dtype)
        else:
            band = image.read_scanlines(top, bottom, 0, *channels, dtype)
        # A decoder that only warns (libjpeg on a cut file) fills in grey and reports here.
        complaint = image.geterror()
        if has_chroma and "subsampling factors" in complaint:
            raise unusual_chroma(path, "chroma of another size than half of the image's")
        if compression := _UNKNOWN_COMPRESSION.search(complaint):
            raise UnsupportedFormatError(
                f"The TIFF is compressed with {compression[1]}, which cannot be decoded.",
                path=path,
                remedy="Save it with LZW or Deflate (ZIP) compression.",
            )
        if band is None or complaint:
            raise damaged(path, complaint)
        band = band.reshape(bottom - top, spec.width, -1)
        yield first, band[..., wanted[0] : wanted[1]] if has_chroma else band


def is_luminance_chroma(spec: OpenImageIO.ImageSpec) -> bool:
    """Return whether an EXR stores Y, RY and BY, which OpenEXR reconstructs as R, G and B.

    Its weights of Y are those of the file's chromaticities (OpenEXR, "Luminance/Chroma Images").
    """
    return bool(spec.get_int_attribute("openexr:luminancechroma"))


def unusual_chroma(path: Path, what: str) -> UnsupportedFormatError:
    """Return the error of luminance and chroma that OpenEXR does not reconstruct, with what is unusual of it."""
    return UnsupportedFormatError(
        f"The EXR stores luminance and chroma (Y, RY, BY) with {what}.", path=path, remedy="Export it as RGB."
    )


def _band_rows(spec: OpenImageIO.ImageSpec) -> int:
    """Return how many rows to read at once: whole tiles or strips, which decoders decode in parallel."""
    unit = spec.tile_height or spec.get_int_attribute("tiff:RowsPerStrip", 1)
    if not spec.tile_width and unit > _BAND_ROWS:
        unit = 1  # a strip this high is decoded row by row
    return unit * max(1, _BAND_ROWS // unit)


def _samples(image: OpenImageIO.ImageInput, channels: int, path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the colour channels of an open image, and which pixels have less than half opacity, None if none have."""
    spec = image.spec()
    alpha = spec.alpha_channel
    samples = transparent = None
    for first, band in read_bands(image, (0, max(channels, alpha + 1)), OpenImageIO.UNKNOWN, path):
        if samples is None:
            samples = np.empty((spec.height, spec.width, channels), dtype=band.dtype)
        samples[first : first + len(band)] = band[..., :channels]
        if alpha >= 0:
            opaque = np.iinfo(band.dtype).max if band.dtype.kind == "u" else 1.0
            is_transparent = band[..., alpha] < opaque / 2
            if transparent is None and is_transparent.any():
                transparent = np.zeros(samples.shape[:2], dtype=bool)
            if transparent is not None:
                transparent[first : first + len(band)] = is_transparent
    assert samples is not None, "an image has rows"
    return samples, transparent


@contextmanager
def _failures_named(path: Path) -> Iterator[None]:
    """Turn what OpenImageIO's bindings raise of a file's nonsense into an error that names the file."""
    try:
        yield
    except (MemoryError, OverflowError, RuntimeError, UnicodeError) as error:
        raise damaged(path, str(error)) from error


def _not_opened(complaint: str, path: Path) -> InputError:
    if complaint.startswith("Subsampled channels"):
        return UnsupportedFormatError(
            "The EXR's channels have different resolutions.", path=path, remedy="Export it as RGB without subsampling."
        )
    if not _ABSURD_SIZE.search(complaint):
        return damaged(path, complaint)
    return ImageTooLargeError(
        f"The image declares too large dimensions or too many channels ({complaint.strip().partition(chr(10))[0]}).",
        path=path,
        remedy=f"Export it as RGB, with at most {MAX_PIXELS} pixels.",
    )


def _check_colour_model(tags: dict[str, object], path: Path) -> None:
    # OpenImageIO converts CMYK silently and without its profile; these tags still show it.
    colour_space = str(tags.get("tiff:ColorSpace") or tags.get("jpeg:ColorSpace") or "this colour model")
    photometric = tags.get("tiff:PhotometricInterpretation", 2)
    if photometric in _TIFF_RAW:
        raise UnsupportedColourModelError(
            "The image is the raw data of a camera's sensor (DNG).",
            path=path,
            remedy="Develop it in a raw converter, and export it as TIFF or JPEG.",
        )
    if tags.get("jpeg:ColorSpace") in ("CMYK", "YCbCrK") or photometric not in _TIFF_PHOTOMETRIC:
        raise UnsupportedColourModelError(
            f"The image is stored as {colour_space}, not RGB.",
            path=path,
            remedy="Convert it to RGB in an image editor.",
        )


def _colour_channels(spec: OpenImageIO.ImageSpec, path: Path) -> int:
    if tuple(spec.channelnames[:3]) == ("R", "G", "B"):
        channels = 3
    elif spec.nchannels == 1 or (spec.nchannels == 2 and spec.alpha_channel == 1):
        channels = 1
    else:
        raise UnsupportedFormatError(
            f"The image has the channels {', '.join(spec.channelnames)}, neither RGB nor grey.",
            path=path,
            remedy="Export it as RGB.",
        )
    if str(spec.format) not in _SAMPLE_TYPES:
        raise UnsupportedFormatError(
            f"The samples of the image are of type {spec.format}.",
            path=path,
            remedy="Export it with 8 or 16 bits.",
        )
    return channels


def _select_page(image: OpenImageIO.ImageInput, path: Path) -> tuple[int, int]:
    """Select the page of a TIFF that is the image; return how many there are, and its number from 0."""

    def bands() -> Iterator[tuple[int, np.ndarray]]:
        check_spec(image.spec(), path)
        return read_bands(image, (0, min(3, image.spec().nchannels)), OpenImageIO.UNKNOWN, path)

    selected = select_page(image, bands)
    check_spec(image.spec(), path)
    return selected
