"""Operations of TensorFlow 1 that torch defines otherwise: padding, upsampling, edges. All take (N, C, H, W) float."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def pad_same(features: Tensor, kernel: int, stride: int) -> Tensor:
    """Pad with zeros as ``padding="SAME"`` does: what is left over goes to the right and to the bottom.

    Source: tf.nn, "Notes on padding".
    """
    pads = []
    for size in (features.shape[3], features.shape[2]):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(features, pads)


def upsample_bilinear(features: Tensor) -> Tensor:
    """Double the size as ``tf.image.resize_bilinear`` of TensorFlow 1 does.

    Its pixels are at their corners: every second output is an input, and those between are means of two. The last row
    and column are repeated.
    """
    for axis in (2, 3):
        size = features.shape[axis]
        following = torch.cat([features.narrow(axis, 1, size - 1), features.narrow(axis, size - 1, 1)], dim=axis)
        pairs = torch.stack([features, (features + following) / 2], dim=axis + 1)
        features = pairs.flatten(axis, axis + 1)
    return features


def sobel_edges(image: Tensor) -> Tensor:
    """Return the vertical and the horizontal derivative of each channel, (N, 2C, H, W): y and x of the first, ….

    As ``tf.image.sobel_edges``: the image is mirrored at its edge.
    """
    down = torch.tensor([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]])
    channels = image.shape[1]
    kernels = torch.stack([down, down.T]).repeat(channels, 1, 1)[:, None].to(image)
    return F.conv2d(F.pad(image, (1, 1, 1, 1), mode="reflect"), kernels, groups=channels)
