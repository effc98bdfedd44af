"""Santos et al.'s U-Net with soft masks: clipped pixels are kept out of the features, layer by layer.

A convolution sees its features times a mask. The mask of its output is the mean of the input's masks, weighted by the
absolute values of the kernel.

Source: Santos, Ren and Kalantari 2020, "Single Image HDR Reconstruction Using a CNN with Masked Features and Perceptual
Loss", ACM Transactions on Graphics 39(4), section 3.1; layer names: github.com/marcelsan/Deep-HdrReconstruction.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

#: Output channels, kernel and stride of the encoder's layers.
_ENCODER = ((64, 7), (128, 5), (256, 5), (512, 3), (512, 3), (512, 3), (512, 3))
_SLOPE = 0.2


class SoftMaskLayer(nn.Module):
    """A convolution of features and of their mask by the same kernel."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, *, bias: bool = False) -> None:
        super().__init__()
        self._padding = size // 2
        # Two levels, so that the state has the published keys.
        self.conv = nn.ModuleDict(
            {"input_conv": nn.Conv2d(inputs, outputs, size, stride, padding=self._padding, bias=bias)}
        )

    def forward(self, features: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return features, not activated, and their mask; both (N, C, H, W)."""
        layer = self.conv["input_conv"]
        assert isinstance(layer, nn.Conv2d)
        kernel = layer.weight.abs()
        seen = F.conv2d(mask, kernel, stride=layer.stride, padding=self._padding)
        return layer(features * mask), seen / (kernel.sum(dim=(1, 2, 3)).view(1, -1, 1, 1) + 1e-6)


class SoftMaskUNet(nn.Module):
    """The network with random weights; the keys of its state are the published ones, but for the masks' kernels."""

    #: Pixels that a side of the input must be a multiple of: seven times halved.
    multiple_px = 128

    def __init__(self) -> None:
        super().__init__()
        channels = [3]
        for number, (outputs, size) in enumerate(_ENCODER, start=1):
            setattr(self, f"enc_{number}", SoftMaskLayer(channels[-1], outputs, size, stride=2))
            channels.append(outputs)
        for number in range(len(_ENCODER), 0, -1):
            inputs, outputs = channels[number] + channels[number - 1], channels[number - 1]
            setattr(self, f"dec_{number}", SoftMaskLayer(inputs, outputs, 3, bias=number == 1))

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """Return the prediction, ln(1 + HDR).

        Args:
            image: (N, 3, H, W), normalised by ImageNet's statistics; sides are multiples of 128.
            mask: the same shape: 1 where a value is to be trusted, 0 where it is clipped.
        """
        skips = []
        features = image
        for number in range(1, len(_ENCODER) + 1):
            skips.append(features)
            features, mask = getattr(self, f"enc_{number}")(features, mask)
            features = F.relu(features)
        for number in range(len(_ENCODER), 0, -1):
            skipped = skips.pop()
            features = torch.cat([F.interpolate(features, scale_factor=2, mode="nearest"), skipped], dim=1)
            # What the encoder passes on counts as valid, independent of its mask.
            mask = torch.cat([F.interpolate(mask, scale_factor=2, mode="nearest"), torch.ones_like(skipped)], dim=1)
            features, mask = getattr(self, f"dec_{number}")(features, mask)
            if number > 1:
                features = F.leaky_relu(features, _SLOPE)
        return features
