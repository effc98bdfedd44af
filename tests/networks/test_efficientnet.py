"""EfficientNet-Lite0 against an independent implementation, with weights under the published names."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core.errors import CheckpointError
from lanet_core.networks.efficientnet import SKIP_CHANNELS, EfficientNetLite0, fold_normalisation

#: Repeats, channels, kernel, stride, expansion (Tan and Le 2019, Table 1; the Lite variant keeps the last factor).
STAGES = (
    (1, 16, 3, 1, 1),
    (2, 24, 3, 2, 6),
    (2, 40, 5, 2, 6),
    (3, 80, 3, 2, 6),
    (3, 112, 5, 1, 6),
    (4, 192, 5, 2, 6),
    (1, 320, 3, 1, 6),
)
#: Numbers of the last blocks before the resolution falls, and of the last block.
SKIP_BLOCKS = (0, 2, 4, 10, 15)


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    network = EfficientNetLite0(wraps=False).eval()
    for name, value in network.state_dict().items():
        if name.endswith("running_mean"):
            value.normal_(0.0, 0.2)
        elif name.endswith("running_var"):
            value.uniform_(0.5, 2.0)
        elif "_bn" in name and value.ndim == 1:
            value += 0.1 * torch.randn_like(value)
    return network


def same_convolution(features: Tensor, weight: Tensor, stride: int, groups: int = 1) -> Tensor:
    """TensorFlow's SAME: the output has ceil(n / stride) pixels, and an odd pixel of padding comes last."""
    padding = []
    for side in (features.shape[-1], features.shape[-2]):
        total = max((-(-side // stride) - 1) * stride + weight.shape[-1] - side, 0)
        padding += [total // 2, total - total // 2]
    return F.conv2d(F.pad(features, padding), weight, stride=stride, groups=groups)


def independent_encoder(state: dict[str, Tensor], srgb: Tensor) -> list[Tensor]:
    def normalised(features: Tensor, name: str) -> Tensor:
        mean, variance, weight, bias = (
            state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(features, mean, variance, weight, bias, eps=1e-3)

    features = same_convolution((255.0 * srgb - 127.0) / 128.0, state["_conv_stem.weight"], 2)
    features = normalised(features, "_bn0").clamp(0.0, 6.0)
    skips, number, channels = [], 0, 32
    for repeats, out_channels, _, stride, expansion in STAGES:
        for repeat in range(repeats):
            name, inner = f"_blocks.{number}", features
            if expansion > 1:
                inner = F.conv2d(inner, state[f"{name}._expand_conv.weight"])
                inner = normalised(inner, f"{name}._bn0").clamp(0.0, 6.0)
            own_stride = stride if repeat == 0 else 1
            inner = same_convolution(inner, state[f"{name}._depthwise_conv.weight"], own_stride, inner.shape[1])
            inner = normalised(inner, f"{name}._bn1").clamp(0.0, 6.0)
            inner = normalised(F.conv2d(inner, state[f"{name}._project_conv.weight"]), f"{name}._bn2")
            features = features + inner if own_stride == 1 and channels == out_channels else inner
            channels = out_channels
            if number in SKIP_BLOCKS:
                skips.append(features)
            number += 1
    return skips


def test_the_encoder_is_the_published_network(encoder):
    srgb = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        skips, expected = encoder(srgb), independent_encoder(encoder.state_dict(), srgb)
    assert tuple(each.shape[1] for each in skips) == SKIP_CHANNELS
    assert [each.shape[-1] for each in skips] == [48, 24, 12, 6, 3]
    for skip, wanted in zip(skips, expected, strict=True):
        assert wanted.std() > 1e-3
        torch.testing.assert_close(skip, wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))


def test_the_encoder_has_3_4_million_weights(encoder):
    count = sum(parameter.numel() for parameter in encoder.parameters())
    # 4,652,008 in the published network, less the last convolution (320 × 1280, 2 × 1280) and the classifier.
    assert count == 4_652_008 - (320 * 1280 + 2 * 1280) - (1280 * 1000 + 1000)


def test_folding_the_normalisation_leaves_the_output_unchanged(encoder):
    srgb = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        before = encoder(srgb)
        fold_normalisation(encoder)
        after = encoder(srgb)
    assert not any("running" in name for name in encoder.state_dict())
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4 * float(one.abs().max()))


def test_columns_wrap_in_a_panorama_and_not_in_the_ceiling_view():
    srgb = torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(3))
    differences = {}
    for wraps in (True, False):
        torch.manual_seed(0)
        encoder = EfficientNetLite0(wraps=wraps)
        with torch.no_grad():
            direct, turned = encoder(srgb)[-1], encoder(srgb.roll(32, -1))[-1].roll(-1, -1)
        differences[wraps] = float((direct - turned).abs().max() / direct.abs().max())
    assert differences[True] < 1e-4
    assert differences[False] > 1e-2


def test_published_weights_are_read_by_name(encoder, tmp_path):
    extra = {"_conv_head.weight": torch.zeros(1), "_fc.bias": torch.zeros(1)}
    torch.save(encoder.state_dict() | extra, tmp_path / "weights.pth")
    fresh = EfficientNetLite0()
    fresh.load_imagenet_weights(tmp_path / "weights.pth")
    for name, value in encoder.state_dict().items():
        torch.testing.assert_close(fresh.state_dict()[name], value, rtol=0, atol=0)


def test_unusable_weights_are_an_error_that_names_the_file(encoder, tmp_path):
    path = tmp_path / "weights.pth"
    state = encoder.state_dict()
    del state["_blocks.3._bn1.bias"]
    torch.save(state, path)
    with pytest.raises(CheckpointError, match=r"lack _blocks\.3\._bn1\.bias") as caught:
        EfficientNetLite0().load_imagenet_weights(path)
    assert str(path) in str(caught.value)
    path.write_bytes(b"no weights")
    for each in (path, tmp_path / "missing.pth"):
        with pytest.raises(CheckpointError, match="cannot be read"):
            EfficientNetLite0().load_imagenet_weights(each)
