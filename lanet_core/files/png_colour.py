"""The colour of a PNG by its own chunks, in the order of precedence of the specification.

Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 4.3 (precedence), 11.3.2 (cHRM, gAMA,
iCCP, sRGB, cICP).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import mmap

import numpy as np

from lanet_core.colour import REC709_CHROMATICITIES, srgb_to_linear
from lanet_core.files.cicp import CodePoints
from lanet_core.files.colour_encoding import SRGB, ColourEncoding
from lanet_core.files.png_chunks import contents, read_cicp
from lanet_core.files.primaries import to_rec709
from lanet_core.files.tone_curve import gamma_curve

#: Chromaticities as near to Rec.709's as this are those.
_SAME_PRIMARIES = 2e-3
#: Other values of gAMA are errors, as in libpng.
_LEAST_GAMMA, _LARGEST_GAMMA = 16, 625_000_000


@dataclass(frozen=True)
class PngColour:
    """What a PNG declares of its colour.

    Attributes:
        code_points: of the chunk cICP, None without one.
        encoding: of gAMA and cHRM or of sRGB, None without them. A profile takes precedence over it.
    """

    code_points: CodePoints | None = None
    encoding: ColourEncoding | None = None


def png_colour(data: bytes | mmap) -> PngColour:
    """Return what a PNG file declares of its colour in addition to an ICC profile.

    Raises:
        ValueError: the chromaticities of cHRM are no primaries, or gAMA is absurd. The message has no full stop.
    """
    cicp = read_cicp(data)
    if cicp is not None:
        return PngColour(code_points=CodePoints(*cicp[:3], full_range=cicp[3] != 0))
    found = {name: content for name, content in contents(data) if name in (b"gAMA", b"cHRM", b"sRGB")}
    if b"sRGB" in found:
        return PngColour(encoding=SRGB)
    gamma = _gamma(found.get(b"gAMA", b""))
    chromaticities = _chromaticities(found.get(b"cHRM", b""))
    if gamma is None and chromaticities is None:
        return PngColour()
    # A gamma of 1/2.2 is the customary stand-in for sRGB where the primaries are sRGB's.
    is_srgb = gamma is None or (abs(gamma - 2.2) < 0.01 and chromaticities is None)
    curve = srgb_to_linear if gamma is None or is_srgb else gamma_curve(gamma)
    if is_srgb and chromaticities is None:
        return PngColour(encoding=SRGB)
    return PngColour(encoding=ColourEncoding((curve, curve, curve), _matrix(chromaticities)))


def _gamma(content: bytes) -> float | None:
    """Return the exponent that decodes the samples, None where the chunk declares none."""
    if len(content) != 4:
        return None
    value = struct.unpack(">I", content)[0]
    if not _LEAST_GAMMA <= value <= _LARGEST_GAMMA:
        raise ValueError(f"The PNG's gAMA cannot be used: it is {value / 100000.0:g}")
    return 100000.0 / value


def _chromaticities(content: bytes) -> tuple[float, ...] | None:
    """Return those of red, green, blue and white, None where they are Rec.709's or not given."""
    if len(content) != 32:
        return None
    white_first = [value / 100000.0 for value in struct.unpack(">8I", content)]
    chromaticities = (*white_first[2:], *white_first[:2])
    same = np.abs(np.subtract(chromaticities, REC709_CHROMATICITIES)).max() < _SAME_PRIMARIES
    return None if same else chromaticities


def _matrix(chromaticities: tuple[float, ...] | None) -> np.ndarray | None:
    if chromaticities is None:
        return None
    try:
        with np.errstate(divide="raise", invalid="raise"):
            return to_rec709(chromaticities)
    except (np.linalg.LinAlgError, FloatingPointError, ZeroDivisionError) as error:
        raise ValueError("The PNG's cHRM cannot be used: it contains no primaries") from error
