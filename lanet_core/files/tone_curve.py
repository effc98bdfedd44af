"""Tone curves of ICC profiles: from encoded device values to linear light.

Source: ICC.1:2022, 10.6 (curveType) and 10.18 (parametricCurveType).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

#: From encoded values in [0, 1] to linear light, any shape, float64.
ToneCurve = Callable[[np.ndarray], np.ndarray]

_PARAMETER_COUNTS = (1, 3, 4, 5, 7)


def parse_tone_curve(tag: bytes) -> ToneCurve:
    """Return the curve that an ICC tag describes.

    Args:
        tag: the tag's data, type signature included.

    Returns:
        A function of encoded values.

    Raises:
        ValueError: the tag is neither ``curv`` nor ``para``, or cut short.
    """
    try:
        if tag[:4] == b"curv":
            return _sampled(tag)
        if tag[:4] == b"para":
            return _parametric(tag)
    except struct.error as error:
        raise ValueError("a tone curve is cut short") from error
    raise ValueError("a tone curve is of an unknown type")


def gamma_curve(exponent: float) -> ToneCurve:
    """Return the curve Y = X^exponent."""
    return lambda encoded: np.power(encoded, exponent)


def _sampled(tag: bytes) -> ToneCurve:
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return gamma_curve(1.0)
    if count == 1:
        return gamma_curve(struct.unpack_from(">H", tag, 12)[0] / 256.0)
    if len(tag) < 12 + 2 * count:
        raise ValueError("a tone curve is cut short")
    samples = np.frombuffer(tag, dtype=">u2", count=count, offset=12) / 65535.0
    positions = np.linspace(0.0, 1.0, count)
    return lambda encoded: np.interp(encoded, positions, samples)


def _parametric(tag: bytes) -> ToneCurve:
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind >= len(_PARAMETER_COUNTS):
        raise ValueError("a parametric tone curve is of an unknown kind")
    count = _PARAMETER_COUNTS[kind]
    g, a, b, c, d, e, f = _as_kind_four(kind, [n / 65536.0 for n in struct.unpack_from(f">{count}i", tag, 12)])

    def decode(encoded: np.ndarray) -> np.ndarray:
        power = np.power(np.maximum(a * encoded + b, 0.0), g) + e
        return np.where(encoded >= d, power, c * encoded + f)

    return decode


def _as_kind_four(kind: int, parameters: list[float]) -> tuple[float, ...]:
    """Return (g, a, b, c, d, e, f) of Y = (aX + b)^g + e where X ≥ d, cX + f below."""
    if kind == 0:
        return parameters[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    g, a, b, *rest = parameters
    if kind in (1, 2):
        if a == 0.0:
            raise ValueError("a parametric tone curve divides by zero")
        offset = rest[0] if kind == 2 else 0.0
        return g, a, b, 0.0, -b / a, offset, offset
    c, d, *offsets = rest
    e, f = offsets or (0.0, 0.0)
    return g, a, b, c, d, e, f
