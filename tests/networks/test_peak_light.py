"""Concentrated light: its shares and amounts, and the loss that asks where it comes from."""

import math

import numpy as np
import pytest
import torch

from lanet_core import sphere
from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.light_context import LightContext
from lanet_core.networks.panolanet import build_network
from lanet_core.networks.peak_light import PeakLight, Peaks, add_peaks
from lanet_core.training.losses import peak_loss


@pytest.fixture(scope="module")
def ldr_linear():
    """Grey, with a white square and a white bar."""
    picture = torch.full((1, 3, 128, 256), 0.3)
    picture[..., 20:36, 40:72] = 1.0
    picture[..., 90:94, 200:250] = 1.0
    return picture


def solid_angles(height=128):
    return torch.from_numpy(sphere.pixel_solid_angles_sr(height, 2 * height))[:, None]


def test_the_light_is_its_amount_and_comes_through_clipped_pixels_only(ldr_linear):
    torch.manual_seed(1)
    head = PeakLight(4)
    torch.nn.init.normal_(head.where.weight, std=2.0)
    torch.nn.init.normal_(head.amount[-1].weight)
    context = LightContext()(ldr_linear)
    with torch.no_grad():
        peaks = head(torch.randn(1, 4, 128, 256), context)
    assert float(peaks.log_share.exp().sum()) == pytest.approx(1.0, abs=1e-5)
    light = add_peaks(torch.full((1, 3, 128, 256), -2.0), peaks, context.ramp).double().exp() - math.exp(-2.0)
    assert float(light[:, :, context.ramp[0, 0] == 0.0].abs().max()) < 1e-7
    amounts = (light * solid_angles()).sum(dim=(2, 3))
    torch.testing.assert_close(amounts, peaks.log_amount.double().exp(), rtol=1e-3, atol=0)


def test_a_sun_is_met_only_by_its_place(ldr_linear):
    target = ldr_linear.clone()
    target[..., 28, 50] = 1e5
    perfect = torch.full((1, 1, 128, 256), -60.0)
    perfect[..., 28, 50] = 0.0
    beside = torch.full((1, 1, 128, 256), -60.0)
    beside[..., 28, 51] = 0.0
    even = torch.zeros(1, 1, 128, 256).masked_fill(ldr_linear[:, :1] < 1.0, -60.0)
    even = even - even.flatten(1).logsumexp(1)
    losses = [float(peak_loss(shares, target, ldr_linear)) for shares in (perfect, even, beside)]
    assert losses[0] == pytest.approx(0.0, abs=1e-3)
    assert losses[1] == pytest.approx(math.log(16 * 32 + 4 * 50), rel=0.02)
    assert losses[2] > 50.0


def test_light_without_a_peak_asks_for_no_place(ldr_linear):
    anywhere = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 1, 128, 256)).astype(np.float32))
    assert float(peak_loss(anywhere, 4.0 * ldr_linear, ldr_linear)) == pytest.approx(0.0, abs=1e-3)


def test_a_network_with_peaks_turns_with_its_panorama(ldr_linear):
    torch.manual_seed(0)
    configuration = NetworkConfiguration(
        width=0.0625,
        decoder_normalisation="batch",
        attention_stream=False,
        luminance_attention=False,
        segmentation=False,
        ceiling_branch=True,
        light_context=True,
        peak_light=True,
    )
    network = build_network(configuration).eval()
    torch.nn.init.normal_(network.peak_light.where.weight)
    with torch.no_grad():
        straight, turned = network(ldr_linear), network(ldr_linear.roll(128, dims=-1))
    assert isinstance(straight.peaks, Peaks)
    torch.testing.assert_close(turned.log_hdr, straight.log_hdr.roll(128, dims=-1), atol=2e-4, rtol=0)
