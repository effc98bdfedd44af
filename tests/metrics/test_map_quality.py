"""PU-PSNR and PU-SSIM of panoramas: the paper's scaling by hand values, and no seam."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.metrics.map_quality import map_pu_psnr, map_pu_ssim
from lanet_core.metrics.pu21 import pu21_psnr, pu21_ssim


def _panorama(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(-1.0, 1.0, (32, 64, 3))


def test_psnr_after_scaling_by_hand():
    """Off by 2 and by 1/2 in one half each, and by 7 everywhere: scaling leaves 2 and 1/2.

    The truth emits 100 cd/m²; the codes of 50, 100 and 200 cd/m² are those of test_pu21.
    """
    truth = np.full((16, 32, 3), 100.0 / 255.0)
    image = 7.0 * truth
    image[:, :16] *= 2.0
    image[:, 16:] /= 2.0
    errors = np.array([302.77432900094686, 212.7872792076915]) - 256.3838973127039
    assert map_pu_psnr(image, truth) == pytest.approx(10 * np.log10(256**2 / np.mean(errors**2)), rel=1e-9)


@pytest.mark.parametrize("metric", [map_pu_psnr, map_pu_ssim])
def test_scale_of_the_prediction_does_not_count(metric):
    image, truth = _panorama(1), _panorama(2)
    assert metric(image * 5.0, truth) == pytest.approx(metric(image, truth), rel=1e-9)
    assert metric(image, truth * 5.0) != pytest.approx(metric(image, truth), rel=1e-3)


@pytest.mark.parametrize("columns", [1, 13, 32])
def test_turning_both_changes_nothing(columns):
    image, truth = _panorama(3), _panorama(4)
    turned = np.roll(image, columns, axis=1), np.roll(truth, columns, axis=1)
    assert map_pu_ssim(*turned) == pytest.approx(map_pu_ssim(image, truth), rel=1e-12)
    assert map_pu_psnr(*turned) == pytest.approx(map_pu_psnr(image, truth), rel=1e-12)


def test_windows_go_over_the_poles():
    """What is beyond the top row is the top row half a turn away, so a doubled sphere has the same windows."""
    image, truth = _panorama(5), _panorama(6)
    image *= np.exp(np.mean(np.log(truth) - np.log(image)))
    doubled = []
    for each in (image, truth):
        beyond = np.roll(each, 32, axis=1)[::-1]
        rows = np.concatenate([beyond, each, beyond])
        doubled.append(255.0 * np.concatenate([rows, rows, rows], axis=1)[32 - 5 : 64 + 5, 64 - 5 : 128 + 5])
    assert map_pu_ssim(image, truth) == pytest.approx(pu21_ssim(*doubled), rel=1e-9)


def test_equal_scale_needs_no_scaling():
    image, truth = _panorama(7), _panorama(8)
    image *= np.exp(np.mean(np.log(truth) - np.log(image)))
    assert map_pu_psnr(image, truth) == pytest.approx(pu21_psnr(255.0 * image, 255.0 * truth), rel=1e-9)
