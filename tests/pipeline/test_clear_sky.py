"""A clear sky of Cycles: the sun's light is added regardless of the image's size, with and without glare."""

from __future__ import annotations

import numpy as np
import pytest
from clear_skies import ClearSky, render_clear_skies

from lanet_core.calibration import calibration_scale
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR, Camera, photograph_panorama
from lanet_core.geometry import sphere
from lanet_core.pipeline.panorama_converter import load_converter

pytest.importorskip("bpy")

#: Rows of the panoramas by the sun's elevation in degrees; each size takes as long as the smaller ones together.
HEIGHTS = {20.0: (512, 1024, 2048), 45.0: (512, 1024, 2048, 4096), 70.0: (512, 1024, 2048), 87.0: (512, 1024)}
HEIGHTS_WITH_GLARE = (512, 2048)
#: Greatest error in stops, and at the zenith.
LIMIT, LIMIT_AT_ZENITH = 1.0, 1.6


@pytest.fixture(scope="module")
def converter():
    return load_converter(provider="cpu")


@pytest.fixture(scope="module")
def skies(tmp_path_factory) -> dict[float, ClearSky]:
    return render_clear_skies(HEIGHTS, tmp_path_factory.mktemp("skies"))


def light_from_above(panorama: np.ndarray) -> float:
    """Return the irradiance of a level surface, mean of the channels."""
    height, width = panorama.shape[:2]
    cosines = np.maximum(np.cos(sphere.zenith_angles_rad(height)), 0.0)
    rows = panorama.sum(axis=1, dtype=np.float64).mean(axis=-1)
    return float((rows * cosines * sphere.pixel_solid_angles_sr(height, width)).sum())


@pytest.mark.parametrize("glare", [False, True], ids=["clean", "glare"])
@pytest.mark.parametrize("elevation_deg", HEIGHTS)
def test_the_sun_gets_its_light_at_every_size(converter, skies, elevation_deg, glare):
    sky = skies[elevation_deg]
    missing = []
    for height in HEIGHTS_WITH_GLARE if glare else HEIGHTS[elevation_deg]:
        hdr = sky.panorama(height, glare=glare)
        photograph = photograph_panorama(hdr, Camera())
        ldr_linear = SRGB8_TO_LINEAR[photograph]
        truth = calibration_scale(ldr_linear, hdr) * light_from_above(hdr)
        before = np.log2(light_from_above(ldr_linear) / truth)
        del ldr_linear, hdr
        missing.append(np.log2(light_from_above(converter.convert(photograph).hdr) / truth))
        assert before < -2.0
    assert np.ptp(missing) < 0.1
    is_at_zenith = sky.sun.direction[2] > np.sin(np.radians(75.0))
    assert np.abs(missing).max() < (LIMIT_AT_ZENITH if is_at_zenith else LIMIT)
