"""The colour space that EXIF metadata declare.

Sources: Exif 2.32 (CIPA DC-008), 4.6.5 (ColorSpace), 4.6.7 (InteroperabilityIndex); DCF 2.0 (CIPA DC-009), optional
colour space: Adobe RGB is ColorSpace 65535 with the interoperability index R03.
"""

from __future__ import annotations

import struct
from mmap import mmap

from lanet_core.files import jpeg, png_chunks, riff
from lanet_core.files.colour_encoding import ColourEncoding
from lanet_core.files.primaries import to_rec709
from lanet_core.files.tiff_tags import TiffTags, tiff_tags
from lanet_core.files.tone_curve import gamma_curve

_PREFIX = b"Exif\0\0"
_EXIF_DIRECTORY, _COLOUR_SPACE, _INTEROPERABILITY_DIRECTORY, _INTEROPERABILITY_INDEX = 0x8769, 0xA001, 0xA005, 1
_ADOBE_RGB_CODE, _UNCALIBRATED = 2, 0xFFFF

#: Adobe RGB (1998) Color Image Encoding, 4.2 and 4.3.1.2: primaries, white point D65, and a gamma of 563/256.
_ADOBE_GAMMA = gamma_curve(563 / 256)
ADOBE_RGB = ColourEncoding(
    (_ADOBE_GAMMA, _ADOBE_GAMMA, _ADOBE_GAMMA), to_rec709((0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290))
)


def exif_colour_space(data: bytes | mmap) -> str | None:
    """Return the colour space that a file's EXIF metadata declare.

    Args:
        data: the whole file: JPEG, PNG, WebP or TIFF.

    Returns:
        ``"Adobe RGB"``, ``"uncalibrated"``, or None for sRGB and where nothing is declared.
    """
    tags = _exif(data)
    if tags is None:
        return None
    try:
        main = tags.directory(tags.first_directory())
        exif = tags.directory(tags.number(main[_EXIF_DIRECTORY]))
    except (KeyError, struct.error):
        return None
    code = tags.number(exif.get(_COLOUR_SPACE, b""))
    index = b""
    if _INTEROPERABILITY_DIRECTORY in exif:
        interoperability = tags.directory(tags.number(exif[_INTEROPERABILITY_DIRECTORY]))
        index = interoperability.get(_INTEROPERABILITY_INDEX, b"")
    if code == _ADOBE_RGB_CODE or (code == _UNCALIBRATED and index.startswith(b"R03")):
        return "Adobe RGB"
    return "uncalibrated" if code == _UNCALIBRATED else None


def _exif(data: bytes | mmap) -> TiffTags | None:
    if data[:2] == b"\xff\xd8":
        parts = (part for marker, part in jpeg.segments(data) if marker == jpeg.APP1 and part.startswith(_PREFIX))
    elif data[:4] == b"\x89PNG":
        parts = (part for name, part in png_chunks.contents(data) if name == b"eXIf")
    elif data[:4] == b"RIFF":
        parts = (part for name, part in riff.chunks(data) if name == b"EXIF")
    else:
        return tiff_tags(data)
    return next((tiff_tags(part.removeprefix(_PREFIX)) for part in parts), None)
