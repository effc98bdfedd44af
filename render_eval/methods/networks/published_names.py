"""From the names, order and layout of published arrays to the state of a torch network."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import nn


class Arrays(Container[str], Protocol):
    """Arrays by name: a dict, an open archive or a checkpoint."""

    def __getitem__(self, name: str, /) -> np.ndarray:
        """Return an array."""
        ...


@dataclass(frozen=True)
class Naming:
    """How a framework names the arrays of a layer, and how it orders their axes.

    Attributes:
        convolution: names of the weights and the bias.
        transposed: the same of a transposed convolution.
        dense: the same of a fully connected layer.
        normalisation: names of shift, scale, mean and variance, in the order in which they are created; the last two
            are left out where a program does not use them.
        channels_last: whether weights are (rows, columns, in, out) instead of (out, in, rows, columns), and those of
            a transposed convolution (rows, columns, out, in) instead of (in, out, rows, columns).
    """

    convolution: tuple[str, str]
    transposed: tuple[str, str] = ("", "")
    dense: tuple[str, str] = ("", "")
    normalisation: tuple[str, ...] = ()
    channels_last: bool = True


#: TensorLayer 1.x: Conv2dLayer, DeConv2dLayer, BatchNormLayer.
TENSORLAYER = Naming(
    ("W_conv2d", "b_conv2d"),
    ("W_deconv2d", "b_deconv2d"),
    normalisation=("beta", "gamma", "moving_mean", "moving_variance"),
)
#: tf.layers: conv2d, dense.
TENSORFLOW_LAYERS = Naming(("kernel", "bias"), dense=("kernel", "bias"))
#: tf.contrib.slim: conv2d, batch_norm.
SLIM = Naming(
    ("weights", "biases"),
    normalisation=tuple(f"BatchNorm/{leaf}" for leaf in ("beta", "gamma", "moving_mean", "moving_variance")),
)
#: Chainer's serializers.save_npz.
CHAINER = Naming(("W", "b"), ("W", "b"), normalisation=("beta", "gamma"), channels_last=False)

_AFFINE = ("weight", "bias")
_NORMALISATION = ("bias", "weight", "running_mean", "running_var")
_CHANNELS_LAST_AXES = {1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}


def published_names(network: nn.Module, naming: Naming, prefix: str = "") -> dict[str, str]:
    """Return {key of the network's state: published name}, in the order in which the layers were created.

    Args:
        network: its modules' names are the published names of the layers.
        naming: of the framework.
        prefix: the published scope of all layers, with the slash at its end.
    """
    names = {}
    for layer, module in network.named_modules():
        for attribute, leaf in zip(*_leaves(module, naming), strict=False):
            if getattr(module, attribute) is not None:
                names[f"{layer}.{attribute}"] = f"{prefix}{layer}/{leaf}"
    return names


def assign(network: nn.Module, arrays: Arrays, naming: Naming, prefix: str = "") -> None:
    """Give a network its published weights.

    Args:
        network: see :func:`published_names`; changed in place.
        arrays: by their published names; there may be more.
        naming: of the framework.
        prefix: see :func:`published_names`.

    Raises:
        ValueError: an array is missing, or has another shape than its layer, or holds NaN or infinite values.
    """
    state = network.state_dict()
    with torch.no_grad():
        for key, name in published_names(network, naming, prefix).items():
            if name not in arrays:
                raise ValueError(f"it lacks {name}")
            array = np.asarray(arrays[name])
            axes = _CHANNELS_LAST_AXES.get(array.ndim) if naming.channels_last else range(array.ndim)
            expected = tuple(state[key].shape)
            found = tuple(array.shape[axis] for axis in axes) if axes is not None else array.shape
            if found != expected:
                raise ValueError(f"{name} has the shape {array.shape}, its layer's weights are {expected}")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} contains NaN or infinite values")
            state[key].copy_(torch.from_numpy(np.array(array.transpose(axes), dtype=np.float32)))


def _leaves(module: nn.Module, naming: Naming) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if isinstance(module, nn.Conv2d):
        return _AFFINE, naming.convolution
    if isinstance(module, nn.ConvTranspose2d | nn.ConvTranspose3d):
        return _AFFINE, naming.transposed
    if isinstance(module, nn.Linear):
        return _AFFINE, naming.dense
    if isinstance(module, nn.BatchNorm2d | ImageNorm):
        return _NORMALISATION, naming.normalisation
    return (), ()


class ImageNorm(nn.Module):
    """Batch normalisation by the statistics of the current image, also of a single value per channel.

    Args:
        channels: of the input.
        epsilon: added to the variance.
    """

    def __init__(self, channels: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self._epsilon = epsilon

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return features, (1, C, …) float32, with mean 0 and variance 1 over their places, scaled and shifted."""
        places = [axis for axis in range(features.dim()) if axis != 1]
        mean = features.mean(dim=places, keepdim=True)
        variance = features.var(dim=places, keepdim=True, correction=0)
        shape = (1, -1) + (1,) * (features.dim() - 2)
        normal = (features - mean) * torch.rsqrt(variance + self._epsilon)
        return normal * self.weight.view(shape) + self.bias.view(shape)
