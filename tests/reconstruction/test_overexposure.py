"""Over-exposure against the white level: exactly none in well-exposed pixels, and clipped single channels."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.colour import srgb_to_linear
from lanet_core.reconstruction.overexposure import CHANNEL_THRESHOLD, SATURATION, overexposure, relative_to_white
from lanet_core.reconstruction.white_level import WhiteLevel


def grey(*levels: float) -> np.ndarray:
    return np.repeat(np.array(levels, np.float32)[:, None], 3, axis=1)


def test_it_is_the_cube_of_the_ramp():
    half = (SATURATION + OVEREXPOSURE_THRESHOLD) / 2.0
    result = overexposure(grey(0.0, OVEREXPOSURE_THRESHOLD, half, SATURATION, 1.0))
    np.testing.assert_allclose(result, [0.0, 0.0, 0.125, 1.0, 1.0], atol=1e-5)
    assert result[0] == result[1] == 0.0


def test_a_channel_that_is_clipped_by_itself_counts():
    colours = np.array(
        [[1.0, 0.3, 0.1], [CHANNEL_THRESHOLD, 0.3, 0.1], [(CHANNEL_THRESHOLD + SATURATION) / 2.0, 0.3, 0.1]], np.float32
    )
    np.testing.assert_allclose(overexposure(colours), [1.0, 0.0, 0.125], atol=1e-3)


@pytest.mark.parametrize("rgb", [(0.8, 0.8, 0.8), (1.0, 0.9, 0.7)])
def test_an_image_relative_to_its_white(rgb):
    white = WhiteLevel(rgb, shoulder="hard")
    image = np.random.default_rng(0).random((4, 8, 3)).astype(np.float32)
    relative = relative_to_white(image, white)
    np.testing.assert_allclose(relative, np.minimum(image / srgb_to_linear(np.array(rgb)), 1.0), rtol=1e-5)
    assert float(overexposure(relative_to_white(white.linear[None], white))[0]) == pytest.approx(1.0)


def test_a_lifted_black_is_stretched_to_black():
    encoded = np.array([16.0, 125.5, 235.0], np.float32) / 255.0
    image = srgb_to_linear(np.repeat(encoded[:, None], 3, axis=1))
    relative = relative_to_white(image, WhiteLevel((235.0 / 255.0,) * 3, 16.0 / 255.0, "hard"))
    np.testing.assert_allclose(relative[:, 0], srgb_to_linear(np.array([0.0, 0.5, 1.0])), atol=1e-5)


def test_an_image_that_is_clipped_at_the_ceiling_stays_as_it_is():
    image = np.random.default_rng(0).random((4, 8, 3)).astype(np.float32)
    assert relative_to_white(image, WhiteLevel(shoulder="hard")) is image
