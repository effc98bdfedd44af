"""Painted rectangles in the luma of a panorama: bars, margins, nadir patches and labels.

**Bars.** A bar covers whole rows down to the last row, up to the first, or whole columns at a side. All its pixels but
those of letters have one colour, and it ends at one row for all columns. The edge of a photographed surface has this
shape only where the surface is a circle around the pole.

**Labels.** A label is a rectangle in the panorama. In a photograph, a straight edge is a great circle. One that begins
and ends in the same row is curved between, by the angle

    arctan(tan e / cos(w / 2)) − e

with e its elevation and w its azimuthal width. A painted edge is straight. An edge is evidence where the angle
is at least :data:`_LEAST_CURVATURE_PX` pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lanet_core.image_size import image_size

#: Greatest difference from an area's luma, in 8-bit codes, that compression makes near the area's edges and letters.
TOLERANCE = 24.0
#: Least difference of the pixels beyond an edge.
STEP = 10.0

#: Darker areas are not over-exposed regardless of the image's white level is.
LEAST_LUMA = 150.0
#: Difference within which most pixels of an area are.
FLAT = 3.0
_FLAT_SHARE = 0.5
#: Difference within which the medians of most lines are; second, where compression changes all of them: in a bar within
#: the first block of a JPEG.
_EVEN, _EVEN_IN_BLOCK, _BLOCK = 1.0, 3.0, 16
#: Share of a line of an area that has its colour: at the area's edge, and where there are letters.
_EDGE_SHARE, _LETTERS_SHARE = 0.94, 0.3
#: Greatest share of the line beyond the edge that has the same colour, and greatest mean over the edges of a label.
_BEYOND_SHARE, _MEAN_BEYOND_SHARE = 0.7, 0.35
#: Lines at the edge that are free of letters.
_CLEAR_LINES = 2
#: Lines beyond the edge that differ from the area: more than a stroke of a letter that begins there.
_BEYOND_LINES = 5
#: Smallest and largest bar as a share of the panorama's height.
_SMALLEST_BAR, _LARGEST_BAR = 0.016, 0.36
#: Beyond the edge of a lone bar at the top, luma differs by this much: else it may be a round lamp in the zenith. The
#: second figure is for large bars: a camera is hardly ever exactly below the middle of a large lamp.
_LEAST_RANGE_BEYOND = (24.0, 6.0)
_LARGE_BAR = 0.04
#: Least share of the edge of a bar beyond which the luma differs: without another bar, as a sky above a line of large
#: letters or an over-exposed wall has less, and with one.
_LEAST_LONE_STEP = (0.6, 0.3)
#: Widest bar at a side as a share of the panorama's width.
_LARGEST_SIDE = 0.1

_LEAST_CURVATURE_PX = 2.0
#: Smallest label in pixels.
_LABEL_ROWS, _LABEL_COLUMNS = 4, 10
#: Gaps in an edge that compression makes.
_GAP_PX = 2
_MOST_LABELS = 16
_MOST_ENDS = 8
#: Smallest side of a single image in which bars are searched for.
_SMALLEST_IMAGE = 32


@dataclass(frozen=True)
class Rectangle:
    """A rectangle of pixels.

    Attributes:
        top: first row.
        bottom: the row after the last.
        left: first column.
        right: the column after the last.
        luma: of its colour, as 8-bit code.
    """

    top: int
    bottom: int
    left: int
    right: int
    luma: float


#: Number of lines and luma of a bar, and the share of its edge beyond which the luma differs.
_Bar = tuple[int, float, float]


def near(luma: np.ndarray, level: float) -> np.ndarray:
    """Return which pixels have a colour, (...) bool."""
    return np.abs(luma - np.float32(level)) <= TOLERANCE


def same(luma: np.ndarray, level: float) -> np.ndarray:
    """Return which pixels do not differ from a colour, (...) bool."""
    return np.abs(luma - np.float32(level)) <= STEP


def step(inner: np.ndarray, outer: np.ndarray, level: float) -> np.ndarray:
    """Return where an area of a colour ends between pixels inside and the next ones outside, (...) bool."""
    return near(inner, level) & ~same(outer, level) & (np.abs(inner - outer) > STEP)


def find_bars(luma: np.ndarray) -> list[Rectangle]:
    """Return the bars at the top, the bottom, the left and the right of a panorama.

    Args:
        luma: (H, W) float32, 8-bit sRGB codes.
    """
    height, width = luma.shape
    least = max(3, round(_SMALLEST_BAR * height))
    bottom = _bar(luma[::-1], least)
    top = _bar(luma, least)
    rows = slice(top[0] if top else 0, height - bottom[0] if bottom else height)
    if rows.stop - rows.start < height // 4:
        return []
    columns = luma[rows].T
    left, right = (
        side if side and side[0] <= _LARGEST_SIDE * width and side[2] >= _LEAST_LONE_STEP[bool(top or bottom)] else None
        for side in (_bar(columns, 2), _bar(columns[::-1], 2))
    )
    if not (left and right and abs(left[0] - right[0]) <= 1):
        left, right = (side if side and side[0] >= least else None for side in (left, right))
    sides = [side for side in (left, right) if side]
    # A margin all round: two sides are evidence for the third where the image itself is white at its edge.
    if sides and bottom and not top:
        top = _continued(luma, bottom)
    elif sides and top and not bottom:
        bottom = _continued(luma[::-1], top)
    if bottom and not top and not sides and bottom[2] < _LEAST_LONE_STEP[0]:
        bottom = None
    if top and not bottom and not sides:
        beyond = np.ptp(np.percentile(luma[top[0]], [10, 90]))
        if beyond < _LEAST_RANGE_BEYOND[top[0] >= _LARGE_BAR * height] or top[2] < _LEAST_LONE_STEP[0]:
            top = None
    bars = []
    if top:
        bars.append(Rectangle(0, top[0], 0, width, top[1]))
    if bottom:
        bars.append(Rectangle(height - bottom[0], height, 0, width, bottom[1]))
    if left:
        bars.append(Rectangle(0, height, 0, left[0], left[1]))
    if right:
        bars.append(Rectangle(0, height, width - right[0], width, right[1]))
    return bars


def pairs_of_bars(luma: np.ndarray) -> list[Rectangle]:
    """Return the bars of a single image that have one alike on the opposite side: (H, W) float32 as above.

    A lone bar may be a ceiling or a sky above a straight horizon.
    """
    height, width = luma.shape
    bars = find_bars(luma) if min(height, width) >= _SMALLEST_IMAGE else []
    opposite = {
        bar: replace(
            bar, top=height - bar.bottom, bottom=height - bar.top, left=width - bar.right, right=width - bar.left
        )
        for bar in bars
    }
    return [bar for bar in bars if any(_is_alike(opposite[bar], other) for other in bars if other is not bar)]


def _is_alike(one: Rectangle, other: Rectangle) -> bool:
    distances = (one.top - other.top, one.bottom - other.bottom, one.left - other.left, one.right - other.right)
    return max(map(abs, distances)) <= 1 and abs(one.luma - other.luma) <= FLAT


def _bar(luma: np.ndarray, least: int) -> _Bar | None:
    """Return the bar in the first rows, None if there is none."""
    first = luma[:2]
    level = float(np.median(first))
    if level < LEAST_LUMA:
        return None
    luma = luma[: int(_LARGEST_BAR * len(luma)) + _BEYOND_LINES]
    shares, beyond = near(luma, level).mean(axis=1), same(luma, level).mean(axis=1)
    ends = np.flatnonzero(beyond[: len(luma) - _BEYOND_LINES + 1] < _LETTERS_SHARE)
    end = int(ends[0]) if ends.size else len(luma) - _BEYOND_LINES
    for count in range(end, least - 1, -1):
        is_edge = (
            shares[count - _CLEAR_LINES : count].min() >= _EDGE_SHARE
            and beyond[count : count + _BEYOND_LINES].max() <= _BEYOND_SHARE
            and (stepped := step(luma[count - 1], luma[count], level).mean()) >= 1.0 - _BEYOND_SHARE
        )
        if is_edge:
            # A sky has a gradient; only the lines next to an edge are changed by compression.
            limit = _EVEN_IN_BLOCK if count < _BLOCK else _EVEN
            even = np.abs(np.median(luma[:count], axis=1) - level) <= limit
            flat = np.abs(luma[:count] - np.float32(level)) <= FLAT
            return (count, level, stepped) if min(even.mean(), flat.mean()) >= _FLAT_SHARE else None
    return None


def _continued(luma: np.ndarray, opposite: _Bar) -> _Bar | None:
    """Return a bar in the first rows like the one opposite, None if the rows contradict it."""
    count, level, _ = opposite
    flat = np.abs(luma[:count] - np.float32(level)) <= FLAT
    edge = near(luma[count - 1 : count + 1], level).mean(axis=1)
    return opposite if flat.mean() > 0.8 and edge[0] >= _EDGE_SHARE and edge[1] < edge[0] - 0.05 else None


def find_labels(luma: np.ndarray, bars: Sequence[Rectangle] = ()) -> list[Rectangle]:
    """Return the labels of a panorama.

    Args:
        luma: (H, W) float32, 8-bit sRGB codes.
        bars: areas to leave out.
    """
    luma = without(luma, bars)
    labels: list[Rectangle] = []
    for level in flat_levels(luma):
        for edge in _straight_edges(luma, level):
            if any(_overlap(edge, label) for label in labels):
                continue
            labels += list(_labels_at(luma, edge))[:1]
            if len(labels) == _MOST_LABELS:
                return labels
    return labels


def without(luma: np.ndarray, areas: Sequence[Rectangle]) -> np.ndarray:
    """Return the luma with black in place of areas."""
    if not areas:
        return luma
    luma = luma.copy()
    for area in areas:
        luma[area.top : area.bottom, area.left : area.right] = 0.0
    return luma


def flat_levels(luma: np.ndarray) -> list[float]:
    """Return bright luma codes that flat parts of an image share, the most frequent first."""
    inner = luma[:-1, :-1]
    flat = (inner >= LEAST_LUMA) & (np.abs(inner - luma[1:, :-1]) <= 1.5) & (np.abs(inner - luma[:-1, 1:]) <= 1.5)
    counts = np.bincount(np.rint(inner[flat]).astype(np.intp), minlength=256)
    levels = []
    while len(levels) < 4 and counts.max() > max(40, 2e-4 * luma.size):
        level = int(counts.argmax())
        levels.append(float(level))
        counts[max(0, level - int(FLAT)) : level + int(FLAT) + 1] = 0
    return levels


def curvature_px(row: float, columns: int, size: tuple[int, int]) -> float:
    """Return by how many pixels a great circle leaves a row between two of its pixels.

    Args:
        row: where the row begins or ends, in pixels from the top.
        columns: distance of the two pixels.
        size: rows and columns of the panorama.
    """
    elevation = abs(np.pi / 2.0 - np.pi * row / size[0])
    half_width = np.pi * columns / size[1]
    if half_width >= np.pi / 2.0:
        return float(size[0])
    return float((np.arctan(np.tan(elevation) / np.cos(half_width)) - elevation) * size[0] / np.pi)


def _straight_edges(luma: np.ndarray, level: float) -> Iterator[Rectangle]:
    """Yield edges too straight to be photographed, as rectangles of one row inside an area."""
    upper, lower = luma[:-1], luma[1:]
    for inner, outer, first in ((upper, lower, 0), (lower, upper, 1)):
        for row, left, right in _runs(step(inner, outer, level)):
            if curvature_px(row + 1, right - left, image_size(luma)) >= _LEAST_CURVATURE_PX:
                yield Rectangle(row + first, row + first + 1, left, right, level)


def _runs(mask: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yield the row, the first column and the one after the last of long runs in rows, small gaps closed."""
    stride = mask.shape[1] + _GAP_PX + 1  # gaps between rows are not closed
    rows, columns = np.nonzero(mask & (np.count_nonzero(mask, axis=1, keepdims=True) >= _LABEL_COLUMNS))
    lit = rows * stride + columns
    splits = np.flatnonzero(np.diff(lit, prepend=-stride, append=lit.max(initial=0) + stride) > _GAP_PX + 1)
    firsts, lasts = lit[splits[:-1]], lit[splits[1:] - 1]
    long = lasts - firsts + 1 >= _LABEL_COLUMNS
    yield from zip(
        (firsts[long] // stride).tolist(),
        (firsts[long] % stride).tolist(),
        (lasts[long] % stride + 1).tolist(),
        strict=True,
    )


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return one.top < other.bottom and other.top < one.bottom and one.left < other.right and other.left < one.right


def _labels_at(luma: np.ndarray, edge: Rectangle) -> Iterator[Rectangle]:
    """Yield what may be the label that an edge belongs to, the largest first."""
    columns = slice(edge.left, edge.right)
    level = edge.luma
    inside, beyond = near(luma[:, columns], level).mean(axis=1), same(luma[:, columns], level).mean(axis=1)
    ends = [
        _ends(inside[edge.top :], beyond[edge.top :]),
        _ends(inside[edge.top :: -1], beyond[edge.top :: -1]),
    ]
    labels = [replace(edge, bottom=edge.top + count) for count in ends[0]]
    labels += [replace(edge, top=edge.bottom - count) for count in ends[1]]
    yield from sorted((label for label in labels if _is_label(luma, label)), key=lambda label: label.top - label.bottom)


def _ends(inside: np.ndarray, beyond: np.ndarray) -> list[int]:
    """Return after how many of the first lines a label may end."""
    outside = np.flatnonzero(beyond < _LETTERS_SHARE)
    reach = int(outside[0]) if outside.size else len(beyond)
    counts = np.arange(1, reach + 1)
    following = np.append(beyond, 0.0)[counts]
    return counts[(inside[counts - 1] >= _EDGE_SHARE) & (following <= _BEYOND_SHARE)][-_MOST_ENDS:].tolist()


def _is_label(luma: np.ndarray, label: Rectangle) -> bool:
    """Return whether a rectangle is flat and has four sharp edges."""
    (height, width), level = luma.shape, label.luma
    top, bottom, left, right = label.top, label.bottom, label.left, label.right
    if not _LABEL_ROWS <= bottom - top <= 0.5 * height or right - left > 0.95 * width:
        return False
    rows, columns = slice(top, bottom), slice(left, right)
    borders = (luma[top, columns], luma[bottom - 1, columns], luma[rows, left], luma[rows, right - 1])
    if min(near(border, level).mean() for border in borders) < _EDGE_SHARE:
        return False
    if (np.abs(luma[rows, columns] - np.float32(level)) <= FLAT).mean() < _FLAT_SHARE:
        return False
    beyond = [luma[row, columns] if 0 <= row < height else None for row in (top - 1, bottom)]
    beyond += [luma[rows, column] if 0 <= column < width else None for column in (left - 1, right)]
    pairs = [(inner, outer) for inner, outer in zip(borders, beyond, strict=True) if outer is not None]
    shares = [1.0 - step(inner, outer, level).mean() for inner, outer in pairs]
    return len(shares) >= 3 and max(shares) <= _BEYOND_SHARE and float(np.mean(shares)) <= _MEAN_BEYOND_SHARE
