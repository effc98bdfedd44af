"""The main light of a converted panorama: where it is and of which colour, for reports and for placing a lamp."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.geometry.bands import BandDownsampler
from lanet_core.metrics.brightest_light import CAP_RADIUS_RAD, MEASURING_SIZE, MINIMUM_HEIGHT, find_brightest_light


@dataclass(frozen=True)
class MainLight:
    """A panorama's main light.

    Attributes:
        azimuth_deg: from the image's middle, to its right positive, (-180, 180].
        elevation_deg: above the horizon, [-90, 90].
        rgb: mean radiance within 10° of it, linear Rec.709, the largest channel 1.
        stands_out: whether there is one main light; otherwise its direction means little.
    """

    azimuth_deg: float
    elevation_deg: float
    rgb: tuple[float, float, float]
    stands_out: bool


class MainLightFinder:
    """Finds the main light of a panorama that is made band by band.

    Args:
        size: rows and columns.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._small = BandDownsampler(size, tuple(np.minimum(size, MEASURING_SIZE).tolist()), channels=3)

    def add(self, band: np.ndarray, first_row: int) -> None:
        """Take note of a band, (n, W, 3) float32, linear Rec.709; every row is to be given once."""
        self._small.add(band, first_row)

    def result(self) -> MainLight | None:
        """Return the light; None in a black panorama, or one of less than 16 rows."""
        panorama = self._small.result
        if len(panorama) < MINIMUM_HEIGHT:
            return None
        light = find_brightest_light(panorama)
        if not light.energy > 0.0:
            return None
        height, width = panorama.shape[:2]
        cap = sphere.pixel_directions(height, width) @ light.direction >= np.cos(CAP_RADIUS_RAD)
        areas = np.broadcast_to(sphere.pixel_solid_angles_sr(height, width)[:, None], cap.shape)
        rgb = areas[cap] @ panorama[cap].astype(np.float64)
        x, y, z = light.direction
        return MainLight(
            azimuth_deg=round(float(-np.degrees(np.arctan2(y, x))), 2) + 0.0,
            elevation_deg=round(float(np.degrees(np.arcsin(np.clip(z, -1.0, 1.0)))), 2),
            rgb=tuple(round(channel, 4) for channel in (rgb / rgb.max()).tolist()),
            stands_out=light.stands_out,
        )
