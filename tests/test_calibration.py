"""Calibration and the over-exposure ramp against arithmetic done by hand and their own definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lanet_core.calibration import (
    OVEREXPOSURE_THRESHOLD,
    calibrate,
    calibration_scale,
    overexposure_ramp,
    well_exposed_mask,
)
from lanet_core.errors import CalibrationError

#: Three pixels: two well exposed, one blown (channel mean 0.95).
LDR = np.array([[[0.1, 0.2, 0.3], [0.5, 0.5, 0.5], [1.0, 1.0, 0.85]]], dtype=np.float32)
HDR = np.array([[[0.2, 0.4, 0.6], [1.0, 1.0, 1.2], [90.0, 80.0, 70.0]]], dtype=np.float32)


def test_scale_by_hand():
    """S(M⊙I) = 0.6 + 1.5 = 2.1 and S(M⊙H) = 1.2 + 3.2 = 4.4; the blown pixel counts in neither."""
    assert calibration_scale(LDR, HDR) == pytest.approx(2.1 / 4.4, rel=1e-6)
    np.testing.assert_allclose(calibrate(LDR, HDR), HDR * (2.1 / 4.4), rtol=1e-6)
    np.testing.assert_array_equal(well_exposed_mask(LDR), [[True, True, False]])


def test_the_threshold_is_the_papers():
    assert OVEREXPOSURE_THRESHOLD == 0.83


def test_a_channel_may_clip_while_the_mean_is_well_exposed():
    """M looks at the mean of the channels: (1 + 1 + 0.48)/3 < 0.83 < (1 + 1 + 0.5)/3."""
    pixels = np.array([[[1.0, 1.0, 0.48], [1.0, 1.0, 0.5]]], dtype=np.float32)
    np.testing.assert_array_equal(well_exposed_mask(pixels), [[True, False]])


def test_the_mean_is_numpy_s_to_the_last_bit():
    pixels = np.random.default_rng(0).random((200, 300, 3), dtype=np.float32)
    threshold = float(np.float32(np.median(pixels.mean(axis=-1))))  # the mean of a pixel or of two: a bit decides
    np.testing.assert_array_equal(well_exposed_mask(pixels, threshold), pixels.mean(axis=-1) < threshold)
    excess = (pixels.mean(axis=-1) - np.float32(0.83)) / np.float32(1.0 - 0.83)
    np.testing.assert_array_equal(overexposure_ramp(pixels), np.clip(excess, 0.0, 1.0))


def test_another_threshold():
    assert calibration_scale(LDR, HDR, threshold=0.3) == pytest.approx(0.6 / 1.2, rel=1e-6)
    np.testing.assert_allclose(overexposure_ramp(LDR, threshold=0.4), [[0.0, 1 / 6, 0.55 / 0.6]], rtol=1e-5)


@settings(deadline=None)
@given(factor=st.floats(1e-4, 1e4))
def test_the_hdrs_own_scale_does_not_matter(factor):
    np.testing.assert_allclose(calibrate(LDR, HDR * np.float32(factor)), calibrate(LDR, HDR), rtol=2e-6)


def test_an_exposure_is_found_again():
    """A linear camera without noise: I = min(kH, 1). Where nothing clips in part, calibration returns kH."""
    hdr = np.random.default_rng(1).lognormal(0.0, 2.0, (40, 80, 1)).astype(np.float32).repeat(3, axis=2)
    exposed = np.minimum(hdr * np.float32(0.2), 1.0)
    np.testing.assert_allclose(calibrate(exposed, hdr), hdr * np.float32(0.2), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_hdrs_dtype_is_kept(dtype):
    assert calibrate(LDR, HDR.astype(dtype)).dtype == dtype


def _with(array: np.ndarray, value: float) -> np.ndarray:
    changed = array.copy()
    changed[0, 0, 1] = value
    return changed


@pytest.mark.parametrize(
    ("ldr", "hdr", "words"),
    [
        (LDR, HDR[:, :2], r"\(1, 3, 3\).*\(1, 2, 3\)"),
        (LDR, _with(HDR, np.nan), "NaN"),
        (LDR, _with(HDR, np.inf), "infinite"),
        (LDR, _with(HDR, -1e-3), "negative"),
        (np.ones_like(LDR), HDR, "over-exposure threshold"),
        (np.full_like(LDR, 0.83), HDR, "over-exposure threshold"),
        (np.zeros_like(LDR), HDR, "LDR is black"),
        (LDR, np.zeros_like(HDR), "HDR is black"),
        (LDR, HDR * np.array([[[0.0], [0.0], [1.0]]], dtype=np.float32), "HDR is black"),
    ],
)
def test_what_cannot_be_calibrated_has_a_reason(ldr, hdr, words):
    with pytest.raises(CalibrationError, match=words) as caught:
        calibration_scale(ldr, hdr)
    assert caught.value.remedy


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ramp_by_hand(dtype):
    """m = max(0, mean − τ)/(1 − τ): 0 up to 0.83, ½ at 0.915, 1 at white."""
    grey = np.array([0.0, 0.5, 0.83, 0.915, 1.0], dtype=dtype)[:, None].repeat(3, axis=1)
    ramp = overexposure_ramp(grey)
    assert ramp.dtype == dtype
    np.testing.assert_allclose(ramp, [0.0, 0.0, 0.0, 0.5, 1.0], atol=2e-6)


@settings(deadline=None)
@given(arrays(np.float32, (4, 5, 3), elements=st.floats(0.0, 1.0, width=32)))
def test_mask_and_ramp_never_claim_the_same_pixel(ldr):
    ramp = overexposure_ramp(ldr)
    mask = well_exposed_mask(ldr)
    assert ramp.min() >= 0.0
    assert ramp.max() <= 1.0
    assert (ramp[mask] == 0.0).all()
    assert (ramp[ldr.astype(np.float64).mean(axis=-1) > 0.83 + 1e-6] > 0.0).all()
