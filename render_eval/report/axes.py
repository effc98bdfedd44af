"""Axes of a chart: where a value is between the ends, and the ticks that a reader expects."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from render_eval.report.numerals import numeral

_MARGIN = 0.04
_MIN_TICK_DISTANCE = 0.09
_ROOT_TICKS = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0)
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        label: quantity and unit.
        ticks: value and text of each tick, rising.
        low: where the axis begins, after ``curve``.
        high: where it ends, after ``curve``.
        curve: rising function that makes the scale linear.
    """

    label: str
    ticks: tuple[tuple[float, str], ...]
    low: float
    high: float
    curve: Callable[[float], float]

    def place(self, value: float) -> float:
        """Return where a value is: 0 at the beginning of the axis, 1 at its end."""
        return (self.curve(value) - self.low) / (self.high - self.low)


def linear_axis(label: str, values: Sequence[float], tick_count: int = 5) -> Axis:
    """Return an axis for finite values with even ticks at 1, 2 or 5 times a power of ten."""
    low, high = _range(values, float)
    step = _nice_step((high - low) / tick_count)
    decimals = max(0, -math.floor(math.log10(step)))
    first, last = math.ceil(low / step), math.floor(high / step)
    ticks = tuple((k * step, numeral(k * step, decimals)) for k in range(first, last + 1))
    return Axis(label, ticks, low, high, float)


def logarithmic_axis(label: str, values: Sequence[float]) -> Axis:
    """Return an axis for finite values above 0 with ticks at powers of ten, and between them where there is room."""
    low, high = _range(values, math.log10)
    decades = range(math.floor(low), math.ceil(high) + 1)
    factors = (1.0, 2.0, 5.0) if high - low < 2.5 else (1.0,)
    candidates = [factor * 10.0**decade for decade in decades for factor in factors]
    ticks = tuple((value, _power(value)) for value in candidates if low <= math.log10(value) <= high)
    return Axis(label, _spaced(ticks, low, high, math.log10), low, high, math.log10)


def root_axis_percent(label: str, percentages: Sequence[float]) -> Axis:
    """Return an axis for percentages that begins at 0 and gives the small ones more room: a square-root scale."""
    high = math.sqrt(max(max(percentages), 1.0)) * (1.0 + _MARGIN)
    low = -_MARGIN * high
    ticks = tuple((value, f"{value:g}") for value in _ROOT_TICKS if math.sqrt(value) <= high)
    return Axis(label, _spaced(ticks, low, high, math.sqrt), low, high, math.sqrt)


def _range(values: Sequence[float], curve: Callable[[float], float]) -> tuple[float, float]:
    low, high = curve(min(values)), curve(max(values))
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        half = 0.5 * max(abs(low), 1e-3)
        return low - half, high + half
    margin = _MARGIN * (high - low)
    return low - margin, high + margin


def _power(value: float) -> str:
    """Return a number with one digit as text, with a power of ten where there would be many zeros."""
    if 1e-3 <= value < 1e5:
        return f"{value:g}"
    factor, exponent = f"{value:.0e}".split("e")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return power if factor == "1" else f"{factor}·{power}"


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * (1.0 - 1e-9))


def _spaced(
    ticks: Sequence[tuple[float, str]], low: float, high: float, curve: Callable[[float], float]
) -> tuple[tuple[float, str], ...]:
    """Leave out ticks whose texts would touch."""
    kept: list[tuple[float, str]] = []
    for value, text in ticks:
        if not kept or (curve(value) - curve(kept[-1][0])) / (high - low) >= _MIN_TICK_DISTANCE:
            kept.append((value, text))
    return tuple(kept)
