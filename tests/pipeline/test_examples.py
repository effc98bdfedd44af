"""The example images are as examples/README.md describes them, read by Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lanet_core.colour import srgb_to_linear
from lanet_core.geometry.sphere import sphere_mean

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("name", ["city", "interior", "sunrise"])
def test_an_example_is_an_exposed_panorama(name):
    with Image.open(EXAMPLES / f"{name}.jpg") as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (1024, 512))
        rgb_srgb8 = np.asarray(image)
    # Middle grey, but for rounding to eight bits and JPEG.
    assert sphere_mean(srgb_to_linear(rgb_srgb8 / 255.0)).mean() == pytest.approx(0.18, abs=4e-4)
    assert 0.01 < (rgb_srgb8.max(axis=-1) >= 254).mean() < 0.06
