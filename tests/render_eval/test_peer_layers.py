"""Layers of other authors' networks against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from reference_layers import convolve_same, debevec, enlarged_bilinear, maximum_same, sobel, transposed_same

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

from render_eval.methods.bracketing import consistent_exposures, merge_debevec  # noqa: E402
from render_eval.methods.networks.arrays import run_on_array, to_tensor  # noqa: E402
from render_eval.methods.networks.linearisation import apply_curve, histogram, rising  # noqa: E402
from render_eval.methods.networks.published_names import CHAINER, TENSORLAYER, ImageNorm, assign  # noqa: E402
from render_eval.methods.networks.soft_mask_unet import SoftMaskLayer  # noqa: E402
from render_eval.methods.networks.tensorflow_layers import pad_same, sobel_edges, upsample_bilinear  # noqa: E402


def values(*shape: int) -> np.ndarray:
    return (np.random.default_rng(sum(shape)).random(shape) - 0.5).astype(np.float32)


@pytest.mark.parametrize(("size", "stride"), [((6, 8), 1), ((6, 8), 2), ((7, 9), 2), ((5, 6), 3)])
@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_convolutions_with_same_padding(size, stride, kernel):
    image, weights = values(*size, 2), values(kernel, kernel, 2, 3)
    network = nn.ModuleDict({"layer": nn.Conv2d(2, 3, kernel, stride=stride, bias=False)})
    assign(network, {"layer/W_conv2d": weights}, TENSORLAYER)
    found = run_on_array(lambda x: network["layer"](pad_same(x, kernel, stride)), image)
    np.testing.assert_allclose(found, convolve_same(image, weights, stride), atol=1e-5)


@pytest.mark.parametrize("size", [(6, 8), (7, 9)])
def test_maximum_pooling_with_same_padding(size):
    image = values(*size, 2) + 1.0  # after an activation nothing is negative
    found = run_on_array(lambda x: F.max_pool2d(pad_same(x, 3, 2), 3, stride=2), image)
    np.testing.assert_allclose(found, maximum_same(image, 3, 2), atol=1e-6)


def test_transposed_convolutions():
    image, weights = values(3, 4, 2), values(4, 4, 5, 2)
    network = nn.ModuleDict({"layer": nn.ConvTranspose2d(2, 5, 4, stride=2, padding=1, bias=False)})
    assign(network, {"layer/W_deconv2d": weights}, TENSORLAYER)
    found = run_on_array(network["layer"], image)
    np.testing.assert_allclose(found, transposed_same(image, weights, 2), atol=1e-5)


def test_bilinear_upsampling():
    image = values(3, 5, 2)
    np.testing.assert_allclose(run_on_array(upsample_bilinear, image), enlarged_bilinear(image), atol=1e-6)


def test_sobel_edges():
    image = values(5, 6, 3)
    np.testing.assert_allclose(run_on_array(sobel_edges, image), sobel(image).reshape(5, 6, 6), atol=1e-5)


def test_histograms_share_a_value_between_two_levels():
    image = np.array([[[0.0, 0.25, 0.3]]], np.float32)
    found = run_on_array(lambda x: histogram(x, 4), image)[0, 0].reshape(5, 3)
    np.testing.assert_allclose(found, [[1, 0, 0], [0, 1, 0.8], [0, 0, 0.2], [0, 0, 0], [0, 0, 0]], atol=1e-6)


def test_a_rising_curve():
    # The steps 1, -1, 2 are raised by 1 and scaled by their sum.
    np.testing.assert_allclose(rising(torch.tensor([[5.0, 6.0, 5.0, 7.0]])), [[0.0, 0.4, 0.4, 1.0]], atol=1e-6)


def test_a_curve_is_interpolated():
    curve = torch.tensor([[0.0, 0.5, 0.6, 1.0]])
    levels = np.linspace(0.0, 1.0, 13, dtype=np.float32)
    found = apply_curve(torch.from_numpy(levels), curve)
    np.testing.assert_allclose(found, np.interp(levels, [0, 1 / 3, 2 / 3, 1], curve[0].numpy()), atol=1e-6)


def test_a_soft_masks_convolution():
    features, mask, weights = values(4, 5, 2), np.abs(values(4, 5, 2)) * 2.0, values(3, 3, 2, 3)
    layer = SoftMaskLayer(2, 3, 3)
    with torch.no_grad():
        layer.conv["input_conv"].weight[:] = torch.from_numpy(weights.transpose(3, 2, 0, 1))
    found, found_mask = layer(to_tensor(features), to_tensor(mask))
    found, found_mask = (each[0].detach().numpy().transpose(1, 2, 0) for each in (found, found_mask))
    np.testing.assert_allclose(found, convolve_same(features * mask, weights), atol=1e-5)
    expected = convolve_same(mask, np.abs(weights)) / np.abs(weights).sum(axis=(0, 1, 2))
    np.testing.assert_allclose(found_mask, expected, atol=1e-5)
    assert found_mask.max() <= 1.0


def test_normalisation_by_the_image_at_hand():
    network = nn.ModuleDict({"norm": ImageNorm(2, 2e-5)})
    assign(network, {"norm/gamma": np.array([2.0, 3.0]), "norm/beta": np.array([0.5, -0.5])}, CHAINER)
    image = values(3, 4, 2)
    normal = (image - image.mean(axis=(0, 1))) / np.sqrt(image.var(axis=(0, 1)) + 2e-5)
    np.testing.assert_allclose(run_on_array(network["norm"], image), normal * [2.0, 3.0] + [0.5, -0.5], atol=1e-5)
    single = run_on_array(network["norm"], values(1, 1, 2))
    np.testing.assert_allclose(single[0, 0], [0.5, -0.5], atol=1e-6)


def test_three_dimensional_transposed_convolutions_spread_each_value():
    weights = values(2, 3, 4, 4, 4)
    network = nn.ModuleDict({"dc": nn.ConvTranspose3d(2, 3, 4, stride=2, padding=1)})
    assign(network, {"dc/W": weights, "dc/b": np.zeros(3)}, CHAINER)
    features = torch.zeros(1, 2, 2, 3, 3)
    features[0, 1, 1, 1, 1] = 1.0
    found = network["dc"](features)[0].detach().numpy()
    expected = np.zeros((3, 4, 6, 6), np.float32)
    expected[:, 1:4, 1:5, 1:5] = weights[1, :, :3]  # its fourth plane is beyond the last exposure
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_exposures_are_merged_as_debevec_and_malik_do():
    images = [(np.random.default_rng(seed).random((6, 8, 3)) * 256).astype(np.uint8) for seed in range(3)]
    images[1][0, 0] = (0, 0, 255)
    times = [2.0 ** (number / 2.0) / 1024.0 for number in range(3)]
    np.testing.assert_allclose(merge_debevec(images), debevec(images, times), rtol=1e-4)


def test_exposures_are_merged_as_opencv_does():
    rng = np.random.default_rng(0)
    images = [(rng.random((6, 8, 3)) * 256).astype(np.uint8) for _ in range(3)]
    merged = merge_debevec(images)
    # OpenCV 4.8, createMergeDebevec().process(images, times) with times of 1/1024 s and half a stop between them.
    expected = {(0, 0): (96518.0, 41689.2, 19131.7), (3, 4): (76818.1, 104284.0, 129411.0)}
    for place, radiance in expected.items():
        np.testing.assert_allclose(merged[place], radiance, rtol=1e-5)


def test_exposures_that_contradict_the_one_before_are_left_out_with_all_beyond():
    def flat(code: int) -> np.ndarray:
        return np.full((2, 2, 3), code, np.uint8)

    odd = flat(60)
    odd[0, 0, 0] = 165  # 65 codes brighter than in the exposure above it
    image = flat(120)
    kept = consistent_exposures([flat(100), odd, flat(40)], image, [flat(140), flat(76), flat(11), flat(200)])
    assert [int(each[1, 1, 1]) for each in kept] == [100, 120, 140, 76]
