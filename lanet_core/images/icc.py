"""ICC profiles of the matrix kind: tone curves and primaries of an RGB or grey picture.

Source: ICC.1:2022 (v4) and ICC.1:2001 (v2): 7 (layout), 8.3.3 and 8.3.4 (matrix and grey profiles), F.3 (the
computational model). Profiles made of look-up tables are left to the caller as unusable.
"""

from __future__ import annotations

import struct

import numpy as np

from lanet_core.colour import srgb_to_linear
from lanet_core.images.colour_encoding import SRGB, ColourEncoding, rec709_with
from lanet_core.images.primaries import d50_xyz_to_rec709
from lanet_core.images.tone_curve import ToneCurve, parse_tone_curve

#: How far a profile's curves and matrix may be from sRGB's own and still be a rounded copy of them.
_SRGB_TOLERANCE = 2e-3


def parse_profile(profile: bytes) -> ColourEncoding:
    """Return the colour encoding that an ICC profile describes.

    Args:
        profile: the whole profile.

    Returns:
        Curves and matrix to linear Rec.709; exactly :data:`SRGB` where the profile is a rounded sRGB.

    Raises:
        ValueError: it is no ICC profile, not of RGB or grey, damaged, or made of look-up tables. The message is a
            clause that says which.
    """
    if profile[36:40] != b"acsp":
        raise ValueError("it is not an ICC profile")
    tags = _tags(profile)
    colour_space = profile[16:20]
    if colour_space == b"GRAY" and b"kTRC" in tags:
        curve = parse_tone_curve(tags[b"kTRC"])
        return SRGB if _is_srgb_curve(curve) else rec709_with(curve)
    if colour_space != b"RGB ":
        raise ValueError(f"it describes {colour_space.decode('latin-1').strip()} and not RGB or grey")
    if profile[20:24] != b"XYZ " or not {b"rTRC", b"gTRC", b"bTRC", b"rXYZ", b"gXYZ", b"bXYZ"} <= set(tags):
        raise ValueError("it is made of look-up tables")
    return _matrix_encoding(tags)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    try:
        (count,) = struct.unpack_from(">I", profile, 128)
        entries = [struct.unpack_from(">4sII", profile, 132 + 12 * index) for index in range(min(count, 1024))]
    except struct.error as error:
        raise ValueError("it is cut short") from error
    return {name: profile[offset : offset + size] for name, offset, size in entries}


def _matrix_encoding(tags: dict[bytes, bytes]) -> ColourEncoding:
    red, green, blue = (parse_tone_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))
    if tags[b"rTRC"] == tags[b"gTRC"] == tags[b"bTRC"]:
        green = blue = red
    colorants = np.array([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]).T
    to_rec709 = d50_xyz_to_rec709() @ colorants
    has_rec709_primaries = np.abs(to_rec709 - np.eye(3)).max() < _SRGB_TOLERANCE
    if has_rec709_primaries and all(_is_srgb_curve(curve) for curve in (red, green, blue)):
        return SRGB
    return ColourEncoding((red, green, blue), to_rec709)


def _xyz(tag: bytes) -> tuple[float, ...]:
    try:
        return tuple(number / 65536.0 for number in struct.unpack_from(">3i", tag, 8))
    except struct.error as error:
        raise ValueError("a colorant is cut short") from error


def _is_srgb_curve(curve: ToneCurve) -> bool:
    encoded = np.linspace(0.0, 1.0, 256)
    return bool(np.abs(curve(encoded) - srgb_to_linear(encoded)).max() < _SRGB_TOLERANCE)
