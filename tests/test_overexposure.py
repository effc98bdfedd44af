"""Over-exposure against the white level: exactly none in well-exposed pixels, and clipped single channels."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.overexposure import CHANNEL_THRESHOLD, overexposure, relative_to_white


def grey(*levels: float) -> np.ndarray:
    return np.repeat(np.array(levels, np.float32)[:, None], 3, axis=1)


def test_it_is_the_cube_of_the_ramp():
    half = (1.0 + OVEREXPOSURE_THRESHOLD) / 2.0
    result = overexposure(grey(0.0, OVEREXPOSURE_THRESHOLD, half, 1.0))
    np.testing.assert_allclose(result, [0.0, 0.0, 0.125, 1.0], atol=1e-5)
    assert result[0] == result[1] == 0.0


def test_a_channel_that_is_clipped_by_itself_counts():
    colours = np.array([[1.0, 0.3, 0.1], [CHANNEL_THRESHOLD, 0.3, 0.1], [0.98, 0.3, 0.1]], np.float32)
    np.testing.assert_allclose(overexposure(colours), [1.0, 0.0, 0.125], atol=1e-3)


@pytest.mark.parametrize("white", [(0.8, 0.8, 0.8), (1.0, 0.9, 0.7)])
def test_an_image_relative_to_its_white(white):
    white = np.array(white, np.float32)
    image = np.random.default_rng(0).random((4, 8, 3)).astype(np.float32)
    relative = relative_to_white(image, white)
    np.testing.assert_allclose(relative, np.minimum(image / white, 1.0), rtol=1e-6)
    assert float(overexposure(relative_to_white(white[None], white))[0]) == pytest.approx(1.0)


def test_an_image_that_is_clipped_at_the_ceiling_stays_as_it_is():
    image = np.random.default_rng(0).random((4, 8, 3)).astype(np.float32)
    assert relative_to_white(image, np.ones(3, np.float32)) is image
