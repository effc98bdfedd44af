"""How an image is exposed: its white level, and the share of it that is over-exposed.

Both are measured without the painted areas, as a conversion measures them.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.parallel import map_in_order
from lanet_core.pipeline.panorama import Panorama
from lanet_core.reconstruction.overexposure import overexposure, relative_to_white
from lanet_core.reconstruction.painted_areas import PaintedAreas, find_painted_areas
from lanet_core.reconstruction.white_level import BrightColours, WhiteLevel


class Bands(Protocol):
    """An image whose light is made band by band, such as a :class:`lanet_core.pipeline.panorama.Panorama`."""

    def linear_rows(self, first: int, end: int, /) -> np.ndarray:
        """Return the light of some rows: (n, W, 3) float32, linear Rec.709, [0, 1]."""
        ...

    def bands(self) -> list[tuple[int, int]]:
        """Return where each of the bands begins and ends."""
        ...


def estimate_white(
    source: Bands, painted: PaintedAreas, row_weights: np.ndarray, threads: int | None = None
) -> WhiteLevel:
    """Return the white level of an image.

    Args:
        source: the image.
        painted: its painted areas.
        row_weights: (H,) weight of a pixel of each row.
        threads: all cores by default.
    """
    colours = BrightColours()
    bands = source.bands()
    lights = map_in_order(lambda band: painted.neutral(source.linear_rows(*band), band[0]), bands, threads)
    for (first, end), ldr_linear in zip(bands, lights, strict=True):
        colours.add_linear(ldr_linear, row_weights[first:end])
    return colours.white_level()


def clipped_fraction(panorama: Panorama, white: WhiteLevel | None = None) -> float:
    """Return the share of the sphere's solid angle that is over-exposed, [0, 1]; that of a conversion.

    Args:
        panorama: the image.
        white: its white level; estimated by default.
    """
    painted = find_painted_areas(panorama.height, panorama.width, panorama.linear_rows)
    if white is None:
        row_weights = sphere.pixel_solid_angles_sr(panorama.height, panorama.width)
        white = estimate_white(panorama, painted, row_weights)

    def overexposed_of_rows(band: tuple[int, int]) -> np.ndarray:
        rows = painted.neutral(panorama.linear_rows(*band), band[0])
        return (overexposure(relative_to_white(rows, white)) > 0.0).mean(axis=1)

    by_row = list(map_in_order(overexposed_of_rows, panorama.bands()))
    return float(sphere.sphere_mean(np.concatenate(by_row)[:, None]))
