"""Which page of a TIFF is the image: cameras and editors store a preview in front of it.

A page is left out if its directory declares a reduced or a mask (NewSubfileType, tag 254), or if it is smaller than
any panorama. The first page of the rest is the image, unless it shows what the largest one shows: then it is a
preview without that tag.

Source: TIFF 6.0, section 8, "NewSubfileType".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import OpenImageIO

#: Pages that are counted.
_MAXIMUM_PAGES = 1000
#: Columns and rows of the smallest page that is no thumbnail: those of the smallest panorama.
_SMALLEST_PAGE = (64, 32)
#: Bits of NewSubfileType: a reduced image, and a transparency mask.
_REDUCED_OR_MASK = 0b101
#: Greatest difference of the ratios of a preview and its image: the preview's size is rounded.
_SAME_RATIO = 0.02
#: Columns and rows in which a preview is compared, and the greatest mean difference, [0, 1].
_COLUMNS, _ROWS = 16, 8
_ALIKE = 0.04

#: Yields the first row and the samples, (n, W, C), of each band of the page that is selected.
Bands = Callable[[], Iterator[tuple[int, np.ndarray]]]


@dataclass(frozen=True)
class _Page:
    number: int
    width: int
    height: int
    is_image: bool

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def has_ratio_of(self, other: _Page) -> bool:
        return abs(self.width * other.height / (self.height * other.width) - 1.0) <= _SAME_RATIO


def select_page(image: OpenImageIO.ImageInput, bands: Bands) -> tuple[int, int]:
    """Select the page of an open TIFF that is the image.

    Args:
        image: the open file; its page is changed.
        bands: yields the samples of the page that is selected; called for two pages at most.

    Returns:
        How many pages there are, and the number of the one that is selected, from 0.
    """
    pages = _pages(image)
    images = [page for page in pages if page.is_image] or [max(pages, key=lambda page: page.pixels)]
    first, largest = images[0], max(images, key=lambda page: page.pixels)
    chosen = largest if largest.pixels > first.pixels and _is_preview(first, largest, image, bands) else first
    image.seek_subimage(chosen.number, 0)
    return len(pages), chosen.number


def _pages(image: OpenImageIO.ImageInput) -> list[_Page]:
    pages: list[_Page] = []
    while len(pages) < _MAXIMUM_PAGES and image.seek_subimage(len(pages), 0):
        spec = image.spec()
        is_part = spec.get_int_attribute("tiff:subfiletype") & _REDUCED_OR_MASK
        is_large = spec.width >= _SMALLEST_PAGE[0] and spec.height >= _SMALLEST_PAGE[1]
        pages.append(_Page(len(pages), spec.width, spec.height, is_large and not is_part))
    image.geterror()  # of the image after the last one
    return pages


def _is_preview(page: _Page, larger: _Page, image: OpenImageIO.ImageInput, bands: Bands) -> bool:
    if not page.has_ratio_of(larger):
        return False
    cells = []
    for each in (page, larger):
        image.seek_subimage(each.number, 0)
        cells.append(_means(each, bands()))
    return float(np.abs(cells[0] - cells[1]).mean()) <= _ALIKE


def _means(page: _Page, bands: Iterator[tuple[int, np.ndarray]]) -> np.ndarray:
    """Return the means of a page's samples over a grid, (8, 16) float64, 1 = full scale."""
    sums, columns = np.zeros((_ROWS, _COLUMNS)), np.arange(_COLUMNS) * page.width // _COLUMNS
    counts = np.zeros((_ROWS, 1))
    for first, samples in bands:
        scale = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1.0
        by_column = np.add.reduceat(samples.mean(axis=-1, dtype=np.float64) / scale, columns, axis=1)
        rows = np.arange(first, first + len(samples)) * _ROWS // page.height
        np.add.at(sums, rows, by_column / np.diff(columns, append=page.width))
        np.add.at(counts, rows, 1.0)
    return sums / counts
