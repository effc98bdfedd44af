"""PU21 against the encoding of cvvdp 0.5.7, and PU21-PSNR and PU21-SSIM against scikit-image 0.26.0 on top of it.

    from pycvvdp.utils import PU
    encode = lambda light: PU(type="banding_glare").encode(torch.tensor(light, dtype=torch.float64)).numpy()
    peak_signal_noise_ratio(encode(truth), encode(image), data_range=256)
    structural_similarity(encode(truth @ Y), encode(image @ Y), data_range=256, gaussian_weights=True, sigma=1.5,
                          use_sample_covariance=False)

with Y = (0.2126, 0.7152, 0.0722), for the two images of ``images()``.
"""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.errors import InvalidPixelsError
from lanet_core.metrics.comparison import SizeMismatchError
from lanet_core.metrics.pu21 import pu21_encode, pu21_psnr, pu21_ssim

#: cd/m² and code.
ENCODED = {
    0.005: 5.470456654038225e-10,
    0.1: 5.717073839669447,
    1.0: 36.5439111394192,
    10.0: 123.64748355384738,
    50.0: 212.7872792076915,
    100.0: 256.3838973127039,
    200.0: 302.77432900094686,
    255.0: 319.6645751134668,
    1000.0: 420.0969213492443,
    4000.0: 527.4939005367281,
    10000.0: 595.393920020095,
}


def images() -> tuple[np.ndarray, np.ndarray]:
    """Two images of 48×64 pixels in cd/m², from 0.4 to 300: a wavy one, and one of more contrast with a pattern."""
    y, x, channel = np.meshgrid(np.arange(48), np.arange(64), np.arange(3), indexing="ij")
    truth = 0.5 + 0.45 * np.sin(0.21 * x + 0.5 * channel) * np.cos(0.17 * y - 0.3 * channel)
    image = 0.95 * truth**1.2 + 0.04 * np.sin(1.3 * x + 0.9 * y) + 0.04
    return 10 ** (3 * image - 0.5), 10 ** (3 * truth - 0.5)


@pytest.mark.parametrize(("light_cd_m2", "code"), ENCODED.items())
def test_the_authors_encoding(light_cd_m2, code):
    assert pu21_encode(np.array(light_cd_m2)) == pytest.approx(code, rel=1e-12, abs=1e-12)


def test_light_beyond_the_encodings_range_is_clipped():
    ends = pu21_encode(np.array([0.005, 10_000.0]))
    np.testing.assert_array_equal(pu21_encode(np.array([0.0, 1e6])), ends)


def test_psnr_and_ssim():
    image, truth = images()
    assert pu21_psnr(image, truth) == pytest.approx(24.175608062552314, rel=1e-10)
    assert pu21_ssim(image, truth) == pytest.approx(0.9276563746333184, rel=1e-6)


def test_psnr_by_hand():
    """200 cd/m² instead of 100 in one channel of three."""
    truth = np.full((16, 16, 3), 100.0)
    image = truth.copy()
    image[..., 0] = 200.0
    error = (ENCODED[200.0] - ENCODED[100.0]) ** 2 / 3
    assert pu21_psnr(image, truth) == pytest.approx(10 * np.log10(256**2 / error), rel=1e-12)


def test_ssim_is_blind_to_colours_of_the_same_luminance():
    _, truth = images()
    grey = np.repeat((truth @ np.array([0.2126, 0.7152, 0.0722]))[..., None], 3, axis=-1)
    assert pu21_ssim(grey, truth) == pytest.approx(1.0, abs=1e-9)
    assert pu21_psnr(grey, truth) < 30.0


@pytest.mark.parametrize("metric", [pu21_psnr, pu21_ssim])
def test_bad_pairs_are_refused(metric):
    _, truth = images()
    with pytest.raises(InvalidPixelsError):
        metric(np.where(truth > 100, np.nan, truth), truth)
    with pytest.raises(SizeMismatchError):
        metric(truth[:-1], truth)
