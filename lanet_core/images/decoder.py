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
    "oiio:Gamma",
    "tiff:ColorSpace",
    "tiff:PhotometricInterpretation",
)
#: OpenImageIO refuses some absurd headers by itself, with one of these phrases.
_ABSURD_SIZE = re.compile(r"header claims a \d+ MB|exceeds|may not exceed")


@dataclass(frozen=True)
class Decoded:
    """A decoded file.

    Attributes:
        samples: (H, W, 1) or (H, W, 3), the file's own dtype, as stored, not upright.
        transparent_share: how much of the picture is not wholly opaque, [0, 1].
        bit_depth: bits per channel in the file.
        tags: OpenImageIO's metadata by name, of those in ``_TAGS`` that the file has.
    """

    samples: np.ndarray
    transparent_share: float
    bit_depth: int
    tags: dict[str, object]


def decode(path: Path, kind: FileKind) -> Decoded:
    """Decode a JPEG, PNG, TIFF, WebP or Radiance file.

    Args:
        path: the file.
        kind: its format, by its signature.

    Returns:
        Samples of the first image in the file, alpha taken off; colour is not multiplied by alpha.

    Raises:
        DamagedImageError: the file is truncated or corrupt.
        ImageTooLargeError: the header declares more than ``MAX_PIXELS``; nothing was decoded.
        UnsupportedColourModelError: CMYK, Lab or raw.
        UnsupportedFormatError: an unusual number of channels or sample type.
    """
    image = open_header(path, kind)
    try:
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
        transparent_share=_transparent_share(samples, spec.alpha_channel),
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


def _transparent_share(samples: np.ndarray, alpha_channel: int) -> float:
    if alpha_channel < 0:
        return 0.0
    opaque = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1.0
    return float((samples[..., alpha_channel] < opaque).mean())
