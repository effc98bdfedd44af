"""siMSE, scale-invariant RMSE, angular and logarithmic error against hand values and least squares."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.errors import InvalidPixelsError
from lanet_core.metrics import linear_quality
from lanet_core.metrics.comparison import SizeMismatchError

METRICS = (
    linear_quality.simse,
    linear_quality.log_scale,
    linear_quality.scale_invariant_rmse,
    linear_quality.rgb_angular_error_deg,
    linear_quality.log2_rmse_stops,
)


def _image(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(0.0, 1.0, (20, 30, 3)).astype(np.float32)


def _half_and_half(factor: float) -> tuple[np.ndarray, np.ndarray]:
    """An image that is right in its upper half and too bright by a factor in its lower half."""
    truth = _image(1)
    image = truth.copy()
    image[10:] *= np.float32(factor)
    return image, truth


def test_simse_and_log_scale_by_hand():
    """d is 0 in one half and ln 4 in the other: mean (ln 4) / 2, variance ((ln 4) / 2)²."""
    pair = _half_and_half(4.0)
    assert linear_quality.simse(*pair) == pytest.approx(np.log(2.0) ** 2, rel=1e-6)
    assert linear_quality.log_scale(*pair) == pytest.approx(0.5, rel=1e-6)


def test_log_rmse_by_hand():
    """2 stops in one half: √(4 / 2)."""
    assert linear_quality.log2_rmse_stops(*_half_and_half(4.0)) == pytest.approx(np.sqrt(2.0), rel=1e-6)
    truth = _image(2)
    assert linear_quality.log2_rmse_stops(truth / np.float32(8), truth) == pytest.approx(3.0, rel=1e-6)


def test_scale_invariant_rmse_by_hand():
    """1 and 2 for 2 and 2: α = 6/5, errors -0.8 and 0.4."""
    image, truth = np.full((1, 2, 3), 1.0), np.full((1, 2, 3), 2.0)
    image[0, 1] = 2.0
    assert linear_quality.scale_invariant_rmse(image, truth) == pytest.approx(np.sqrt(0.4), rel=1e-12)


def test_scale_invariant_rmse_is_least_squares():
    image, truth = _image(3), _image(4)
    _, squares, _, _ = np.linalg.lstsq(image.reshape(-1, 1).astype(float), truth.ravel().astype(float), rcond=None)
    rmse = linear_quality.scale_invariant_rmse(image, truth)
    assert rmse == pytest.approx(np.sqrt(squares[0] / truth.size), rel=1e-9)


@pytest.mark.parametrize(
    ("rgb", "angle_deg"),
    [((3, 0, 0), 54.735610317245346), ((2, 2, 0), 35.26438968275466), ((5, 5, 5), 0.0), ((1, 1, 1 + 1e-6), 2.7e-5)],
)
def test_angle_from_grey(rgb, angle_deg):
    """acos(1/√3), acos(√(2/3)), and an angle so small that a cosine would lose it: √2/3 · 1e-6."""
    image = np.broadcast_to(np.array(rgb, dtype=float), (4, 4, 3))
    error = linear_quality.rgb_angular_error_deg(image, np.ones((4, 4, 3)))
    assert error == pytest.approx(angle_deg, rel=1e-3 if angle_deg < 1 else 1e-12, abs=1e-12)


def test_angle_leaves_black_out():
    image, truth = np.ones((1, 4, 3)), np.ones((1, 4, 3))
    image[0, 0] = truth[0, 1] = 0.0
    image[0, 2] = (1.0, 0.0, 0.0)
    truth[0, 2] = (0.0, 1.0, 0.0)
    assert linear_quality.rgb_angular_error_deg(image, truth) == pytest.approx(45.0, rel=1e-12)
    assert np.isnan(linear_quality.rgb_angular_error_deg(np.zeros_like(truth), truth))


@pytest.mark.parametrize("name", ["simse", "scale_invariant_rmse", "rgb_angular_error_deg"])
def test_scale_of_the_image_does_not_count(name):
    metric = getattr(linear_quality, name)
    image, truth = _image(5), _image(6)
    assert metric(image * np.float32(7), truth) == pytest.approx(metric(image, truth), rel=1e-5)
    assert metric(image, truth) > 0.1


def test_log_scale_brings_a_scaled_image_back():
    truth = _image(7)
    image = truth / np.float32(16)
    assert linear_quality.log_scale(image, truth) == pytest.approx(16.0, rel=1e-6)
    assert linear_quality.log_scale(truth, image) == pytest.approx(1 / 16, rel=1e-6)


def test_what_no_ldr_shows_does_not_count():
    """0 and 1e-6 are the same; 0 against 1 is as far as half of 1/255 on sRGB's straight part."""
    dark, black, white = np.full((2, 2, 3), 1e-6), np.zeros((2, 2, 3)), np.ones((2, 2, 3))
    assert linear_quality.log2_rmse_stops(dark, black) == 0.0
    assert linear_quality.log2_rmse_stops(black, white) == pytest.approx(np.log2(255 * 12.92 * 2), rel=1e-12)


def test_a_black_image_is_as_wrong_as_the_truth_is_bright():
    truth = _image(8)
    rmse = linear_quality.scale_invariant_rmse(np.zeros_like(truth), truth)
    assert rmse == pytest.approx(float(np.sqrt(np.mean(truth.astype(float) ** 2))), rel=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_bad_pairs_are_refused(metric):
    truth = _image(9)
    for bad in (np.nan, np.inf, -1.0):
        image = truth.copy()
        image[2, 3, 0] = bad
        with pytest.raises(InvalidPixelsError):
            metric(image, truth)
    with pytest.raises(SizeMismatchError):
        metric(truth[:, :-1], truth)
