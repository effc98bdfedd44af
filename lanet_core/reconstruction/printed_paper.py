"""Printed paper in a photograph: a white surface with lines of dark text, which emits no light.

A mark is a dark component inside a white one: a letter, or several that touch. Marks of about one height that follow
one another at distances of letters and words are a line of text. A white component with several lines, which have most
of its marks, is paper. Foliage in front of a sky has marks of all sizes, and the bars of a window reach its edges.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lanet_core.reconstruction.painted_letters import components
from lanet_core.reconstruction.painted_shapes import Rectangle, flat_levels, near

#: Smallest sheet as a share of the image.
_SMALLEST_SHEET = 0.005
#: Smallest height of a mark in pixels, and largest as a share of the sheet's.
_SMALLEST_PX, _LARGEST_SHARE = 3, 0.1
#: Between two marks of a line: greatest distance, greatest step of the middle (both in heights), and ratio of heights.
_GAP, _STEP, _RATIO = 1.6, 0.5, 1.8
_FEWEST_MARKS = 5
#: Least length of a line in heights of its marks.
_LEAST_LENGTH = 6.0
_FEWEST_LINES = 3
#: Least share of a sheet's marks that is in lines.
_TEXT_SHARE = 0.5
#: More changes from white to dark are the texture of a surface.
_MOST_CHANGES = 200_000

_Box = tuple[int, int, int, int]


def find_papers(luma: np.ndarray) -> list[Rectangle]:
    """Return the bounding boxes of sheets of paper; the pixels near the box's luma are the paper.

    Args:
        luma: (H, W) float32, 8-bit sRGB codes.
    """
    papers: list[Rectangle] = []
    for level in flat_levels(luma):
        white = near(luma, level)
        if np.count_nonzero(white[:, 1:] != white[:, :-1]) > _MOST_CHANGES:
            continue
        sheets = [box for box, filled in components(white) if filled * _area(box) >= _SMALLEST_SHEET * luma.size]
        marks = [box for box, _ in components(~white)] if sheets else []
        for sheet in sheets:
            is_new = not any(_overlap(sheet, paper) for paper in papers)
            if is_new and _is_printed(sheet, marks):
                papers.append(Rectangle(*sheet, level))
    return papers


def _overlap(box: _Box, paper: Rectangle) -> bool:
    top, bottom, left, right = box
    return top < paper.bottom and paper.top < bottom and left < paper.right and paper.left < right


def _area(box: _Box) -> int:
    top, bottom, left, right = box
    return (bottom - top) * (right - left)


def _is_printed(sheet: _Box, marks: Sequence[_Box]) -> bool:
    top, bottom, left, right = sheet
    highest = max(_SMALLEST_PX, _LARGEST_SHARE * (bottom - top))
    own = [
        mark
        for mark in marks
        if top < mark[0] and mark[1] < bottom and left < mark[2] and mark[3] < right
        if _SMALLEST_PX <= mark[1] - mark[0] <= highest
    ]
    lines = _lines(own)
    return len(lines) >= _FEWEST_LINES and sum(map(len, lines)) >= _TEXT_SHARE * len(own)


def _lines(marks: Sequence[_Box]) -> list[list[_Box]]:
    """Return the lines of text among marks."""
    marks = sorted(marks, key=lambda mark: mark[2])
    followers = np.array([[mark[2], mark[0] + mark[1], mark[1] - mark[0]] for mark in marks], dtype=float)
    is_free = np.ones(len(marks), dtype=bool)
    lines = []
    for number in range(len(marks)):
        line = []
        following: int | None = number if is_free[number] else None
        while following is not None:
            line.append(marks[following])
            is_free[following] = False
            following = _follower(marks[following], followers, is_free)
        if len(line) >= _FEWEST_MARKS and _length(line) >= _LEAST_LENGTH:
            lines.append(line)
    return lines


def _follower(mark: _Box, followers: np.ndarray, is_free: np.ndarray) -> int | None:
    """Return the number of the nearest mark that continues a line, None if there is none."""
    top, bottom, _, right = mark
    height = bottom - top
    gaps, heights = followers[:, 0] - right, followers[:, 2]
    continues = (
        is_free
        & (gaps >= -1)
        & (gaps <= _GAP * np.maximum(height, heights))
        & (np.abs(followers[:, 1] - top - bottom) <= 2.0 * _STEP * np.minimum(height, heights))
        & (np.maximum(height, heights) <= _RATIO * np.minimum(height, heights))
    )
    found = np.flatnonzero(continues)
    return int(found[gaps[found].argmin()]) if found.size else None


def _length(line: Sequence[_Box]) -> float:
    height = float(np.median([mark[1] - mark[0] for mark in line]))
    return (line[-1][3] - line[0][2]) / height
