"""The clipped share before a conversion is that which the conversion reports."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.files import image_from_array
from lanet_core.geometry import sphere
from lanet_core.pipeline.exposure import clipped_fraction
from lanet_core.pipeline.panorama import panorama_from_image
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.reconstruction.white_level import WhiteLevel


def sky(height: int = 128) -> np.ndarray:
    """A gradient around a clipped sun, over a dark ground: (H, 2 H, 3) float64, codes."""
    directions = sphere.pixel_directions(height, 2 * height)
    glow = 40.0 + 500.0 * np.maximum(directions @ np.array([0.8, 0.0, 0.6]), 0.0) ** 8
    return np.where(directions[..., 2:] > 0.0, np.minimum(glow, 255.0)[..., None], 30.0).repeat(3, axis=-1)[..., :3]


def with_bar(codes: np.ndarray) -> np.ndarray:
    codes = codes.copy()
    codes[-20:] = 255.0
    return codes


EDITS = {
    "as it is": lambda codes: codes,
    "white at 236": lambda codes: codes * 236 / 255,
    "lifted blacks": lambda codes: 20 + codes * 215 / 255,
    "only red clips": lambda codes: codes * np.array([1.0, 0.8, 0.5]),
    "painted bar": with_bar,
    "several bands": lambda codes: sky(600),
}


@pytest.mark.parametrize("edit", EDITS)
def test_before_is_after(make_model, edit):
    codes = np.clip(np.rint(EDITS[edit](sky())), 0, 255).astype(np.uint8)
    before = clipped_fraction(panorama_from_image(image_from_array(codes)))
    after = load_converter(make_model(), threads=1).convert(codes).clipped_fraction
    assert before == pytest.approx(after, abs=1e-6)
    assert 0.005 < before < 0.5


def test_a_given_white_level_is_used():
    codes = np.clip(np.rint(sky() * 0.9), 0, 255).astype(np.uint8)
    panorama = panorama_from_image(image_from_array(codes))
    assert clipped_fraction(panorama, WhiteLevel()) < 0.5 * clipped_fraction(panorama)
