"""Sums over a panorama that comes in bands: those of the whole panorama, and the transpose of enlarging."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry import sphere
from lanet_core.geometry.bands import BandDownsampler, BandGatherer, BandMaximum


def in_bands(sums: BandDownsampler | BandGatherer, panorama: np.ndarray, edges: list[int]) -> np.ndarray:
    for first, end in zip(edges, [*edges[1:], len(panorama)], strict=True):
        sums.add(panorama[first:end], first)
    return sums.result


@pytest.mark.parametrize("new_size", [(13, 26), (16, 30), (50, 100), (49, 72)], ids=str)
@pytest.mark.parametrize("edges", [[0], [0, 1, 2, 30], list(range(50))], ids=["whole", "uneven", "rows"])
def test_bands_are_reduced_as_the_whole_is(new_size, edges):
    panorama = np.random.default_rng(0).random((50, 100, 2), dtype=np.float32)
    reduced = in_bands(BandDownsampler((50, 100), new_size, 2), panorama, edges)
    np.testing.assert_allclose(reduced, sphere.downsample(panorama, *new_size), rtol=1e-5)


@pytest.mark.parametrize("size", [(50, 100), (16, 32), (33, 64), (128, 256)], ids=str)
def test_gathering_is_the_transpose_of_enlarging(size):
    rng = np.random.default_rng(1)
    mask, small = rng.random((*size, 1), dtype=np.float32), rng.random((16, 32, 1), dtype=np.float32)
    gathered = in_bands(BandGatherer(size, (16, 32), 1), mask, [0, 3, 4, 11])
    enlarged = sphere.upsample_bilinear(small, *size)
    expected = sphere.sphere_mean(mask.astype(np.float64) * enlarged)
    np.testing.assert_allclose(sphere.sphere_mean(gathered.astype(np.float64) * small), expected, rtol=1e-6)


@pytest.mark.parametrize("pixel", [(0, 5), (7, 0), (49, 99), (25, 50)], ids=str)
def test_every_pixel_is_gathered_by_the_weights_with_which_it_is_sampled(pixel):
    mask = np.zeros((50, 100, 1), dtype=np.float32)
    mask[pixel] = 1.0
    gathered = in_bands(BandGatherer((50, 100), (12, 24), 1), mask, [0, 20])
    # The sampling's weights are read off by enlarging one pixel at a time.
    weights = np.empty((12, 24))
    for place in np.ndindex(12, 24):
        one = np.zeros((12, 24, 1), dtype=np.float32)
        one[place] = 1.0
        weights[place] = sphere.upsample_bilinear(one, 50, 100)[pixel][0]
    solid_angles = sphere.pixel_solid_angles_sr(50, 100)[pixel[0]] / sphere.pixel_solid_angles_sr(12, 24)[:, None]
    np.testing.assert_allclose(gathered[..., 0], weights * solid_angles, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("new_size", [(50, 100), (25, 20), (13, 26), (64, 128)], ids=str)
@pytest.mark.parametrize("edges", [[0], [0, 1, 2, 30], list(range(50))], ids=["whole", "uneven", "rows"])
def test_the_maximum_is_over_the_pixels_whose_centres_are_inside(new_size, edges):
    panorama = np.random.default_rng(3).random((50, 100), dtype=np.float32)
    maximum = BandMaximum(panorama.shape, new_size)
    for first, end in zip(edges, [*edges[1:], 50], strict=True):
        maximum.add(panorama[first:end], first)
    if new_size[0] > 50:
        rows, columns = ((np.arange(n) + 0.5) * old / n for n, old in zip(new_size, (50, 100), strict=True))
        expected = panorama[rows.astype(int)[:, None], columns.astype(int)]
    else:
        expected = np.zeros(new_size, dtype=np.float32)
        for row, column in np.ndindex(50, 100):
            place = int((row + 0.5) * new_size[0] / 50), int((column + 0.5) * new_size[1] / 100)
            expected[place] = max(expected[place], panorama[row, column])
    np.testing.assert_array_equal(maximum.result, expected)
