"""Measured light: kept as it is below its ceiling, and completed above it with what the prediction has more."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry import sphere
from lanet_core.reconstruction.measured_light import MeasuredLight

SIZE = (64, 128)
BANDS = [(0, 20), (20, 64)]


def energy(rgb: np.ndarray) -> np.ndarray:
    return np.tensordot(sphere.pixel_solid_angles_sr(*rgb.shape[:2]), rgb.sum(axis=1), axes=(0, 0))


def scene() -> np.ndarray:
    """Return two suns of different colours with a glow, on a dull ground."""
    directions = sphere.pixel_directions(*SIZE)
    hdr = np.full((*SIZE, 3), 0.3)
    for axis, peak, colour in (((0.7, -0.7, 0.5), 900.0, (1.0, 0.8, 0.6)), ((-0.7, 0.7, 0.6), 60.0, (0.5, 0.8, 1.0))):
        angle = np.arccos(np.clip(directions @ np.array(axis) / np.linalg.norm(axis), -1, 1))
        hdr += peak * np.exp(-((angle / 0.09) ** 2))[..., None] * colour
    return hdr.astype(np.float32)


def completed(measured: np.ndarray, predicted: np.ndarray, ceiling: float, exposure: float = 1.0):
    light = MeasuredLight(lambda first, end: measured[first:end], ceiling, 0.02, exposure)
    return light.completed(SIZE, BANDS, lambda first, end: predicted[first:end])


@pytest.mark.parametrize("exposure", [1.0, 0.25])
def test_each_region_has_the_predicted_energy_and_the_rest_stays(exposure):
    truth = scene()
    measured = np.minimum(truth, 12.0)
    # A prediction that is right in all and wrong in its distribution: each light is smeared over its white region.
    result = completed(measured, truth * exposure, 12.0, exposure).rows(0, SIZE[0])
    below = measured.max(axis=-1) < 0.97 * 12.0
    np.testing.assert_array_equal(result[below], measured[below])
    for half in (slice(0, 64), slice(64, 128)):
        part = np.zeros((*SIZE, 1))
        part[:, half] = 1.0
        np.testing.assert_allclose(energy(result * part), energy(truth * part), rtol=0.03)


def test_where_in_a_region_the_light_is_predicted_makes_no_difference():
    truth = scene()
    measured = np.minimum(truth, 12.0)
    white = measured.mean(axis=-1) > 0.9
    areas = np.broadcast_to(sphere.pixel_solid_angles_sr(*SIZE)[:, None], SIZE)
    smeared = measured.copy()
    for half in (slice(0, 64), slice(64, 128)):
        part = np.zeros(SIZE, bool)
        part[:, half] = white[:, half]
        lacking = energy((truth - measured) * part[..., None])
        smeared[part] += (lacking / areas[part].sum()).astype(np.float32)
    one, other = (completed(measured, each, 12.0).rows(0, 64) for each in (truth, smeared))
    np.testing.assert_allclose(one, other, rtol=0.01)


def test_nothing_is_taken_away_where_the_prediction_is_darker():
    measured = np.minimum(scene(), 12.0)
    np.testing.assert_array_equal(completed(measured, np.minimum(measured, 1.0), 12.0).rows(0, 64), measured)


def test_a_complete_measurement_stays_as_it_is():
    truth = scene()
    result = completed(truth, truth * 3.0, np.inf).rows(10, 30)
    np.testing.assert_array_equal(result, truth[10:30])
    assert result.base is None  # no view of what others hold


def test_rows_are_those_of_the_whole():
    measured = np.minimum(scene(), 12.0)
    light = completed(measured, scene(), 12.0)
    np.testing.assert_array_equal(light.rows(17, 40), light.rows(0, 64)[17:40])
