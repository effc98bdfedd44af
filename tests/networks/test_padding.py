"""Padding against the sphere itself: a function of direction has the same values beyond the edge as on the sphere."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lanet_core.geometry import sphere
from lanet_core.networks.padding import PaddedConv2d, pad, set_padding


def function_of_direction(theta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """A smooth function on the sphere, given for angles beyond their usual ranges as well."""
    x, y, z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)
    return 0.3 * x + 0.5 * y * y - 0.2 * z + 0.7 * x * y * z


@pytest.mark.parametrize("margin", [1, 3])
def test_sphere_padding_continues_the_sphere(margin):
    height, width = 16, 32
    panorama = function_of_direction(sphere.zenith_angles_rad(height)[:, None], sphere.azimuths_rad(width)[None])
    # Zenith angles below 0 and above π, azimuths beyond ±π: the formula itself defines what is there.
    rows = np.pi * (np.arange(-margin, height + margin) + 0.5) / height
    columns = np.pi * (1.0 - 2.0 * (np.arange(-margin, width + margin) + 0.5) / width)
    expected = function_of_direction(rows[:, None], columns[None])
    padded = pad(torch.from_numpy(panorama)[None, None], margin, "sphere")[0, 0].numpy()
    np.testing.assert_allclose(padded, expected, atol=1e-12)


@pytest.mark.parametrize("margin", [1, 2, 3])
def test_symmetric_padding_is_numpys(margin):
    image = np.random.default_rng(0).random((5, 7))
    padded = pad(torch.from_numpy(image)[None, None], margin, "symmetric")[0, 0].numpy()
    np.testing.assert_array_equal(padded, np.pad(image, margin, mode="symmetric"))


def test_no_margin_changes_nothing():
    features = torch.rand(1, 2, 3, 4)
    assert pad(features, 0, "sphere") is features


@pytest.mark.parametrize(("kernel_size", "stride"), [(3, 1), (3, 2), (7, 2)])
@pytest.mark.parametrize("padding", ["sphere", "symmetric"])
def test_convolution_keeps_or_halves_the_size(kernel_size, stride, padding):
    convolution = PaddedConv2d(2, 5, kernel_size, padding=padding, stride=stride)
    assert convolution(torch.rand(1, 2, 8, 16)).shape == (1, 5, 8 // stride, 16 // stride)


def test_set_padding_reaches_every_layer():
    layers = torch.nn.Sequential(PaddedConv2d(1, 1, 3, padding="sphere"), PaddedConv2d(1, 1, 3, padding="sphere"))
    set_padding(layers, "symmetric")
    assert [layer.edge for layer in layers] == ["symmetric", "symmetric"]
