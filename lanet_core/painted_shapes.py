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

#: Greatest difference from an area's luma, in 8-bit codes, that compression makes near the area's edges and letters.
TOLERANCE = 24.0

#: Darker areas are not over-exposed whatever the image's white level is.
_LEAST_LUMA = 150.0
#: Difference within which most pixels of an area are.
_FLAT = 3.0
_FLAT_SHARE = 0.5
#: Share of a line of an area that has its colour: at the area's edge, and where there are letters.
_EDGE_SHARE, _LETTERS_SHARE = 0.94, 0.3
#: Greatest share of the line beyond the edge that has the same colour.
_BEYOND_SHARE = 0.7
#: Lines at the edge that are free of letters.
_CLEAR_LINES = 2
#: Smallest and largest bar as a share of the panorama's height.
_SMALLEST_BAR, _LARGEST_BAR = 0.016, 0.36
#: Beyond the upper edge of a lone upper bar, luma differs by this much: else it may be a round lamp in a ceiling.
_LEAST_RANGE_BEYOND = 24.0

_LEAST_CURVATURE_PX = 2.0
#: Smallest label in pixels.
_LABEL_ROWS, _LABEL_COLUMNS = 4, 10
#: Gaps in an edge that compression makes.
_GAP_PX = 2
_MOST_LABELS = 16


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


def near(luma: np.ndarray, level: float) -> np.ndarray:
    """Return which pixels have a colour, (...) bool."""
    return np.abs(luma - np.float32(level)) <= TOLERANCE


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
    left, right = _bar(luma[rows].T, 2), _bar(luma[rows, ::-1].T, 2)
    if not (left and right and abs(left[0] - right[0]) <= 1):
        left, right = (side if side and side[0] >= least else None for side in (left, right))
    sides = [side for side in (left, right) if side]
    # A margin all round: two sides are evidence for the third where the image itself is white at its edge.
    if sides and bottom and not top:
        top = _continued(luma, bottom)
    elif sides and top and not bottom:
        bottom = _continued(luma[::-1], top)
    if top and not bottom and not sides and np.ptp(np.percentile(luma[top[0]], [10, 90])) < _LEAST_RANGE_BEYOND:
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


def _bar(luma: np.ndarray, least: int) -> tuple[int, float] | None:
    """Return the number of rows and the luma of a bar in the first rows, None if there is none."""
    first = luma[:2]
    level = float(np.median(first))
    if level < _LEAST_LUMA:
        return None
    flat = np.abs(luma[: int(_LARGEST_BAR * len(luma)) + 1] - np.float32(level)) <= _FLAT
    shares = near(luma[: len(flat)], level).mean(axis=1)
    within = np.flatnonzero(shares < _LETTERS_SHARE)
    within = int(within[0]) if within.size else len(shares) - 1
    for count in range(within, least - 1, -1):
        if shares[count] > _BEYOND_SHARE or (shares[count - _CLEAR_LINES : count] < _EDGE_SHARE).any():
            continue
        return (count, level) if flat[:count].mean() >= _FLAT_SHARE else None
    return None


def _continued(luma: np.ndarray, opposite: tuple[int, float]) -> tuple[int, float] | None:
    """Return a bar in the first rows like the one opposite, None if the rows contradict it."""
    count, level = opposite
    flat = np.abs(luma[:count] - np.float32(level)) <= _FLAT
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
        mask = near(luma, level)
        for edge in _straight_edges(mask):
            if any(_overlap(edge, label) for label in labels):
                continue
            label = _label(luma, mask, replace(edge, luma=level))
            if label is not None:
                labels.append(label)
                if len(labels) == _MOST_LABELS:
                    return labels
    return labels


def without(luma: np.ndarray, areas: Sequence[Rectangle]) -> np.ndarray:
    """Return the luma with black in the place of areas."""
    if not areas:
        return luma
    luma = luma.copy()
    for area in areas:
        luma[area.top : area.bottom, area.left : area.right] = 0.0
    return luma


def flat_levels(luma: np.ndarray) -> list[float]:
    """Return bright luma codes that flat parts of an image share, the most frequent first."""
    inner = luma[:-1, :-1]
    flat = (inner >= _LEAST_LUMA) & (np.abs(inner - luma[1:, :-1]) <= 1.5) & (np.abs(inner - luma[:-1, 1:]) <= 1.5)
    counts = np.bincount(np.rint(inner[flat]).astype(np.intp), minlength=256)
    levels = []
    while len(levels) < 4 and counts.max() > max(40, 2e-4 * luma.size):
        level = int(counts.argmax())
        levels.append(float(level))
        counts[max(0, level - int(_FLAT)) : level + int(_FLAT) + 1] = 0
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


def _straight_edges(mask: np.ndarray) -> Iterator[Rectangle]:
    """Yield edges too straight to be photographed, as rectangles of one row inside the mask."""
    for towards in (1, -1):
        beyond = np.zeros_like(mask)
        if towards == 1:
            beyond[:-1] = mask[1:]
        else:
            beyond[1:] = mask[:-1]
        edge = mask & ~beyond
        for row in np.flatnonzero(edge.sum(axis=1) >= _LABEL_COLUMNS):
            for left, right in _runs(edge[row]):
                boundary = row + 1 if towards == 1 else row
                if curvature_px(boundary, right - left, mask.shape) >= _LEAST_CURVATURE_PX:
                    yield Rectangle(int(row), int(row) + 1, left, right, 0.0)


def _runs(line: np.ndarray) -> list[tuple[int, int]]:
    """Return where runs of true values begin and end, small gaps closed."""
    lit = np.flatnonzero(line)
    splits = np.flatnonzero(np.diff(lit) > _GAP_PX + 1)
    firsts, lasts = lit[np.append(0, splits + 1)], lit[np.append(splits, len(lit) - 1)]
    long = lasts - firsts + 1 >= _LABEL_COLUMNS
    return list(zip(firsts[long].tolist(), (lasts[long] + 1).tolist(), strict=True))


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return one.top < other.bottom and other.top < one.bottom and one.left < other.right and other.left < one.right


def _label(luma: np.ndarray, mask: np.ndarray, edge: Rectangle) -> Rectangle | None:
    """Return the label that an edge belongs to, None if the other edges are not there."""
    columns = slice(edge.left, edge.right)
    shares = mask[:, columns].mean(axis=1)
    top = _reach(shares[: edge.top + 1][::-1])
    bottom = _reach(shares[edge.top :])
    label = replace(edge, top=edge.top + 1 - top, bottom=edge.top + bottom)
    rows = slice(label.top, label.bottom)
    height, width = mask.shape
    if not _LABEL_ROWS <= label.bottom - label.top <= 0.5 * height or edge.right - edge.left > 0.95 * width:
        return None
    inside = np.abs(luma[rows, columns] - np.float32(edge.luma)) <= _FLAT
    borders = [mask[label.top, columns], mask[label.bottom - 1, columns]]
    borders += [mask[rows, edge.left], mask[rows, edge.right - 1]]
    if inside.mean() < _FLAT_SHARE or min(border.mean() for border in borders) < _EDGE_SHARE:
        return None
    beyond = [
        mask[label.top - 1, columns] if label.top > 0 else None,
        mask[label.bottom, columns] if label.bottom < height else None,
        mask[rows, edge.left - 1] if edge.left > 0 else None,
        mask[rows, edge.right] if edge.right < width else None,
    ]
    shares = [line.mean() for line in beyond if line is not None]
    return label if len(shares) >= 3 and max(shares) <= 1.0 - _BEYOND_SHARE else None


def _reach(shares: np.ndarray) -> int:
    """Return how many of the first lines belong to a label: up to the first that hardly has its colour."""
    ends = np.flatnonzero(shares < _LETTERS_SHARE)
    return int(ends[0]) if ends.size else len(shares)
