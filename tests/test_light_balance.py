"""Lights told apart and scaled each to its energy."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core import sphere
from lanet_core.light_balance import balance_lights, label_lights


def flooded(lit: np.ndarray) -> list[set[tuple[int, int]]]:
    """The parts of a panorama that hang together, by filling one after the other."""
    left, parts = set(zip(*(each.tolist() for each in np.nonzero(lit)), strict=True)), []
    while left:
        open_ends, part = [left.pop()], set()
        while open_ends:
            row, column = open_ends.pop()
            part.add((row, column))
            around = {(row + i, (column + j) % lit.shape[1]) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= around
            open_ends += around
        parts.append(part)
    return parts


@pytest.mark.parametrize("share", [0.05, 0.3, 0.42, 0.9])
def test_lights_hang_together_as_filling_them_says(share):
    lit = np.random.default_rng(0).random((40, 80)) < share
    labels = label_lights(lit)
    parts = flooded(lit)
    assert labels.max() == len(parts)
    assert all(len({labels[pixel] for pixel in part}) == 1 for part in parts)
    np.testing.assert_array_equal(labels > 0, lit)


def test_a_light_across_the_seam_is_one():
    lit = np.zeros((8, 16), dtype=bool)
    lit[3, :2] = lit[4, 15] = lit[6, 8] = True
    labels = label_lights(lit)
    assert labels.max() == 2
    assert labels[3, 0] == labels[3, 1] == labels[4, 15] != labels[6, 8]
    np.testing.assert_array_equal(label_lights(np.zeros((8, 16), dtype=bool)), 0)
    np.testing.assert_array_equal(label_lights(np.ones((8, 16), dtype=bool)), 1)


def test_a_spiral_is_one_light():
    lit = np.zeros((41, 82), dtype=bool)
    lit[::4] = True
    lit[:, 40] = True
    lit[1::2, 41:] = False
    assert label_lights(lit).max() == 1


def test_each_light_gets_its_own_factor():
    rng = np.random.default_rng(1)
    light = np.zeros((16, 32, 3), dtype=np.float32)
    light[2:5, 30:] = light[2:5, :2] = 3.0
    light[9:12, 10:14] = (1.0, 2.0, 0.5)
    radiance = sphere.upsample_bilinear(light, 64, 128) * np.float32(1.7)
    mask = rng.random((64, 128), dtype=np.float32)
    balanced = balance_lights(radiance, mask, light, light.max(axis=-1) > 0.0)
    solid_angles = sphere.pixel_solid_angles_sr(64, 128)[:, None, None]
    for rows, parts in ((slice(0, 28), light[:7]), (slice(28, 64), light[7:])):
        given = (balanced * mask[..., None] * solid_angles)[rows].sum(axis=(0, 1), dtype=np.float64)
        first = 0 if rows.start == 0 else 7
        wanted = sphere.pixel_solid_angles_sr(16, 32)[first : first + len(parts), None, None] * parts
        np.testing.assert_allclose(given, wanted.sum(axis=(0, 1)), rtol=1e-5)
    inside = radiance[8:20, :8] > 0.0
    ratio = (balanced[8:20, :8] / np.where(inside, radiance[8:20, :8], 1.0))[inside]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)
