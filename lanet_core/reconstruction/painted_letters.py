"""Painted letters in the luma of a panorama: a watermark or a line of text.

Capital letters of one line begin in one row and end in another. So do the lower-case letters, with two more rows. In a
photograph, things in a straight line are on a great circle, which leaves the rows of a panorama (see
:mod:`lanet_core.reconstruction.painted_shapes`), and lamps are solid, whereas letters consist of strokes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lanet_core.geometry.connected import lowest_connected
from lanet_core.image_size import image_size
from lanet_core.reconstruction.painted_shapes import Rectangle, curvature_px, flat_levels, near, same, without

#: Smallest and largest height of a letter: pixels, and a share of the panorama's height.
_SMALLEST_PX, _LARGEST_SHARE = 6, 0.2
#: Letters of a line that begin in the same row and end in the same row.
_FEWEST_LETTERS = 6
_LEAST_CURVATURE_PX = 4.0
#: Greatest mean share of a letter's rectangle that its strokes fill.
_MOST_FILLED = 0.75
#: A row in which letters end has so many times the ends of the rows around it.
_PEAK = 3.0
_MOST_LINES = 6
#: Greatest mean number of ends of strokes in a row of a line: more is the texture of a surface.
_MOST_CROSSINGS = 400
#: Heights of ascenders and descenders relative to the other letters.
_ASCENDER = 0.6


def find_letters(luma: np.ndarray, areas: Sequence[Rectangle] = ()) -> list[Rectangle]:
    """Return the rectangles of painted letters.

    Args:
        luma: (H, W) float32, 8-bit sRGB codes.
        areas: areas to leave out.
    """
    luma = without(luma, areas)
    letters: list[Rectangle] = []
    for level in flat_levels(luma):
        for alike in (same, near):
            mask = alike(luma, level)
            for top, bottom in _lines(mask):
                if not any(letter.top < bottom and top < letter.bottom for letter in letters):
                    letters += _letters_of_line(mask, top, bottom, level)
    return letters


def _lines(mask: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the first row and the row after the last of what may be lines of letters."""
    above, below = np.zeros_like(mask), np.zeros_like(mask)
    above[1:], below[:-1] = mask[:-1], mask[1:]
    tops, bottoms = _peaks(mask & ~above), _peaks(mask & ~below)
    largest = int(_LARGEST_SHARE * len(mask))
    pairs = [(top, bottom + 1) for bottom in bottoms for top in tops if _SMALLEST_PX <= bottom + 1 - top <= largest]
    yield from pairs[:_MOST_LINES]


def _peaks(edges: np.ndarray) -> list[int]:
    """Return rows that have far more pieces of edges than the rows around them, the highest first."""
    pieces = np.count_nonzero(edges[:, 1:] & ~edges[:, :-1], axis=1)
    padded = np.pad(np.count_nonzero(edges, axis=1).astype(np.float64), 4)
    counts = padded[4:-4]
    around = np.stack([padded[4 + shift : 4 + shift + len(counts)] for shift in (-4, -3, -2, 2, 3, 4)])
    peaks = np.flatnonzero((pieces >= _FEWEST_LETTERS - 1) & (counts > _PEAK * np.median(around, axis=0)))
    return peaks[np.argsort(-counts[peaks])][:_MOST_LINES].tolist()


def _letters_of_line(mask: np.ndarray, top: int, bottom: int, luma: float) -> list[Rectangle]:
    """Return the letters between two rows; none without evidence that they are letters."""
    # Room for ascenders and descenders. What continues beyond it is no letter.
    room = 1 + round(_ASCENDER * (bottom - top))
    first, end = max(0, top - room), min(len(mask), bottom + room)
    if np.count_nonzero(np.diff(mask[first:end], axis=1)) > _MOST_CROSSINGS * (end - first):
        return []
    boxes = [
        (Rectangle(first + box[0], first + box[1], box[2], box[3], luma), filled)
        for box, filled in components(mask[first:end])
    ]
    boxes = [each for each in boxes if each[0].top > first and each[0].bottom < end]
    aligned = [(box, filled) for box, filled in boxes if abs(box.top - top) <= 1 and abs(box.bottom - bottom) <= 1]
    if len(aligned) < _FEWEST_LETTERS or np.mean([filled for _, filled in aligned]) > _MOST_FILLED:
        return []
    exact = [box for box, _ in aligned if box.top == top and box.bottom == bottom]
    left, right = min(box.left for box, _ in aligned), max(box.right for box, _ in aligned)
    curvature = max(curvature_px(row, right - left, image_size(mask)) for row in (top, bottom))
    if 2 * len(exact) < len(aligned) or curvature < _LEAST_CURVATURE_PX:
        return []
    margin = bottom - top
    return [
        box
        for box, _ in boxes
        if left - margin <= box.left and box.right <= right + margin and box.top < bottom and top < box.bottom
    ]


def components(mask: np.ndarray) -> list[tuple[tuple[int, int, int, int], float]]:
    """Return the connected components of a mask, those that begin in upper rows first.

    Pixels that touch at a corner are connected.

    Args:
        mask: (H, W) bool.

    Returns:
        The bounding box of each (top, bottom, left, right), and the share of it that the component fills.
    """
    stride = mask.shape[1] + 2  # a gap between rows
    padded = np.pad(mask, ((0, 0), (1, 1))).ravel()
    changes = np.flatnonzero(padded[1:] != padded[:-1]) + 1
    first, end = changes[::2], changes[1::2]  # of each run
    if not first.size:
        return []
    component = lowest_connected(len(first), *_touching(first + stride, end + stride, first, end))
    order = np.argsort(component, kind="stable")
    starts = np.flatnonzero(np.diff(component[order], prepend=-1))
    row, left, right = first[order] // stride, first[order] % stride - 1, end[order] % stride - 1
    top, bottom = np.minimum.reduceat(row, starts), np.maximum.reduceat(row, starts) + 1
    area = np.add.reduceat(right - left, starts)
    left, right = np.minimum.reduceat(left, starts), np.maximum.reduceat(right, starts)
    filled = area / ((bottom - top) * (right - left))
    boxes = zip(top.tolist(), bottom.tolist(), left.tolist(), right.tolist(), strict=True)
    return list(zip(boxes, filled.tolist(), strict=True))


def _touching(
    first: np.ndarray, end: np.ndarray, other_first: np.ndarray, other_end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of runs and of other runs that they touch, both sorted and without overlaps."""
    low = np.searchsorted(other_end, first, side="left")
    counts = np.maximum(np.searchsorted(other_first, end, side="right") - low, 0)
    numbers = np.repeat(np.arange(len(first)), counts)
    within = np.arange(len(numbers)) - np.repeat(np.cumsum(counts) - counts, counts)
    return numbers, low[numbers] + within
