"""Light enlarged over a mask: none of it lost at any size, a lamp of one radiance stays one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanet_core.geometry import sphere
from lanet_core.reconstruction.upsampling import enlarge_light


def integral(panorama: np.ndarray) -> np.ndarray:
    """∫ over the sphere, (C,) float64, written out from the definition of solid angle."""
    height, width = panorama.shape[:2]
    edges = np.cos(np.linspace(0.0, np.pi, height + 1))
    return np.einsum("h,hwc->c", (edges[:-1] - edges[1:]) * 2.0 * np.pi / width, panorama.astype(np.float64))


def random_mask(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    return np.where(rng.random((height, width)) < 0.3, rng.random((height, width)), 0.0).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(4, 12),
    size=st.tuples(st.integers(12, 60), st.integers(12, 50)),
    seed=st.integers(0, 2**32 - 1),
)
def test_no_light_is_lost_at_any_size_under_any_mask(height, size, seed):
    rng = np.random.default_rng(seed)
    mask = random_mask(rng, size[0], 2 * size[1])
    light = np.exp(rng.normal(0.0, 2.0, (height, 2 * height, 3))).astype(np.float32)
    light[sphere.downsample(mask, height, 2 * height) == 0.0] = 0.0
    radiance = enlarge_light(light, mask)
    assert (radiance >= 0.0).all()
    np.testing.assert_allclose(integral(radiance * mask[..., None]), integral(light), rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize("size", [(16, 32), (64, 128), (61, 134)], ids=str)
def test_a_lamp_of_one_radiance_stays_one_up_to_its_edges(size):
    mask = random_mask(np.random.default_rng(1), *size)
    shining = sphere.downsample(mask, 16, 32)
    radiance = enlarge_light(shining[..., None] * np.float32([5.0, 6.0, 70.0]), mask)
    np.testing.assert_allclose(
        radiance[mask > 0.0], np.broadcast_to([5.0, 6.0, 70.0], (*mask.shape, 3))[mask > 0.0], 1e-5
    )


@pytest.mark.parametrize("place", [(8, 10), (0, 3), (15, 31), (7, 0)], ids=str)
def test_the_light_of_a_pixel_goes_to_its_neighbours_at_most(place):
    light = np.zeros((16, 32, 1), dtype=np.float32)
    light[place] = 1.0
    radiance = enlarge_light(light, np.ones((64, 128), dtype=np.float32))
    lit = sphere.downsample(radiance, 16, 32)[..., 0] > 1e-7
    # Turned so that the pixel's column is in the middle, the pixels beyond a pole come back half a turn away.
    rows, columns = np.nonzero(np.roll(lit, 16 - place[1], axis=1))
    adjacent = (np.abs(rows - place[0]) <= 1) & (np.abs(columns - 16) <= 1)
    over_the_pole = (rows == place[0]) & (place[0] in (0, 15)) & (np.minimum(columns, 32 - columns) <= 1)
    assert (adjacent | over_the_pole).all()
    assert lit.sum() >= 4


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_turning_turns(quarter_turns):
    rng = np.random.default_rng(2)
    mask, light = random_mask(rng, 48, 96), rng.random((12, 24, 3), dtype=np.float32)
    turned = enlarge_light(np.roll(light, 6 * quarter_turns, axis=1), np.roll(mask, 24 * quarter_turns, axis=1))
    np.testing.assert_allclose(turned, np.roll(enlarge_light(light, mask), 24 * quarter_turns, axis=1), rtol=1e-5)
