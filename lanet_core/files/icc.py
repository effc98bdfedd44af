"""ICC profiles: what the samples of an RGB or grey image mean.

Source: ICC.1:2022 (v4) and ICC.1:2001 (v2): 7 (layout), 8.3.2 to 8.3.4 (look-up tables, matrix and grey profiles),
9.2.17 (cicpTag), F.3 (the computational model).
"""

from __future__ import annotations

import struct

import numpy as np

from lanet_core.colour import srgb_to_linear
from lanet_core.files.cicp import CodePoints
from lanet_core.files.colour_encoding import LINEAR, SRGB, ColourEncoding, rec709_with
from lanet_core.files.icc_table import parse_table
from lanet_core.files.primaries import d50_xyz_to_rec709
from lanet_core.files.tone_curve import ToneCurve, parse_tone_curve

#: How far a profile's curves and matrix may be from sRGB's own and still be a rounded copy of them.
_SRGB_TOLERANCE = 2e-3
_COLOUR_SPACES = {b"RGB ": 3, b"GRAY": 1}
#: Colorimetric before perceptual: the latter changes light for the sake of a printed or displayed appearance.
_TABLES = (b"A2B1", b"A2B0", b"A2B2")
_MATRIX_TAGS = {b"rTRC", b"gTRC", b"bTRC", b"rXYZ", b"gXYZ", b"bXYZ"}


def parse_profile(profile: bytes) -> ColourEncoding:
    """Return the colour encoding that an ICC profile describes.

    Args:
        profile: the whole profile.

    Returns:
        Curves and matrix, or a look-up table, to linear Rec.709; exactly :data:`SRGB` where the profile is a rounded
        sRGB.

    Raises:
        ValueError: it is no ICC profile, not of RGB or grey, or damaged. The message is a clause that names the reason.
    """
    tags = _tags(profile)
    colour_space = profile[16:20]
    if colour_space not in _COLOUR_SPACES:
        raise ValueError(f"it describes {colour_space.decode('latin-1').strip()} and not RGB or grey")
    table = next((tags[name] for name in _TABLES if name in tags), None)
    if table is not None:
        try:
            return _table_encoding(table, profile, _COLOUR_SPACES[colour_space])
        except ValueError:
            if not (set(tags) >= _MATRIX_TAGS or b"kTRC" in tags):
                raise
    if colour_space == b"GRAY" and b"kTRC" in tags:
        curve = parse_tone_curve(tags[b"kTRC"])
        return SRGB if _is_srgb_curve(curve) else rec709_with(curve)
    if not set(tags) >= _MATRIX_TAGS:
        raise ValueError("it has neither curves and a matrix nor look-up tables")
    return _matrix_encoding(tags)


def profile_code_points(profile: bytes) -> CodePoints | None:
    """Return the code points of an RGB profile's ``cicp`` tag, None without one.

    Raises:
        ValueError: it is no ICC profile, or cut short. The message is a clause.
    """
    tag = _tags(profile).get(b"cicp", b"")
    if profile[16:20] != b"RGB " or tag[:4] != b"cicp" or len(tag) < 12:
        return None
    return CodePoints(tag[8], tag[9], tag[10], tag[11] != 0)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    if profile[36:40] != b"acsp":
        raise ValueError("it is not an ICC profile")
    try:
        (count,) = struct.unpack_from(">I", profile, 128)
        entries = [struct.unpack_from(">4sII", profile, 132 + 12 * index) for index in range(min(count, 1024))]
    except struct.error as error:
        raise ValueError("it is cut short") from error
    return {name: profile[offset : offset + size] for name, offset, size in entries}


def _table_encoding(tag: bytes, profile: bytes, channels: int) -> ColourEncoding:
    if tag[8:9] != bytes([channels]):
        raise ValueError("its look-up tables are not usable")
    table = parse_table(tag, profile[20:24])

    def of_samples(device: np.ndarray) -> np.ndarray:
        """Apply the table to grey samples of an RGB profile and the reverse, too."""
        if device.shape[-1] != channels:
            device = np.repeat(device[..., :1], channels, axis=-1)
        return table(device)

    return ColourEncoding(LINEAR.curves, table=of_samples)


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
