"""Scatter charts as inline SVG: every method's figures against a property of the scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np

from render_eval.report.axes import Axis
from render_eval.report.markup import block, element

#: Colours on a white and on a black page: the hues of Okabe and Ito ("Color universal design", 2008), as light and
#: dark as keeps them apart for readers who do not see red or green, and apart from the page.
LIGHT_COLOURS = ("#1242b9", "#73290e", "#42a385", "#760453", "#9f8c14", "#1999d7")
DARK_COLOURS = ("#0f7aec", "#c93811", "#11feac", "#b3387d", "#f5e052", "#a0e2fd")

#: Marks of about the same area, around (0, 0).
SHAPES = (
    "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z",
    "M-3.5 -3.5H3.5V3.5H-3.5Z",
    "M0 -5L4.6 3.4H-4.6Z",
    "M0 -5L5 0L0 5L-5 0Z",
    "M0 5L4.6 -3.4H-4.6Z",
    "M-1.5 -5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5V-1.5H-1.5Z",
)

#: A chart's view box.
WIDTH, HEIGHT = 520, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 508, 12, 282
_BINS = 4
_MIN_POINTS_PER_BIN = 2


@dataclass(frozen=True)
class Point:
    """One figure: where it is, and what it is called."""

    x: float
    y: float
    name: str


@dataclass(frozen=True)
class Series:
    """The figures of one method, which is the ``index``-th of all."""

    index: int
    label: str
    points: tuple[Point, ...]


def scatter(series: Sequence[Series], x_axis: Axis, y_axis: Axis, title: str) -> Element:
    """Return a chart with a mark for each point and a line through the medians of each series.

    Args:
        series: what to draw; the first is drawn last, on top.
        x_axis: along the bottom.
        y_axis: along the left.
        title: what the chart shows, for those who cannot see it.
    """
    drawn = [_series(each, x_axis, y_axis) for each in reversed(series)]
    view_box = {"viewBox": f"0 0 {WIDTH} {HEIGHT}"}
    return block("svg", [*frame(x_axis, y_axis), *drawn], role="img", aria_label=title, class_="chart", **view_box)


def shape_of(index: int) -> int:
    """Return which of :data:`SHAPES` a method has; with its colour, ``index % 6``, it is its own for 36 methods."""
    return (index + index // len(LIGHT_COLOURS)) % len(SHAPES)


def mark(index: int) -> Element:
    """Return an image of a method's mark, for legends."""
    use = element("use", href=f"#shape-{shape_of(index)}")
    style = f"mark colour-{index % len(LIGHT_COLOURS)}"
    return element("svg", use, class_=style, aria_hidden="true", **{"viewBox": "-7 -7 14 14"})


def shapes() -> Element:
    """Return the definitions that the marks refer to; a page needs them once."""
    symbols = [element("path", id=f"shape-{index}", d=path) for index, path in enumerate(SHAPES)]
    return element("svg", element("defs", *symbols), width=0, height=0, class_="definitions", aria_hidden="true")


def colour_rules() -> str:
    """Return the style sheet's rules for the methods' colours."""
    light = "\n".join(f".colour-{index} {{ color: {colour}; }}" for index, colour in enumerate(LIGHT_COLOURS))
    dark = "\n".join(f"  .colour-{index} {{ color: {colour}; }}" for index, colour in enumerate(DARK_COLOURS))
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def trend(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Return the medians of x and y of each quarter of the points by x; nothing if a quarter has fewer than two."""
    if len(points) < _BINS * _MIN_POINTS_PER_BIN:
        return []
    values = np.array(sorted((point.x, point.y) for point in points))
    return [tuple(np.median(part, axis=0).tolist()) for part in np.array_split(values, _BINS)]


def frame(x_axis: Axis, y_axis: Axis) -> list[Element]:
    """Return a chart's grid, axes and their texts, in a view box of :data:`WIDTH` by :data:`HEIGHT`."""
    parts = []
    for value, text in x_axis.ticks:
        left = f"{_LEFT + x_axis.place(value) * (_RIGHT - _LEFT):.1f}"
        parts.append(element("line", x1=left, x2=left, y1=_TOP, y2=_BOTTOM, class_="grid"))
        parts.append(element("text", text, x=left, y=_BOTTOM + 16, text_anchor="middle"))
    for value, text in y_axis.ticks:
        top = _BOTTOM - y_axis.place(value) * (_BOTTOM - _TOP)
        parts.append(element("line", x1=_LEFT, x2=_RIGHT, y1=f"{top:.1f}", y2=f"{top:.1f}", class_="grid"))
        parts.append(element("text", text, x=_LEFT - 6, y=f"{top + 4:.1f}", text_anchor="end"))
    middle = (_TOP + _BOTTOM) / 2
    parts.append(element("path", d=f"M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}", class_="axis"))
    across = {"x": (_LEFT + _RIGHT) / 2, "y": HEIGHT - 10, "text_anchor": "middle", "class_": "label"}
    parts.append(element("text", x_axis.label, **across))
    upright = {"transform": f"translate(14 {middle}) rotate(-90)", "text_anchor": "middle", "class_": "label"}
    parts.append(element("text", y_axis.label, **upright))
    return parts


def position(x: float, y: float, x_axis: Axis, y_axis: Axis) -> tuple[float, float]:
    """Return where a point is in a chart's view box, from its left and upper edge."""
    left = _LEFT + x_axis.place(x) * (_RIGHT - _LEFT)
    top = _BOTTOM - y_axis.place(y) * (_BOTTOM - _TOP)
    return left, top


def _series(series: Series, x_axis: Axis, y_axis: Axis) -> Element:
    shape = f"#shape-{shape_of(series.index)}"
    marks = []
    for point in series.points:
        left, top = position(point.x, point.y, x_axis, y_axis)
        name = f"{point.name}, {series.label}: {point.y:.4g} at {point.x:.3g}"
        marks.append(element("use", element("title", name), href=shape, x=f"{left:.1f}", y=f"{top:.1f}"))
    corners = [position(x, y, x_axis, y_axis) for x, y in trend(series.points)]
    joined = " ".join(f"{left:.1f},{top:.1f}" for left, top in corners)
    # Beyond as many methods as there are colours, lines of the same colour are distinguished by dashes.
    dashes = "6 3" if series.index // len(LIGHT_COLOURS) % 2 else None
    line = element("polyline", points=joined, stroke_dasharray=dashes) if corners else None
    colour = f"series colour-{series.index % len(LIGHT_COLOURS)}"
    return element("g", line, *marks, class_=colour, data_method=series.index)
