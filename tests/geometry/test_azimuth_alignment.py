"""The heading of a panorama: its light in the middle, regardless of its rotation."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry.azimuth_alignment import columns_to_light


@pytest.mark.parametrize("column", [0, 1, 63, 64, 100, 127])
def test_a_single_light_comes_to_the_middle(column):
    overexposure = np.zeros((64, 128), np.float32)
    overexposure[20, column] = 1.0
    turned = np.roll(overexposure, columns_to_light(overexposure), axis=1)
    assert np.nonzero(turned[20] == 1.0)[0].tolist() in ([63], [64])


def test_the_heading_turns_with_the_panorama():
    rng = np.random.default_rng(0)
    overexposure = np.clip(rng.random((32, 64)) * 1.3 - 0.9, 0.0, 1.0).astype(np.float32)
    overexposure[:10, 5:20] = 1.0
    heading = columns_to_light(overexposure)
    for columns in (1, 16, 40, 63):
        assert (columns_to_light(np.roll(overexposure, columns, axis=1)) + columns) % 64 == heading


def test_nothing_overexposed_is_not_turned():
    assert columns_to_light(np.zeros((8, 16), np.float32)) == 0


def test_lights_in_balance_still_give_a_heading():
    assert 0 <= columns_to_light(np.ones((8, 16), np.float32)) < 16
