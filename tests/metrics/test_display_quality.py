"""MSE, PSNR and SSIM against hand values and against scikit-image 0.26.0 (numpy 1.26.4).

    from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity
    mean_squared_error(truth, image)
    peak_signal_noise_ratio(truth, image, data_range=1.0)
    structural_similarity(truth, image, data_range=1.0, channel_axis=-1, gaussian_weights=True, sigma=1.5,
                          use_sample_covariance=False)

for the two images of ``images()``, and ``structural_similarity`` of their green channels without ``channel_axis``.
"""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.errors import ImageTooSmallError, InvalidPixelsError
from lanet_core.metrics.comparison import SizeMismatchError
from lanet_core.metrics.display_quality import mse, psnr, ssim


def images() -> tuple[np.ndarray, np.ndarray]:
    """A wavy image of 48×64 pixels in [0, 1], and the same with more contrast and a pattern on it."""
    y, x, channel = np.meshgrid(np.arange(48), np.arange(64), np.arange(3), indexing="ij")
    truth = 0.5 + 0.45 * np.sin(0.21 * x + 0.5 * channel) * np.cos(0.17 * y - 0.3 * channel)
    image = 0.95 * truth**1.2 + 0.04 * np.sin(1.3 * x + 0.9 * y) + 0.04
    return image, truth


def test_mse_and_psnr_by_hand():
    truth = np.zeros((4, 4, 3))
    image = truth.copy()
    image[0, 0, 0] = 0.5  # 0.25 in one of 48 values
    assert mse(image, truth) == pytest.approx(0.25 / 48, rel=1e-12)
    assert psnr(image, truth) == pytest.approx(10 * np.log10(48 / 0.25), rel=1e-12)
    assert psnr(image, truth, data_range=256.0) == pytest.approx(10 * np.log10(48 * 65536 / 0.25), rel=1e-12)


def test_a_uniform_error_of_a_tenth_is_20_db():
    truth = np.full((12, 16, 3), 0.3, dtype=np.float32)
    assert psnr(truth + np.float32(0.1), truth) == pytest.approx(20.0, abs=1e-5)


def test_scikit_image_agrees():
    image, truth = images()
    assert mse(image, truth) == pytest.approx(0.00222983053900588, rel=1e-10)
    assert psnr(image, truth) == pytest.approx(26.517281408850764, rel=1e-10)
    assert ssim(image, truth) == pytest.approx(0.9320977069615579, rel=1e-10)
    assert ssim(image[..., 1], truth[..., 1]) == pytest.approx(0.931834360040724, rel=1e-10)


def test_ssim_uses_the_range():
    image, truth = images()
    assert ssim(256 * image, 256 * truth, data_range=256.0) == pytest.approx(ssim(image, truth), rel=1e-10)


def test_ssim_of_two_greys_by_hand():
    """Without structure only the luminance term is left: (2ab + C1) / (a² + b² + C1)."""
    a, b = np.full((11, 11), 0.2), np.full((11, 11), 0.6)
    assert ssim(a, b) == pytest.approx((2 * 0.2 * 0.6 + 1e-4) / (0.04 + 0.36 + 1e-4), rel=1e-9)


def test_equal_images_are_perfect():
    image, _ = images()
    assert (mse(image, image), psnr(image, image), ssim(image, image)) == (0.0, float("inf"), 1.0)


def test_a_image_smaller_than_the_window_is_refused():
    with pytest.raises(ImageTooSmallError):
        ssim(np.ones((10, 64, 3)), np.ones((10, 64, 3)))


@pytest.mark.parametrize("metric", [mse, psnr, ssim])
def test_bad_pairs_are_refused(metric):
    good = np.full((16, 16, 3), 0.5)
    for bad in (np.nan, np.inf, -0.1):
        spoilt = good.copy()
        spoilt[3, 4, 1] = bad
        with pytest.raises(InvalidPixelsError, match="truth"):
            metric(good, spoilt)
        with pytest.raises(InvalidPixelsError, match="image"):
            metric(spoilt, good)
    with pytest.raises(SizeMismatchError, match="16x16x3 and the truth 32x16x3"):
        metric(good, np.full((16, 32, 3), 0.5))
