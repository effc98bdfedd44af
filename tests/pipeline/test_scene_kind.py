"""Kinds of light, on panoramas that are made up and on those that the repository contains."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry import sphere
from lanet_core.pipeline.scene_kind import KINDS, scene_kind

SIZE = (128, 256)
DIRECTIONS = sphere.pixel_directions(*SIZE)
ELEVATIONS = np.degrees(np.arcsin(DIRECTIONS[..., 2]))


def direction(azimuth_deg: float, elevation_deg: float) -> np.ndarray:
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def panorama(sky: tuple, ground: tuple, *lights: tuple[float, float, float, float]) -> np.ndarray:
    """Return a sky over a ground with lights: azimuth and elevation in degrees, radius in degrees, radiance."""
    image = np.where(ELEVATIONS[..., None] > 0.0, np.float32(sky), np.float32(ground))
    for azimuth, elevation, radius, radiance in lights:
        image[DIRECTIONS @ direction(azimuth, elevation) > np.cos(np.radians(radius))] = radiance
    return image.astype(np.float32)


SCENES = {
    "sun": panorama((0.2, 0.4, 0.9), (0.2, 0.2, 0.2), (40.0, 50.0, 1.2, 3000.0)),
    "overcast": panorama((2.0, 2.2, 2.4), (0.4, 0.4, 0.4)),
    "night": panorama((0.002, 0.003, 0.006), (0.02, 0.02, 0.02), *((60.0 * i, 15.0, 1.5, 60.0) for i in range(5))),
    "studio": panorama((0.5, 0.45, 0.4), (0.3, 0.3, 0.3), (20.0, 30.0, 5.0, 60.0), (-60.0, 30.0, 5.0, 40.0)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_of_each_kind(kind):
    assert scene_kind(SCENES[kind]) == kind


@pytest.mark.parametrize("kind", KINDS)
def test_exposure_rotation_and_size_change_nothing(kind):
    image = SCENES[kind]
    assert scene_kind(image * np.float32(8.0)) == kind
    assert scene_kind(np.roll(image, 77, axis=1)) == kind
    assert scene_kind(sphere.upsample_bilinear(image, 384, 768)) == kind


def test_a_clear_sky_without_a_sun_and_black_have_no_kind():
    assert scene_kind(panorama((0.2, 0.4, 0.9), (0.05, 0.05, 0.05))) is None
    assert scene_kind(np.zeros((*SIZE, 3), np.float32)) is None
