"""LANet and panoLANet: shapes, published sizes, gradients, rotation, torch implementations of numpy functions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from network_values import LANET, PANOLANET, UNET

from lanet_core import calibration
from lanet_core.geometry import ceiling_view
from lanet_core.networks.blocks import GatedConv2d, join_as_sum
from lanet_core.networks.calibrated import Calibrated, log_calibration_scale
from lanet_core.networks.ceiling import ceiling_to_panorama, ceiling_weight, panorama_to_ceiling
from lanet_core.networks.configuration import NetworkConfiguration
from lanet_core.networks.overexposure import close_mask, overexposure_ramp
from lanet_core.networks.panolanet import PanoLANet, build_network

ABLATIONS = {
    "unet": UNET,
    "lanet": LANET,
    "without_lam": {"luminance_attention": False},
    "without_segmentation": {"segmentation": False},
    "panolanet": PANOLANET,
    "panolanet_without_attention": {**PANOLANET, "ceiling_attention": False},
    "batch": {**PANOLANET, "decoder_normalisation": "batch"},
    "symmetric": {**UNET, "padding": "symmetric"},
    "dropout": {**PANOLANET, "bottom_dropout": 0.2},
}


def as_tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.moveaxis(image, -1, 0).copy())[None]


def as_array(tensor: torch.Tensor) -> np.ndarray:
    return np.moveaxis(tensor[0].detach().numpy(), 0, -1)


@pytest.mark.parametrize("name", ABLATIONS)
def test_outputs_and_gradients(name, make_network):
    network = make_network(**ABLATIONS[name])
    ldr_linear = torch.rand(2, 3, 128, 256, generator=torch.Generator().manual_seed(1))
    output = network(ldr_linear)
    assert output.log_hdr.shape == ldr_linear.shape
    assert (output.segmentation_logits is not None) == ABLATIONS[name].get("segmentation", True)
    assert (output.attention is not None) == ABLATIONS[name].get("luminance_attention", True)
    loss = output.log_hdr.square().mean()
    if output.segmentation_logits is not None:
        loss = loss + output.segmentation_logits.square().mean()
    loss.backward()
    # A bias or scale before a normalisation has no effect on the loss, but every kernel must have one.
    idle = [
        parameter_name
        for parameter_name, parameter in network.named_parameters()
        if parameter.ndim > 1 and (parameter.grad is None or not parameter.grad.abs().sum() > 0)
    ]
    assert idle == []


def test_parameters_are_as_many_as_in_the_paper():
    # About 47 M in the panorama branch and 76 M in all, as in the released program.
    panolanet = build_network(NetworkConfiguration(**PANOLANET))
    panorama = sum(parameter.numel() for parameter in panolanet.panorama.parameters()) / 1e6
    total = sum(parameter.numel() for parameter in panolanet.parameters()) / 1e6
    assert 46.0 < panorama < 48.0
    assert 75.0 < total < 77.5


def test_encoder_has_the_parameters_of_resnet50():
    network = build_network(NetworkConfiguration(**UNET))
    # ResNet-50 (He et al. 2016) has 25,557,032 parameters, of which 2,049,000 in the classifier.
    assert sum(parameter.numel() for parameter in network.encoder.parameters()) == 25_557_032 - 2_049_000


@pytest.mark.parametrize("values", [UNET, LANET], ids=["unet", "lanet"])
def test_rotating_the_input_rotates_the_output(values, make_network):
    network = make_network(**values).eval()
    ldr_linear = torch.rand(1, 3, 128, 256, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        direct = network(ldr_linear).log_hdr
        rotated = network(ldr_linear.roll(128, dims=-1)).log_hdr
    assert direct.std() > 0.1
    torch.testing.assert_close(rotated.roll(-128, dims=-1), direct, rtol=0, atol=2e-4)


def test_symmetric_padding_does_not_rotate(make_network):
    network = make_network(**UNET, padding="symmetric").eval()
    ldr_linear = torch.rand(1, 3, 128, 256, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        difference = network(ldr_linear.roll(128, dims=-1)).log_hdr.roll(-128, dims=-1) - network(ldr_linear).log_hdr
    assert difference.abs().max() > 1e-2


def test_a_new_network_starts_at_the_ldr():
    torch.manual_seed(0)
    network = build_network(NetworkConfiguration(width=1 / 16, **UNET))
    ldr_linear = torch.rand(1, 3, 128, 128).clamp(min=0.01)
    torch.testing.assert_close(network(ldr_linear).log_hdr, ldr_linear.log(), rtol=0, atol=0.05)


def test_sizes_that_cannot_be_halved_are_refused(make_network):
    with pytest.raises(ValueError, match="128"):
        make_network(**UNET)(torch.rand(1, 3, 100, 200))


@pytest.mark.parametrize(
    "values",
    [
        {"width": 0.0},
        {"attention_stream": False},
        {**UNET, "segmentation": True},
        {"ceiling_branch": True},
        {"padding": "zeros"},
        {"decoder_normalisation": "layer"},
    ],
)
def test_configurations_that_name_no_network(values):
    with pytest.raises(ValueError, match=r"must|needs|no attention_stream"):
        NetworkConfiguration(**values)


def test_join_starts_as_a_sum():
    first, second = torch.rand(2, 1, 6, 3, 4)
    torch.testing.assert_close(join_as_sum(6)(torch.cat([first, second], dim=1)), first + second)


def test_gate_weighs_by_the_sigmoid_of_the_second_half():
    gated = GatedConv2d(1, 1, "symmetric")
    with torch.no_grad():
        gated.convolution.weight.zero_()
        gated.convolution.bias.copy_(torch.tensor([3.0, 0.0]))
    torch.testing.assert_close(gated(torch.rand(1, 1, 4, 4)), torch.full((1, 1, 4, 4), 1.5))


def test_ceiling_views_are_those_of_numpy():
    panorama = np.random.default_rng(3).random((32, 64, 3), dtype=np.float32)
    ceiling = panorama_to_ceiling(as_tensor(panorama))
    np.testing.assert_allclose(as_array(ceiling), ceiling_view.panorama_to_ceiling(panorama), atol=1e-4)
    back = as_array(ceiling_to_panorama(ceiling, 64))
    np.testing.assert_allclose(back, ceiling_view.ceiling_to_panorama(as_array(ceiling), 32, 64), atol=1e-4)


def test_ceiling_weight_falls_to_its_edge():
    *_, valid = ceiling_view.panorama_grid(64, 64, 128)
    hard = ceiling_weight(64, 128, 0.0)[0, 0].numpy()
    soft = ceiling_weight(64, 128, 0.25)[0, 0].numpy()
    np.testing.assert_array_equal(hard > 0, valid)
    assert set(np.unique(hard)) == {0.0, 1.0}
    # Straight ahead the edge is at a zenith angle of 80.7°, x = 0.75 at 71.3° and x = 0.875 at 76.4°.
    column = soft[:, 63]
    angles = np.degrees(np.pi * (np.arange(64) + 0.5) / 64)
    assert column[angles < 71].min() == 1.0
    assert np.interp(76.4, angles, column) == pytest.approx(0.5, abs=0.05)
    assert column[angles > 81].max() == 0.0
    assert np.abs(np.diff(column)).max() < 0.4


def test_overexposure_ramp_is_that_of_numpy():
    ldr_linear = np.random.default_rng(4).uniform(0.6, 1.0, (8, 16, 3)).astype(np.float32)
    ramp = overexposure_ramp(as_tensor(ldr_linear))[0, 0].numpy()
    np.testing.assert_allclose(ramp, calibration.overexposure_ramp(ldr_linear), atol=1e-6)
    assert 0.1 < ramp.mean() < 0.9


def test_calibrated_output_has_the_scale_of_numpys():
    rng = np.random.default_rng(5)
    ldr_linear = rng.random((16, 32, 3), dtype=np.float32)
    hdr = rng.lognormal(2.0, 1.0, (16, 32, 3)).astype(np.float32)
    scale = log_calibration_scale(as_tensor(ldr_linear), as_tensor(np.log(hdr)))
    assert float(scale) == pytest.approx(np.log(calibration.calibration_scale(ldr_linear, hdr)), abs=1e-5)


def test_calibration_undoes_any_scale(make_network):
    network = make_network(**UNET).eval()
    ldr_linear = torch.rand(1, 3, 128, 128)
    with torch.no_grad():
        before = Calibrated(network)(ldr_linear).log_hdr
        network.log_join.bias += 1.7
        after = Calibrated(network)(ldr_linear).log_hdr
    torch.testing.assert_close(before, after, rtol=0, atol=1e-4)


def test_closing_fills_a_pinhole_and_keeps_the_rest():
    mask = torch.zeros(1, 1, 8, 16)
    mask[..., 2:5, 14:] = mask[..., 2:5, :3] = 1.0
    expected = mask.clone()
    mask[..., 3, 0] = 0.0  # a hole on the meridian
    torch.testing.assert_close(close_mask(mask), expected)


def test_the_ceiling_branch_speaks_only_where_the_upper_hemisphere_is_overexposed(make_network):
    network = make_network(**PANOLANET).eval()
    assert isinstance(network, PanoLANet)
    ldr_linear = torch.full((1, 3, 128, 256), 0.3)
    ldr_linear[..., 20:40, 60:90] = 1.0
    ldr_linear[..., 100:110, 60:90] = 1.0
    with torch.no_grad():
        before = network(ldr_linear).log_hdr
        network.ceiling.head.bias += 2.0
        change = (network(ldr_linear).log_hdr - before)[0, 0]
    torch.testing.assert_close(change[25:35, 65:85], torch.full((10, 20), 2.0), rtol=0, atol=1e-4)
    assert change[64:].abs().max() == 0.0
    assert change[20:40, 120:].abs().max() == 0.0
