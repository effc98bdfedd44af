"""Flat resizing: against Pillow's, and what it keeps."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lanet_core.geometry import plane


def pillow(image: np.ndarray, size: tuple[int, int], method: Image.Resampling) -> np.ndarray:
    resized = [np.asarray(Image.fromarray(image[..., channel]).resize(size[::-1], method)) for channel in range(2)]
    return np.stack(resized, axis=-1)


@pytest.fixture
def image():
    return np.random.default_rng(3).random((37, 50, 2), dtype=np.float32)


@pytest.mark.parametrize("size", [(37, 50), (12, 25), (1, 1), (36, 7)])
def test_shrinking_is_a_mean_over_areas(image, size):
    # Every pixel is split until whole parts make up each of the new ones.
    parts = image.astype(np.float64).repeat(size[0], axis=0).repeat(size[1], axis=1)
    expected = parts.reshape(size[0], 37, size[1], 50, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(plane.shrink(image, size), expected, rtol=1e-5)


@pytest.mark.parametrize("size", [(37, 50), (74, 150), (100, 101)])
def test_enlarging_is_bilinear(image, size):
    expected = pillow(image, size, Image.Resampling.BILINEAR)
    enlarged = plane.enlarge(image, size)
    np.testing.assert_allclose(enlarged, expected, atol=1e-5)
    padded = plane.padded(image)
    np.testing.assert_array_equal(plane.enlarged_rows(padded, size, 5, 11), enlarged[5:11])


def test_a_neighbourhood_ends_at_the_edges():
    image = np.arange(1.0, 7.0, dtype=np.float32).reshape(2, 3, 1)
    sums = plane.neighbourhood(image).sum(axis=0)[..., 0]
    np.testing.assert_array_equal(sums, [[12.0, 21.0, 16.0], [12.0, 21.0, 16.0]])
    np.testing.assert_array_equal(plane.neighbourhood(image)[4], image)
