"""The main light of a panorama: its direction and colour, band by band."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry import sphere
from lanet_core.pipeline.main_light import MainLightFinder


def panorama(azimuth_deg: float, elevation_deg: float, height: int = 128) -> np.ndarray:
    """Return a dim sphere with a sun; azimuth to the right of the middle."""
    azimuth, elevation = np.radians([-azimuth_deg, elevation_deg])
    towards = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    angle = np.arccos(np.clip(sphere.pixel_directions(height, 2 * height) @ towards, -1, 1))
    return (0.1 + 500.0 * np.exp(-((angle / 0.05) ** 2))[..., None] * [1.0, 0.8, 0.5]).astype(np.float32)


def found(hdr: np.ndarray, band: int = 17):
    finder = MainLightFinder(hdr.shape[:2])
    for first in range(0, len(hdr), band):
        finder.add(hdr[first : first + band], first)
    return finder.result()


@pytest.mark.parametrize(("azimuth_deg", "elevation_deg"), [(0, 10), (90, 45), (-120, -30), (179, 5), (20, 85)])
def test_direction_and_colour(azimuth_deg, elevation_deg):
    light = found(panorama(azimuth_deg, elevation_deg))
    off = np.abs((light.azimuth_deg - azimuth_deg + 180) % 360 - 180) * np.cos(np.radians(elevation_deg))
    assert off < 0.5
    assert light.elevation_deg == pytest.approx(elevation_deg, abs=0.5)
    assert light.rgb == pytest.approx((1.0, 0.8, 0.5), abs=0.01)
    assert light.stands_out


def test_right_of_the_middle_is_positive():
    hdr = np.full((64, 128, 3), 0.1, np.float32)
    hdr[28:32, 94:98] = 50.0
    assert found(hdr).azimuth_deg == pytest.approx(90.0, abs=1.5)


def test_an_even_sphere_has_no_light_that_stands_out():
    assert not found(np.full((64, 128, 3), 0.5, np.float32)).stands_out


def test_a_black_panorama_has_none():
    assert found(np.zeros((64, 128, 3), np.float32)) is None
