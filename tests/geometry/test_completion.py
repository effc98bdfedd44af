"""The membrane over what was not captured, against harmonic functions on the sphere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD, well_exposed_mask
from lanet_core.geometry import completion, sphere
from lanet_core.geometry.completion import CEILING, CapturedPart, CompletedSphere, complete


def harmonic(height: int, width: int, order: int) -> np.ndarray:
    """Return tanᵐ(θ/2) cos(mφ), which is harmonic but at the nadir: zᵐ under stereographic projection."""
    theta = sphere.zenith_angles_rad(height)[:, None]
    phi = sphere.azimuths_rad(width)[None, :]
    return np.tan(theta / 2.0) ** order * np.cos(order * phi)


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2).astype(np.float32)


def smooth_image(height: int, width: int) -> np.ndarray:
    """Return a band-limited image without a seam or a pole singularity."""
    x, y, z = np.moveaxis(sphere.pixel_directions(height, width), -1, 0)
    return np.stack([0.4 + 0.2 * x * y, 0.35 + 0.2 * y * z, 0.3 + 0.2 * z * x], axis=-1).astype(np.float32)


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("rim_deg", [30, 60, 90, 135])
@pytest.mark.parametrize("height", [64, 90, 200])
def test_a_cap_is_filled_with_the_harmonic_function_of_its_rim(height, rim_deg, order):
    theta = sphere.zenith_angles_rad(height)
    captured = np.broadcast_to((theta > np.radians(rim_deg))[:, None], (height, 2 * height))
    exact = harmonic(height, 2 * height, order) / np.tan(np.radians(rim_deg) / 2.0) ** order
    exact = grey(0.4 + 0.15 * np.clip(exact, -2.5, 2.5))  # below the ceiling
    filled = complete(np.where(captured[..., None], exact, 0), captured)
    # The amplitude at the rim is 0.15, and pixels of 2 to 3 degrees blur a rim of 30.
    assert np.abs(filled - exact)[~captured].max() < 0.006


def test_the_lower_cap_is_filled_like_the_upper():
    captured = np.zeros((64, 128), dtype=bool)
    captured[20:50] = True
    image = smooth_image(64, 128)
    np.testing.assert_allclose(
        complete(image, captured)[::-1], complete(image[::-1], captured[::-1]), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("columns", [16, 64, 37])
def test_turning_the_input_turns_the_output(columns):
    image = smooth_image(64, 128)
    captured = np.zeros((64, 128), dtype=bool)
    captured[16:48, 30:95] = True
    turned = complete(np.roll(image, columns, axis=1), np.roll(captured, columns, axis=1))
    # Coarse pixels fall otherwise on a crop that was turned by an odd number of pixels.
    np.testing.assert_allclose(turned, np.roll(complete(image, captured), columns, axis=1), rtol=0, atol=0.003)


@given(st.integers(0, 2**32), st.integers(16, 40), st.floats(0.02, 0.98))
@settings(deadline=None, max_examples=20)
def test_captured_pixels_stay_and_the_rest_keeps_within_what_was_captured(seed, height, share):
    random = np.random.default_rng(seed)
    image = random.random((height, 2 * height, 3)).astype(np.float32)
    captured = random.random((height, 2 * height)) < share
    captured[0, 0] = True
    filled = complete(image, captured)
    np.testing.assert_array_equal(filled[captured], image[captured])
    assert filled.dtype == np.float32
    dimmed = image * np.minimum(1, CEILING / image.mean(axis=-1, keepdims=True))
    assert (filled[~captured] <= dimmed[captured].max(axis=0) + 1e-6).all()
    assert (filled[~captured] >= dimmed[captured].min(axis=0) - 1e-6).all()


def test_a_white_image_invents_no_light():
    captured = np.zeros((64, 128), dtype=bool)
    captured[16:48, 30:95] = True
    filled = complete(np.ones((64, 128, 3), dtype=np.float32), captured)
    assert well_exposed_mask(filled)[~captured].all()
    np.testing.assert_allclose(filled[~captured], CEILING, rtol=1e-5)
    assert CEILING < OVEREXPOSURE_THRESHOLD


@pytest.mark.parametrize(
    "place",
    [np.s_[20:108, :], np.s_[32:96, 64:192], np.s_[5:125, 100:150], np.s_[64:, :], np.s_[50:70, 250:]],
    ids=["no poles", "half turn", "slit", "no sky", "across the seam"],
)
def test_no_edge_shows(place):
    """Steps between neighbours are of the size of those in the image: a membrane is steepest at a crop's corners."""
    height, width = 128, 256
    image = smooth_image(height, width)
    captured = np.zeros((height, width), dtype=bool)
    captured[place] = True
    filled = complete(image, captured)
    assert np.abs(np.diff(filled, axis=0)).max() < 4 * np.abs(np.diff(image, axis=0)).max()
    assert largest_step_around(filled) < 4 * largest_step_around(image)
    assert not np.array_equal(filled, image)


def largest_step_around(panorama: np.ndarray) -> float:
    return np.abs(panorama - np.roll(panorama, 1, axis=1)).max()


def test_a_whole_sphere_is_returned_as_it_is():
    image = smooth_image(32, 64)
    assert complete(image, np.ones((32, 64), dtype=bool)) is image


def test_one_captured_pixel_colours_all():
    captured = np.zeros((64, 128), dtype=bool)
    captured[20, 70] = True
    image = np.zeros((64, 128, 3), dtype=np.float32)
    image[20, 70] = (0.2, 0.4, 0.6)
    np.testing.assert_allclose(complete(image, captured), np.broadcast_to(image[20, 70], (64, 128, 3)), rtol=1e-4)


def test_a_large_sphere_is_completed_as_a_small_one_enlarged(monkeypatch):
    """Captured pixels stay exact, the others come close to the membrane at full size and stay under the ceiling."""
    rows, columns = np.mgrid[0:100, 0:180] / 100.0
    light = np.stack([0.3 + 0.6 * columns / 1.8, 0.9 - 0.5 * rows, 0.5 + 0.2 * np.sin(4.0 * columns)], axis=-1)
    light = light.astype(np.float32)
    part = CapturedPart(
        lambda first, end: light[first:end],
        lambda rows, columns: light[rows, columns],
        size=(100, 180),
        corner=(30, 40),
        sphere_size=(160, 320),
    )
    at_full_size = CompletedSphere(part).linear_rows(0, 160)
    monkeypatch.setattr(completion, "MAXIMUM_HEIGHT", 64)
    enlarged = CompletedSphere(part)
    whole, captured = enlarged.linear_rows(0, 160), part.mask(0, 160)
    np.testing.assert_array_equal(whole[30:130, 40:220], light)
    assert captured.sum() == 100 * 180 and captured[30:130, 40:220].all()
    assert (whole[~captured].mean(axis=-1) <= CEILING + 1e-6).all()
    assert np.abs(whole - at_full_size).max() < 0.05
    assert np.abs(whole - at_full_size)[~captured].mean() < 0.01
    np.testing.assert_array_equal(enlarged.linear_rows(25, 47), whole[25:47])
    pixels = np.mgrid[0:160, 0:320]
    np.testing.assert_allclose(enlarged.linear_pixels(*pixels), whole, atol=1e-6)
