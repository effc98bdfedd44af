"""Flat areas of an image that were painted rather than photographed: bars, margins, nadir patches, labels, letters.

Such an area has one bright colour, but it emits no light. It is found by evidence that a photographed light does not
give (:mod:`.painted_shapes`, :mod:`.painted_nadir`, :mod:`.painted_letters`). The result of a conversion is the image
itself there, and everything that is measured of the image has a mid-grey in its place.

In a single image, a flat bright rectangle may be a window or a lamp. So only bars on opposite sides that are alike and
printed paper (:mod:`.printed_paper`) count there.

Areas are found in at most :data:`SAMPLED_ROWS` rows of single pixels, so that the search takes little memory at any
size. Their edges are then located in the image's own pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lanet_core.colour import linear_to_srgb
from lanet_core.reconstruction.painted_letters import find_letters
from lanet_core.reconstruction.painted_nadir import find_nadir_patch
from lanet_core.reconstruction.painted_shapes import TOLERANCE, Rectangle, find_bars, find_labels, near, pairs_of_bars
from lanet_core.reconstruction.printed_paper import find_papers

#: Greatest number of rows in which areas are searched for.
SAMPLED_ROWS = 1024
_BAND_ROWS = 64
#: Linear light that replaces painted pixels: a middle grey, sRGB code 124.
MID_GREY = 0.2016

#: Returns some rows of an image, (n, W, 3) float32, linear Rec.709, [0, 1].
LinearRows = Callable[[int, int], np.ndarray]

#: Weights of R, G and B in luma (ITU-R BT.601), as in JPEG.
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_ENCODED_LEVELS = 1 << 14
_CODES = (linear_to_srgb(np.arange(_ENCODED_LEVELS + 1) / _ENCODED_LEVELS) * 255.0).astype(np.float32)
#: Share of the pixels on one side of an edge that must have the area's colour, and greatest share on the other.
_INSIDE_SHARE, _OUTSIDE_SHARE = 0.9, 0.7


@dataclass(frozen=True)
class PaintedAreas:
    """The painted areas of an image.

    Attributes:
        height: rows of the image.
        width: its columns.
        rectangles: areas of which every pixel is painted.
        letters: areas in which pixels near the area's luma are painted.
        papers: the same, of printed paper.
        patches: the same, of a patch at the nadir.
    """

    height: int
    width: int
    rectangles: tuple[Rectangle, ...] = ()
    letters: tuple[Rectangle, ...] = ()
    papers: tuple[Rectangle, ...] = ()
    patches: tuple[Rectangle, ...] = ()

    def mask(self, rgb_linear: np.ndarray, first_row: int) -> np.ndarray | None:
        """Return which pixels of a band are painted, (n, W) bool; None if none are.

        Args:
            rgb_linear: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the image that the band begins with.
        """
        painted = None
        for number, area in enumerate((*self.rectangles, *self.letters, *self.papers, *self.patches)):
            top, bottom = max(area.top - first_row, 0), min(area.bottom - first_row, len(rgb_linear))
            if top >= bottom:
                continue
            if painted is None:
                painted = np.zeros(rgb_linear.shape[:2], dtype=bool)
            part = (slice(top, bottom), slice(area.left, area.right))
            is_whole = number < len(self.rectangles)
            painted[part] |= True if is_whole else near(luma_codes(rgb_linear[part]), area.luma)
        return painted

    def neutral(self, rgb_linear: np.ndarray, first_row: int) -> np.ndarray:
        """Return a band with mid-grey in place of painted pixels; the band itself if none are painted."""
        painted = self.mask(rgb_linear, first_row)
        if painted is None:
            return rgb_linear
        return np.where(painted[..., None], np.float32(MID_GREY), rgb_linear)

    def restore(self, hdr: np.ndarray, rgb_linear: np.ndarray, first_row: int) -> None:
        """Set painted pixels of a result, (n, W, 3), to those of the image, in place."""
        painted = self.mask(rgb_linear, first_row)
        if painted is not None:
            hdr[painted] = rgb_linear[painted]

    def warnings(self) -> tuple[str, ...]:
        """Return one sentence for each kind of area."""
        left = "as in the image: they emit no light."
        texts = []
        bars = [area for area in self.rectangles if (area.left, area.right) == (0, self.width)]
        sides = [area for area in self.rectangles if area not in bars and (area.top, area.bottom) == (0, self.height)]
        labels = [area for area in self.rectangles if area not in bars and area not in sides]
        for bar in bars:
            side = "top" if bar.top == 0 else "bottom"
            texts.append(f"The {bar.bottom - bar.top} flat bright rows at the {side} remain {left}")
        for bar in sides:
            side = "left" if bar.left == 0 else "right"
            texts.append(f"The {bar.right - bar.left} flat bright columns on the {side} remain {left}")
        for label in labels:
            size = f"{label.right - label.left}x{label.bottom - label.top}"
            texts.append(
                f"The flat label of {size} pixels at column {label.left}, row {label.top} remains as in the image: "
                "it emits no light."
            )
        if self.letters:
            texts.append(f"Flat bright letters in rows {_row_range(self.letters)} remain {left}")
        if self.patches:
            texts.append(
                f"The flat bright patch at the nadir, in rows {_row_range(self.patches)}, remains as in the image: "
                "it emits no light."
            )
        if self.papers:
            texts.append(f"Printed paper in rows {_row_range(self.papers)} remains as in the image: it emits no light.")
        return tuple(texts)


def _row_range(areas: tuple[Rectangle, ...]) -> str:
    return f"{min(area.top for area in areas)} to {max(area.bottom for area in areas) - 1}"


def luma_codes(rgb_linear: np.ndarray) -> np.ndarray:
    """Return the luma of pixels, (...) float32, as 8-bit sRGB code; linear Rec.709 (..., 3), [0, 1]."""
    levels = (rgb_linear * np.float32(_ENCODED_LEVELS) + np.float32(0.5)).astype(np.int32)
    return _CODES[levels] @ _LUMA


def find_painted_areas(height: int, width: int, linear_rows: LinearRows) -> PaintedAreas:
    """Find the painted areas of a panorama.

    Args:
        height: rows.
        width: columns.
        linear_rows: returns rows from one up to, and without, another.
    """
    step, luma = _sampled_luma(height, linear_rows)
    bars = find_bars(luma)
    areas = [*bars, *find_labels(luma, bars)]
    patch = find_nadir_patch(luma, areas)
    patches = [] if patch is None else [patch]
    letters = find_letters(luma, areas)
    if step > 1:
        edges = _Edges(height, width, linear_rows, step)
        areas = [exact for area in areas if (exact := edges.located(area)) is not None]
        letters, patches = ([edges.enlarged(area) for area in each] for each in (letters, patches))
    return PaintedAreas(height, width, tuple(areas), tuple(letters), patches=tuple(patches))


def find_painted_areas_of_image(height: int, width: int, linear_rows: LinearRows) -> PaintedAreas:
    """Find the painted areas of a single image; arguments as of :func:`find_painted_areas`."""
    step, luma = _sampled_luma(height, linear_rows)
    bars, papers = pairs_of_bars(luma), find_papers(luma)
    if step > 1:
        edges = _Edges(height, width, linear_rows, step)
        bars = [exact for bar in bars if (exact := edges.located(bar)) is not None]
        papers = [edges.enlarged(paper) for paper in papers]
    return PaintedAreas(height, width, tuple(bars), papers=tuple(papers))


def _sampled_luma(height: int, linear_rows: LinearRows) -> tuple[int, np.ndarray]:
    """Return every how many rows and columns an image is searched, and its luma there, (h, w) float32."""
    step = max(1, -(-height // SAMPLED_ROWS))
    if step == 1:
        bands = range(0, height, _BAND_ROWS)
        bands = [luma_codes(linear_rows(row, min(row + _BAND_ROWS, height))) for row in bands]
        return step, np.concatenate(bands)
    # Reading single rows of a compressed or resampled source is as fast as its rows are.
    return step, np.stack([luma_codes(linear_rows(row, row + 1)[0, ::step]) for row in range(0, height, step)])


@dataclass(frozen=True)
class _Edges:
    """Locates the edges of sampled areas in the image's own pixels."""

    height: int
    width: int
    linear_rows: LinearRows
    step: int

    def enlarged(self, area: Rectangle) -> Rectangle:
        """Return the area in the image's pixels with a margin of a sample."""
        step = self.step
        return Rectangle(
            max(0, (area.top - 1) * step + 1),
            min(self.height, area.bottom * step),
            max(0, (area.left - 1) * step + 1),
            min(self.width, area.right * step),
            area.luma,
        )

    def located(self, area: Rectangle) -> Rectangle | None:
        """Return the area in the image's pixels, None if one of its edges is not sharp."""
        outer = self.enlarged(area)
        # Sampled pixels of the area, which surely are part of it.
        columns = slice(area.left * self.step, min(self.width, (area.right - 1) * self.step + 1))
        rows = range(area.top * self.step, min(self.height, (area.bottom - 1) * self.step + 1), self.step)
        top = self._edge(outer.top, rows[0], columns, area.luma)
        bottom = self._edge(outer.bottom - 1, rows[-1], columns, area.luma)
        side_rows = np.stack([luma_codes(self.linear_rows(row, row + 1)[0]) for row in rows])
        left = _sharp_edge(_share(side_rows[:, outer.left : columns.start + 1][:, ::-1].T, area.luma))
        right = _sharp_edge(_share(side_rows[:, columns.stop - 1 : outer.right].T, area.luma))
        if outer.left == 0 and left is None:
            left = columns.start + 1
        if top is None or bottom is None or left is None or right is None:
            return None
        return replace(
            area,
            top=rows[0] + 1 - top,
            bottom=rows[-1] + bottom,
            left=columns.start + 1 - left,
            right=columns.stop - 1 + right,
        )

    def _edge(self, outside: int, inside: int, columns: slice, luma: float) -> int | None:
        """Return how many rows from one inside an area on, towards another, belong to it."""
        first, last = min(outside, inside), max(outside, inside)
        shares = _share(luma_codes(self.linear_rows(first, last + 1)[:, columns]), luma)
        return _sharp_edge(shares if inside == first else shares[::-1])


def _share(luma: np.ndarray, level: float) -> np.ndarray:
    """Return the share of each row that has a colour."""
    return near(luma, level).mean(axis=1)


def _sharp_edge(shares: np.ndarray) -> int | None:
    """Return how many of the first lines belong to an area; None if the shares of its colour do not drop at one line.

    An area that continues to the last line, the image's edge, has all of them.
    """
    outside = np.flatnonzero(shares <= _OUTSIDE_SHARE)
    count = int(outside[0]) if outside.size else len(shares)
    return count if count and (shares[:count] >= _INSIDE_SHARE).all() else None


__all__ = ["MID_GREY", "TOLERANCE", "PaintedAreas", "Rectangle", "find_painted_areas", "find_painted_areas_of_image"]
