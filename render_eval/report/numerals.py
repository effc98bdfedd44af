"""Numbers as text: as many digits as distinguish the methods, the same in a whole column."""

from __future__ import annotations

import math
from collections.abc import Iterable

_SIGNIFICANT_DIGITS = 4
_MAX_DECIMALS = 9
_TOO_LARGE = 1e6


def decimals_for(values: Iterable[float]) -> int:
    """Return the digits behind the point that give the typical value of a column four significant ones."""
    magnitudes = sorted(abs(value) for value in values if math.isfinite(value) and value != 0.0)
    if not magnitudes:
        return 2
    leading = math.floor(math.log10(magnitudes[len(magnitudes) // 2]))
    return min(max(_SIGNIFICANT_DIGITS - 1 - leading, 0), _MAX_DECIMALS)


def numeral(value: float, decimals: int) -> str:
    """Return a number's text; a dash for NaN, a power of ten for what is too long to read."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0.0 else "-∞"
    if abs(value) >= _TOO_LARGE:
        return f"{value:.1e}"
    return f"{value:.{decimals}f}"


def percent(fraction: float) -> str:
    """Return a fraction as percent."""
    return f"{numeral(100.0 * fraction, 2)} %"
