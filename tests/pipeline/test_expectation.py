"""What a conversion is expected to change, against the conversion itself."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_models import write_tiny_model

from lanet_core.colour import luminance
from lanet_core.files import image_from_array
from lanet_core.geometry import sphere
from lanet_core.pipeline.expectation import ROWS, expect
from lanet_core.pipeline.panorama_converter import load_converter


@pytest.fixture(scope="module")
def converter(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    write_tiny_model(path, gain=3.0)
    return load_converter(path, "cpu", 1)


def panorama(height: int, *, clipped: bool) -> np.ndarray:
    """Return a smooth grey panorama, with a clipped light 30° high in the middle or without."""
    directions = sphere.pixel_directions(height, 2 * height)
    grey = 0.3 + 0.1 * directions[..., 2:] * np.ones(3)
    light = np.array([np.cos(np.radians(30.0)), 0.0, np.sin(np.radians(30.0))])
    inside = directions @ light > np.cos(np.radians(8.0))
    if clipped:
        grey[inside] = 1.0
    return grey.astype(np.float32)


@pytest.mark.parametrize("height", [256, 2 * ROWS])
def test_it_agrees_with_the_conversion(converter, height):
    image = panorama(height, clipped=True)
    expectation, conversion = expect(converter, image_from_array(image)), converter.convert(image)
    gain = np.log2(sphere.sphere_mean(luminance(conversion.hdr)) / sphere.sphere_mean(luminance(image)))
    assert expectation.gain_ev == pytest.approx(gain, abs=0.02) and gain > 0.1
    assert expectation.peak_ev == pytest.approx(conversion.peak_ev, abs=0.1)
    assert expectation.light.stands_out
    assert expectation.light.azimuth_deg == pytest.approx(0.0, abs=1.0)
    assert expectation.light.elevation_deg == pytest.approx(30.0, abs=1.0)
    assert set(expectation.facts()) == {"gain_ev", "peak_ev", "light", "kind", "heading_deg"}


def test_nothing_is_expected_where_nothing_is_clipped(converter):
    assert abs(expect(converter, image_from_array(panorama(128, clipped=False))).gain_ev) < 0.01
