"""The shipped model on edited images: the light is that of the unedited image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lanet_core.colour import srgb_to_linear
from lanet_core.data.edits import EncodedPhotograph, compress
from lanet_core.files import read_ldr
from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import diffuse_irradiance
from lanet_core.pipeline.panorama_converter import load_converter

torch = pytest.importorskip("torch")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MIDTONES = (0.02, 0.6)


@pytest.fixture(scope="module")
def converter():
    return load_converter(provider="cpu")


@pytest.fixture(scope="module", params=["sunrise", "interior"])
def codes(request) -> np.ndarray:
    """An example at 512x256, display-encoded, [0, 255]."""
    linear = sphere.downsample(read_ldr(EXAMPLES / f"{request.param}.jpg").rgb_linear, 256, 512)
    return 255.0 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def converted(converter, codes: np.ndarray) -> np.ndarray:
    return converter.convert(np.clip(np.rint(codes), 0, 255).astype(np.uint8)).hdr


def light_difference(hdr: np.ndarray, reference: np.ndarray) -> float:
    """Return the mean difference of diffuse irradiance in stops, the exposure of the midtones taken out."""
    low, high = MIDTONES
    both = (hdr > low) & (hdr < high) & (reference > low) & (reference < high)
    scale = np.median(reference[both] / hdr[both])
    stops = np.log2(scale * diffuse_irradiance(hdr).mean(axis=-1) / diffuse_irradiance(reference).mean(axis=-1))
    return float(np.abs(stops).mean())


EDITS = {
    "white at 240": (lambda codes: codes * 240 / 255, 0.15),
    "white at 222": (lambda codes: codes * 222 / 255, 0.15),
    "studio range": (lambda codes: 16 + codes * 219 / 255, 0.25),
    "warm": (lambda codes: codes * np.array([255, 236, 205]) / 255, 0.25),
    "cool": (lambda codes: codes * np.array([215, 238, 255]) / 255, 0.25),
    "lower contrast": (lambda codes: 127.5 + (codes - 127.5) * 0.85, 0.3),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_hides_no_light(converter, codes, name):
    edit, tolerance = EDITS[name]
    reference = converted(converter, codes)
    assert reference.max() > 4.0
    assert light_difference(converted(converter, edit(codes)), reference) < tolerance


def test_compression_costs_no_light(converter, codes):
    encoded = torch.from_numpy(np.moveaxis(codes / 255.0, -1, 0).astype(np.float32))
    image = EncodedPhotograph.unedited(encoded, encoded)
    compress(image, FixedQuality())
    compressed = 255.0 * np.moveaxis(image.encoded.numpy(), 0, -1)
    assert light_difference(converted(converter, compressed), converted(converter, codes)) < 0.15


class FixedQuality:
    """A source of randomness that draws one quality."""

    def uniform(self, low: float, high: float) -> float:
        return 80.0


def test_nothing_is_added_to_an_underexposed_or_evenly_lit_image(converter):
    rng = np.random.default_rng(0)
    room = 170 + 12 * sphere.upsample_bilinear(rng.normal(size=(16, 32, 3)).astype(np.float32), 256, 512)
    np.testing.assert_allclose(converted(converter, room), srgb_of(room), rtol=1e-6)
    sky = np.full((256, 512, 3), 225.0)
    sky[128:] = 90.0
    assert converted(converter, sky).max() < 1.1


def srgb_of(codes: np.ndarray) -> np.ndarray:
    return srgb_to_linear(np.clip(np.rint(codes), 0, 255) / 255.0).astype(np.float32)


@pytest.mark.parametrize(("snow", "sky", "most_stops"), [(244, 232, 0.2), (250, 226, 0.2), (257, 238, 0.5)])
def test_snow_under_an_overcast_sky_is_no_light(converter, snow, sky, most_stops):
    up = sphere.pixel_directions(256, 512)[..., 2:]
    drifts = np.random.default_rng(5).normal(0.0, 1.0, (64, 128, 1)).astype(np.float32)
    ground = snow + 3.0 * sphere.upsample_bilinear(drifts, 256, 512)
    field = np.where(up > 0.0, sky - 14.0 * (1.0 - np.clip(up, 0.0, 1.0)), ground)
    field = np.where((up > -0.01) & (up < 0.06), 52.0, field) * np.array([0.985, 0.995, 1.0])
    hdr = converted(converter, field)
    gain = np.log2(diffuse_irradiance(hdr).mean() / diffuse_irradiance(srgb_of(field)).mean())
    assert gain <= most_stops
    assert hdr[np.broadcast_to(up < -0.02, hdr.shape)].max() <= 1.5
