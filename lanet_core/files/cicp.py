"""Coding-independent code points (CICP): primaries, transfer function and range of a PNG or an ICC profile.

Source: ITU-T H.273 (07/2024), tables 2 (colour primaries) and 3 (transfer characteristics), 8.3 (narrow range).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lanet_core.colour import REC709_CHROMATICITIES, srgb_to_linear
from lanet_core.files.colour_encoding import SRGB, ColourEncoding
from lanet_core.files.primaries import to_rec709
from lanet_core.files.tone_curve import ToneCurve, gamma_curve

#: Transfer characteristics of HDR.
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}

_D65 = REC709_CHROMATICITIES[6:]
_ILLUMINANT_C = (0.310, 0.316)
#: Chromaticities of red, green, blue and white by their code point.
_PRIMARIES = {
    1: REC709_CHROMATICITIES,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *_ILLUMINANT_C),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_ILLUMINANT_C),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65),
}


def _rec709_to_linear(encoded: np.ndarray) -> np.ndarray:
    """Invert the camera curve of Rec.709, Rec.601 and Rec.2020 (BT.709-6, 1.2)."""
    power = ((np.maximum(encoded, 0.081) + 0.099) / 1.099) ** (1.0 / 0.45)
    return np.where(encoded < 0.081, encoded / 4.5, power)


#: Decoding functions by their code point.
_TRANSFERS: dict[int, ToneCurve] = {
    1: _rec709_to_linear,
    4: gamma_curve(2.2),
    5: gamma_curve(2.8),
    6: _rec709_to_linear,
    8: gamma_curve(1.0),
    13: srgb_to_linear,
    14: _rec709_to_linear,
    15: _rec709_to_linear,
    17: gamma_curve(2.6),
}
#: Black and white of narrow range in codes of 8 bits; with n bits they are 2^(n − 8) times as large.
_NARROW_CODES8 = (16, 235)
_UNSPECIFIED = 2


@dataclass(frozen=True)
class CodePoints:
    """Code points of H.273.

    Attributes:
        primaries: table 2.
        transfer: table 3.
        matrix: table 4; 0 for RGB.
        full_range: whether white is the largest code.
    """

    primaries: int
    transfer: int
    matrix: int = 0
    full_range: bool = True

    @property
    def hdr_transfer(self) -> str | None:
        """The name of an HDR transfer function, None for an LDR one."""
        return HDR_TRANSFERS.get(self.transfer)


def encoding_of(points: CodePoints, bit_depth: int = 8) -> ColourEncoding:
    """Return the colour encoding that code points declare; what is unspecified is sRGB's.

    Args:
        points: the code points, of an LDR transfer function.
        bit_depth: bits per sample, which narrow range depends on.

    Raises:
        ValueError: code points that are not known here. The message is a clause that names them.
    """
    if points.matrix != 0:
        raise ValueError(f"matrix coefficients {points.matrix} are not RGB")
    primaries = _PRIMARIES[1] if points.primaries == _UNSPECIFIED else _PRIMARIES.get(points.primaries)
    curve = _TRANSFERS[13] if points.transfer == _UNSPECIFIED else _TRANSFERS.get(points.transfer)
    if primaries is None:
        raise ValueError(f"colour primaries {points.primaries} are not known")
    if curve is None:
        raise ValueError(f"transfer characteristics {points.transfer} are not known")
    if points.full_range and curve is srgb_to_linear and primaries == REC709_CHROMATICITIES:
        return SRGB
    if not points.full_range:
        curve = _narrow(curve, max(bit_depth, 8))
    matrix = None if primaries == REC709_CHROMATICITIES else to_rec709(primaries)
    return ColourEncoding((curve, curve, curve), matrix)


def _narrow(curve: ToneCurve, bit_depth: int) -> ToneCurve:
    black, white = (code * 2 ** (bit_depth - 8) / (2**bit_depth - 1) for code in _NARROW_CODES8)
    return lambda encoded: curve(np.clip((encoded - black) / (white - black), 0.0, 1.0))
