"""A painted patch at the nadir of a panorama whose edge is no row: a square, a polygon, or a disc next to the nadir.

People hide the tripod behind a patch, often painted in the lower face of a cube map. Such a patch has one bright colour
around the nadir, where it may have a mark, and ends at a sharp edge. What a camera shows of bright ground there emits
no light either, and it seldom ends so sharply. Patches whose edge is a row are bars (:mod:`.painted_shapes`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lanet_core.reconstruction.painted_shapes import FLAT, TOLERANCE, Rectangle, flat_levels, near

#: Fewest rows of a patch below any point of its edge; most rows below half of its edge, and anywhere, as shares of the
#: height: 40° and 60°.
_FEWEST_ROWS, _USUAL_ROWS, _MOST_ROWS = 3, 0.22, 1.0 / 3.0
#: Share of the height in whose last rows the colour of a patch is searched for.
_COLOUR_ROWS = 1.0 / 7.0
#: Least share of the patch that is flat, and of each column of it that is no letter or ring; greatest share of a column
#: that is another mark at the nadir.
_FLAT_SHARE, _COLUMN_SHARE, _MARK_SHARE = 0.6, 0.6, 0.75
#: Least share of the edge at which the luma falls by more than compression makes, within two pixels; and of the edge
#: that moves by at most so many rows from one column to the next: the border of clipped ground is ragged.
_SHARP_SHARE, _SMOOTH_SHARE, _SMOOTH_ROWS = 0.7, 0.95, 2
#: Least width of a piece of the edge, as a share of the panorama's.
_PIECE = 1.0 / 32.0


def find_nadir_patch(luma: np.ndarray, areas: Sequence[Rectangle] = ()) -> Rectangle | None:
    """Return the bounding box of a patch at the nadir; the pixels near the box's luma are the patch.

    Args:
        luma: (H, W) float32, 8-bit sRGB codes.
        areas: painted areas; none is searched for where one reaches the last row.
    """
    height = len(luma)
    if any(area.bottom == height for area in areas):
        return None
    for level in flat_levels(luma[-max(2, round(_COLOUR_ROWS * height)) :]):
        rows = _rows_of_patch(luma, level)
        if rows:
            return Rectangle(height - rows, height, 0, luma.shape[1], level)
    return None


def _rows_of_patch(luma: np.ndarray, level: float) -> int:
    """Return how many of the last rows have pixels of a patch of a colour, 0 if there is none."""
    height, width = luma.shape
    upwards = luma[: -2 - int(_MOST_ROWS * height) : -1]
    is_patch = near(upwards, level)
    counts = np.arange(1, len(upwards) + 1)[:, None]
    mark = is_patch.argmax(axis=0)
    belongs = is_patch & (np.cumsum(is_patch, axis=0) >= _COLUMN_SHARE * (counts - mark))
    rows = np.where(belongs, counts, 0).max(axis=0)
    rows[mark > _MARK_SHARE * rows] = 0
    beyond = upwards[np.minimum(rows + 1, len(upwards) - 1), np.arange(width)]
    is_sharp = beyond < level - TOLERANCE  # behind the rest is something as bright
    is_smooth = np.abs(np.diff(rows, append=rows[:1])) <= _SMOOTH_ROWS
    if rows.min() < _FEWEST_ROWS or is_sharp.mean() < _SHARP_SHARE or is_smooth.mean() < _SMOOTH_SHARE:
        return 0
    is_flat = np.abs(upwards[:, is_sharp] - np.float32(level)) <= FLAT
    if np.median(rows[is_sharp]) > _USUAL_ROWS * height or is_flat[counts <= rows[is_sharp]].mean() < _FLAT_SHARE:
        return 0
    pieces = np.split(np.arange(width), np.flatnonzero(~is_smooth) + 1)
    edge = [piece for piece in pieces if len(piece) >= _PIECE * width and is_sharp[piece].mean() >= _SHARP_SHARE]
    return int(max((rows[piece].max() for piece in edge), default=0))
