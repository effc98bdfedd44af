"""Thumbnails against the values that their equation gives by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core import colour
from lanet_core.pipeline.thumbnail import thumbnail, tone_mapped


def grey(*luminances: float) -> np.ndarray:
    return np.tile(np.array(luminances, dtype=np.float32)[None, :, None], (1, 1, 3))


def test_the_equation_by_hand():
    # L (1 + L / w²) / (1 + L) with w = 100: 1 → 1.0001 / 2, 9 → 9.0081 / 10, 100 → 1.
    mapped = tone_mapped(grey(0.0, 1.0, 9.0, 100.0))[0, :, 0]
    np.testing.assert_allclose(mapped, [0.0, 0.50005, 0.90081, 1.0], rtol=1e-5)


def test_a_image_without_lights_keeps_its_white():
    np.testing.assert_allclose(tone_mapped(grey(0.25, 1.0))[0, :, 0], [0.25, 1.0], rtol=1e-6)


def test_chromaticities_are_kept_and_luminance_never_passes_white():
    hdr = np.random.default_rng(3).lognormal(0.0, 3.0, (8, 16, 3)).astype(np.float32)
    mapped = tone_mapped(hdr)
    before, after = colour.luminance(hdr)[..., None], colour.luminance(mapped)[..., None]
    np.testing.assert_allclose(mapped / after, hdr / before, rtol=1e-4)
    assert colour.luminance(mapped).max() == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize(("size", "expected"), [((64, 128), (16, 32)), ((8, 16), (8, 16))])
def test_its_size(size, expected):
    image = thumbnail(np.full((*size, 3), 0.5, dtype=np.float32), 16)
    assert (image.shape, image.dtype) == ((*expected, 3), np.uint8)
    # 0.5 (1 + 0.5) / 1.5 = 0.5, which sRGB encodes as 188.
    assert (image == 188).all()


def test_black_stays_black():
    assert not thumbnail(np.zeros((32, 64, 3), dtype=np.float32), 16).any()
