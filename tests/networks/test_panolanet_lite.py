"""panoLANet on the pretrained encoder: shapes, rotation, and where the predicted light is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from lanet_core.geometry import sphere
from lanet_core.networks.panolanet_lite import LiteConfiguration, PanoLANetLite

SMALL = {"decoder_channels": (16, 16, 8, 8), "ceiling_channels": (16, 16, 8, 8), "head_channels": 8}
VARIANTS = {
    "panorama": {},
    "without_statistics": {"statistics": False},
    "without_concentrated": {"concentrated": False},
    "ceiling": {"ceiling_branch": True},
    "ceiling_without_attention": {"ceiling_branch": True, "ceiling_attention": False},
}


def make_network(**values) -> PanoLANetLite:
    """A narrow network whose heads are random."""
    torch.manual_seed(0)
    network = PanoLANetLite(LiteConfiguration(**SMALL, **values)).eval()
    outputs = [network.out, network.head[-1]]
    if network.ceiling is not None:
        outputs.append(network.ceiling.out)
    for layer in outputs:
        nn.init.normal_(layer.weight, std=0.1)
    return network


def make_inputs(height: int = 64, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """A room with white windows, two of them high up."""
    generator = torch.Generator().manual_seed(seed)
    image = 0.6 * torch.rand(2, 3, height, 2 * height, generator=generator)
    overexposure = torch.zeros(2, 2, height, 2 * height)
    for row, column in ((8, 20), (12, 90), (30, 60)):
        image[:, :, row : row + 6, column : column + 8] = 1.0
        overexposure[:, :, row : row + 6, column : column + 8] = 1.0
    return image, overexposure


@pytest.mark.parametrize("name", VARIANTS)
def test_outputs_and_gradients(name):
    network = make_network(**VARIANTS[name])
    image, overexposure = make_inputs()
    output = network(image, overexposure)
    assert output.diffuse.shape == output.concentrated.shape == (2, 3, 32, 64)
    assert output.log_share.shape == (2, 1, 32, 64)
    assert output.log_energy.shape == (2, 3)
    assert bool(output.concentrated.any()) == (name != "without_concentrated")
    (output.light.log1p().mean() + output.log_energy.square().mean()).backward()
    idle = [
        parameter_name
        for parameter_name, parameter in network.named_parameters()
        if parameter.ndim > 1 and (parameter.grad is None or not parameter.grad.abs().sum() > 0)
    ]
    assert idle == []


@pytest.mark.parametrize("columns", [32, 64, 96])
def test_rotating_the_panorama_rotates_the_light(columns):
    network = make_network()
    image, overexposure = make_inputs()
    with torch.no_grad():
        direct = network(image, overexposure)
        turned = network(image.roll(columns, -1), overexposure.roll(columns, -1))
    for name in ("diffuse", "concentrated"):
        expected = getattr(direct, name)
        assert expected.max() > 0.1
        torch.testing.assert_close(getattr(turned, name).roll(-columns // 2, -1), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("ceiling_branch", [False, True])
def test_concentrated_light_sums_to_the_predicted_energy(ceiling_branch):
    network = make_network(ceiling_branch=ceiling_branch)
    with torch.no_grad():
        output = network(*make_inputs())
    solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(32, 64)).float()[:, None]
    energy = (output.concentrated * solid_angles).sum(dim=(2, 3))
    torch.testing.assert_close(energy, output.log_energy.exp(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("ceiling_branch", [False, True])
def test_light_is_added_only_where_the_image_is_over_exposed(ceiling_branch):
    network = make_network(ceiling_branch=ceiling_branch)
    image, overexposure = make_inputs()
    with torch.no_grad():
        light = network(image, overexposure).light
        dark = network(image, torch.zeros_like(overexposure)).light
    share = nn.functional.avg_pool2d(overexposure[:, :1], 2)
    assert (light[(share > 0.0).expand_as(light)] > 0.0).all()
    assert light[(share == 0.0).expand_as(light)].abs().max() == 0.0
    assert dark.abs().max() == 0.0


def test_the_ceiling_branch_replaces_the_upper_windows_alone():
    network = make_network(ceiling_branch=True)
    image, overexposure = make_inputs()
    with torch.no_grad():
        before = network(image, overexposure).diffuse
        network.ceiling.out.bias += 1.0
        change = (network(image, overexposure).diffuse / before).log()
    assert change[:, :, 4:7, 10:14].min() > 0.9
    assert change[:, :, 16:18, 30:34].abs().max() < 1e-5


def test_both_encoders_start_from_the_same_weights(tmp_path):
    network = make_network(ceiling_branch=True)
    torch.save(make_network(statistics=False).encoder.state_dict(), tmp_path / "weights.pth")
    network.load_imagenet_weights(tmp_path / "weights.pth")
    for name, value in network.encoder.state_dict().items():
        torch.testing.assert_close(network.ceiling.encoder.state_dict()[name], value, rtol=0, atol=0)


def test_an_untrained_network_adds_moderate_light():
    torch.manual_seed(0)
    network = PanoLANetLite(LiteConfiguration(**SMALL)).eval()
    with torch.no_grad():
        light = network(*make_inputs()).light
    assert 1.0 < float(light.max()) < 100.0
    assert np.isfinite(light.numpy()).all()


def test_a_channel_that_is_not_clipped_lacks_no_light():
    network = make_network()
    image, overexposure = make_inputs()
    neon = torch.tensor([1.0, 0.3, 0.02])[:, None, None]
    image = torch.where(overexposure[:, :1] > 0.0, neon, image)
    with torch.no_grad():
        output = network(image, overexposure)
    for radiance in (output.diffuse, output.concentrated):
        assert radiance[:, 0].max() > 0.1
        assert radiance[:, 1:].max() == 0.0


def test_a_light_smaller_than_a_pixel_has_light_in_every_channel():
    network = make_network()
    image = torch.full((1, 3, 64, 128), 0.1)
    overexposure = torch.zeros(1, 2, 64, 128)
    # A white disc that covers a fiftieth of a pixel of dark blue sky.
    image[:, :, 20, 40] = 0.98 * torch.tensor([0.02, 0.05, 0.3]) + 0.02
    overexposure[:, 0, 20, 40], overexposure[:, 1, 20, 40] = 0.02, 1.0
    with torch.no_grad():
        energy = network(image, overexposure).concentrated.sum(dim=(2, 3))
    torch.testing.assert_close(energy, energy[:, :1].expand(1, 3), rtol=3.0, atol=0.0)
    assert energy.min() > 0.0
