"""A painted patch at the nadir of a panorama whose edge is no row: a square, a polygon, or a disc next to the nadir.

People hide the tripod behind a patch, often painted in the lower face of a cube map. Such a patch has one bright colour
and surrounds the nadir, and it ends at a sharp edge. What a camera shows of bright ground there emits no light either,
and it seldom ends so sharply. Patches whose edge is a row are bars (:mod:`.painted_shapes`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lanet_core.reconstruction.painted_shapes import FLAT, LEAST_LUMA, TOLERANCE, Rectangle, near, same

#: Fewest rows of a patch below any point of its edge; most rows below half of its edge, and anywhere, as shares of the
#: height: 40° and 60°.
_FEWEST_ROWS, _USUAL_ROWS, _MOST_ROWS = 3, 0.22, 1.0 / 3.0
#: Greatest number of rows below any point of the edge, against those below half of it.
_UNEVEN = 1.6
#: Least share of the last row that has the patch's colour, of the patch that is flat, and of each column of it that is
#: no letter or ring.
_POLE_SHARE, _FLAT_SHARE, _COLUMN_SHARE = 0.94, 0.7, 0.6
#: Least share of the edge at which the luma falls by more than compression makes, within two pixels; and of the edge
#: that moves by at most so many rows from one column to the next: the border of clipped ground is ragged.
_SHARP_SHARE, _SMOOTH_SHARE, _SMOOTH_ROWS = 0.7, 0.95, 2


def find_nadir_patch(luma: np.ndarray, areas: Sequence[Rectangle] = ()) -> Rectangle | None:
    """Return the bounding box of a patch at the nadir; the pixels near the box's luma are the patch.

    Args:
        luma: (H, W) float32, 8-bit sRGB codes.
        areas: painted areas; none is searched for where one reaches the last row.
    """
    height, width = luma.shape
    if any(area.bottom == height for area in areas):
        return None
    level = float(np.median(luma[-2:]))
    if level < LEAST_LUMA or same(luma[-1], level).mean() < _POLE_SHARE:
        return None
    upwards = luma[: -2 - int(_MOST_ROWS * height) : -1]
    is_patch = near(upwards, level)
    counts = np.arange(1, len(upwards) + 1)[:, None]
    belongs = is_patch & (np.cumsum(is_patch, axis=0) >= _COLUMN_SHARE * counts)
    rows = np.where(belongs, counts, 0).max(axis=0)
    beyond = upwards[np.minimum(rows + 1, len(upwards) - 1), np.arange(width)]
    is_sharp = beyond < level - TOLERANCE  # behind the rest is something as bright
    is_smooth = np.abs(np.diff(rows, append=rows[:1])) <= _SMOOTH_ROWS
    if rows.min() < _FEWEST_ROWS or is_sharp.mean() < _SHARP_SHARE or is_smooth.mean() < _SMOOTH_SHARE:
        return None
    usual = float(np.median(rows[is_sharp]))
    is_flat = np.abs(upwards[:, is_sharp] - np.float32(level)) <= FLAT
    if usual > _USUAL_ROWS * height or is_flat[counts <= rows[is_sharp]].mean() < _FLAT_SHARE:
        return None
    most = int(min(rows[is_sharp].max(), _UNEVEN * usual))
    return Rectangle(height - most, height, 0, width, level)
