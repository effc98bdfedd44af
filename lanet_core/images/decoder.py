"""Decoding with OpenImageIO: a file's samples and tags, and every failure as an error of our own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.errors import (
    DamagedImageError,
    ImageTooLargeError,
    UnsupportedColourModelError,
    UnsupportedFormatError,
)
from lanet_core.images.file_kind import MAX_PIXELS, FileKind, check_size

#: Photometric interpretations that mean grey, RGB, palette or YCbCr (TIFF 6.0, tag 262; OpenImageIO turns them
#: into grey or RGB). All others, CMYK, Lab and raw sensors among them, are refused.
_TIFF_PHOTOMETRIC = {0, 1, 2, 3, 6}
#: OpenImageIO's names of unsigned integers and floats.
_SAMPLE_TYPES = {"uint8", "uint16", "uint", "uint32", "half", "float", "double"}
#: The metadata that matter here. They are asked for by name: listing all that a file has crashes OpenImageIO 3.0 on
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
#: Pages that are counted.
_MAXIMUM_PAGES = 1000
#: OpenImageIO refuses some absurd headers by itself, with one of these phrases.
_ABSURD_SIZE = re.compile(r"header claims a \d+ MB|exceeds|may not exceed")


@dataclass(frozen=True)
class Decoded:
    """A decoded file.

    Attributes:
        samples: (H, W, 1) or (H, W, 3), the file's own dtype, as stored, not upright.
        transparent: (H, W) bool, pixels of less than half opacity; None where there are none.
        pages: how many pages a TIFF has; 1 for other files.
        bit_depth: bits per channel in the file.
        tags: OpenImageIO's metadata by name, of those in ``_TAGS`` that the file has.
    """

    samples: np.ndarray
    transparent: np.ndarray | None
    pages: int
    bit_depth: int
    tags: dict[str, object]


def decode(path: Path, kind: FileKind) -> Decoded:
    """Decode a file of any kind but OpenEXR.

    Args:
        path: the file.
        kind: its format, by its signature.

    Returns:
        Samples of the largest page of a TIFF, or of the first image of another file, alpha taken off; colour is not
        multiplied by alpha.

    Raises:
        DamagedImageError: the file is truncated or corrupt.
        ImageTooLargeError: the header declares more than ``MAX_PIXELS``; nothing was decoded.
        UnsupportedColourModelError: CMYK, Lab or raw.
        UnsupportedFormatError: an unusual number of channels or sample type.
    """
    image = open_header(path, kind)
    try:
        pages = _select_largest(image, kind, path)
        spec = image.spec()
        tags = {name: value for name in _TAGS if (value := spec.getattribute(name)) is not None}
        _check_colour_model(tags, path)
        channels = _colour_channels(spec, path)
        samples = image.read_image(0, 0, 0, spec.nchannels, OpenImageIO.UNKNOWN)
        # A decoder that only warns (libjpeg on a cut file) fills in grey and reports here.
        complaint = image.geterror()
        if samples is None or complaint:
            raise _damaged(path, complaint)
    finally:
        image.close()
    return Decoded(
        samples=samples[..., :channels],
        transparent=_transparent(samples, spec.alpha_channel),
        pages=pages,
        bit_depth=spec.get_int_attribute("oiio:BitsPerSample", samples.dtype.itemsize * 8),
        tags=tags,
    )


def open_header(path: Path, kind: FileKind) -> OpenImageIO.ImageInput:
    """Open a file of any kind with OpenImageIO, and check what its header declares before anything is decoded.

    Args:
        path: the file.
        kind: its format, by its signature.

    Returns:
        The open file; the caller closes it.

    Raises:
        DamagedImageError: the header makes no sense.
        ImageTooLargeError: it declares more than ``MAX_PIXELS``.
        UnsupportedFormatError: OpenImageIO takes the file for another format because of its name.
    """
    hints = OpenImageIO.ImageSpec()
    hints.attribute("oiio:UnassociatedAlpha", 1)  # or colour comes multiplied by alpha
    image = OpenImageIO.ImageInput.open(str(path), hints)
    if image is None:
        complaint = OpenImageIO.geterror()
        if _ABSURD_SIZE.search(complaint):
            raise ImageTooLargeError(
                f"The picture declares absurd dimensions ({_first_line(complaint)}).",
                path=path,
                remedy=f"Give a picture of at most {MAX_PIXELS} pixels.",
            )
        raise _damaged(path, complaint)
    if image.format_name() != kind.value:
        image.close()
        raise UnsupportedFormatError(
            f"The file is {kind.name}, but its name says {image.format_name()}.",
            path=path,
            remedy="Give it the right extension.",
        )
    spec = image.spec()
    check_size(spec.width, spec.height, path)
    check_size(spec.full_width, spec.full_height, path)
    return image


def _damaged(path: Path, complaint: str) -> DamagedImageError:
    return DamagedImageError(
        f"The picture is truncated or corrupt ({_first_line(complaint) or 'it cannot be decoded'}).",
        path=path,
        remedy="Export or download it again.",
    )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _check_colour_model(tags: dict[str, object], path: Path) -> None:
    # OpenImageIO converts CMYK silently and without its profile; these tags still tell.
    colour_space = str(tags.get("tiff:ColorSpace") or tags.get("jpeg:ColorSpace") or "this colour model")
    photometric = tags.get("tiff:PhotometricInterpretation", 2)
    if tags.get("jpeg:ColorSpace") in ("CMYK", "YCbCrK") or photometric not in _TIFF_PHOTOMETRIC:
        raise UnsupportedColourModelError(
            f"The picture is stored as {colour_space}, not RGB.",
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
            f"The picture has the channels {', '.join(spec.channelnames)}, neither RGB nor grey.",
            path=path,
            remedy="Export it as RGB.",
        )
    if str(spec.format) not in _SAMPLE_TYPES:
        raise UnsupportedFormatError(
            f"The picture's samples are of type {spec.format}.",
            path=path,
            remedy="Export it with 8 or 16 bits.",
        )
    return channels


def _select_largest(image: OpenImageIO.ImageInput, kind: FileKind, path: Path) -> int:
    """Seek the page to decode and return how many there are. Only a TIFF has pages."""
    if kind is not FileKind.TIFF:
        return 1
    sizes = []
    while len(sizes) < _MAXIMUM_PAGES and image.seek_subimage(len(sizes), 0):
        sizes.append(image.spec().width * image.spec().height)
    image.geterror()  # of the image after the last one
    image.seek_subimage(sizes.index(max(sizes)), 0)
    check_size(image.spec().width, image.spec().height, path)
    return len(sizes)


def _transparent(samples: np.ndarray, alpha_channel: int) -> np.ndarray | None:
    if alpha_channel < 0:
        return None
    opaque = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1.0
    transparent = samples[..., alpha_channel] < opaque / 2
    return transparent if transparent.any() else None
