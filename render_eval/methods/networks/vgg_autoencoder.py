"""The autoencoder that HDR-CNN and the hallucination network of SingleHDR share: VGG-16 with skip connections.

A subclass defines how the decoder doubles the size, and what a skip connection does to the encoder's features.

Source: Eilertsen, Kronander, Denes, Mantiuk and Unger 2017, "HDR image reconstruction from a single exposure using deep
CNNs", ACM Transactions on Graphics 36(6), section 4 and figure 5; layer names: github.com/gabrieleilertsen/hdrcnn.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

#: Channels and number of convolutions of VGG-16's blocks.
_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
#: Channels that each of the decoder's five steps gives.
_DECODER_CHANNELS = (512, 512, 256, 128, 64)
#: Mean of ImageNet in blue, green and red, which VGG-16 was trained with; of 255.
_MEAN_BGR = (103.939, 116.779, 123.68)
#: TensorLayer's BatchNormLayer.
_EPSILON = 1e-5


class VggAutoencoder(nn.ModuleDict):
    """The network with random weights; its keys are the published names, in the order in which they were created."""

    #: Pixels that a side of the input must be a multiple of: five times halved.
    multiple_px = 32

    def __init__(self) -> None:
        super().__init__()
        channels = 3
        for block, (outputs, count) in enumerate(_BLOCKS, start=1):
            for number in range(1, count + 1):
                self[f"encoder/h{block}/conv_{number}"] = nn.Conv2d(channels, outputs, 3, padding=1)
                channels = outputs
        self["encoder/h6/conv"] = nn.Conv2d(channels, channels, 3, padding=1)
        self["encoder/h6/batch_norm"] = nn.BatchNorm2d(channels, _EPSILON)
        for step, outputs in enumerate(_DECODER_CHANNELS, start=1):
            if step > 1:
                skipped = _BLOCKS[-step + 1][0]
                self[f"decoder/h{step}/fuse_skip_connection"] = nn.Conv2d(channels + skipped, channels, 1)
            self[f"decoder/h{step}/decon2d"] = self.make_upsampling(channels, outputs)
            self[f"decoder/h{step}/decon2d/batch_norm_dc"] = nn.BatchNorm2d(outputs, _EPSILON)
            channels = outputs
        self["decoder/h6/fuse_skip_connection"] = nn.Conv2d(channels + _BLOCKS[0][0], channels, 1)
        self["decoder/h7/conv2d"] = nn.Conv2d(channels, 3, 1)
        self["decoder/h7/batch_norm"] = nn.BatchNorm2d(3, _EPSILON)
        self["decoder/h7/fuse_skip_connection"] = nn.Conv2d(6, 3, 1)

    @staticmethod
    @abstractmethod
    def make_upsampling(inputs: int, outputs: int) -> nn.Module:
        """Return the convolution of a decoder step."""

    @abstractmethod
    def upsample(self, layer: nn.Module, features: Tensor) -> Tensor:
        """Return features of twice the size."""

    @staticmethod
    @abstractmethod
    def skip(features: Tensor) -> Tensor:
        """Return the encoder's features, whose unit is a 255th, in the decoder's domain."""

    def forward(self, image: Tensor) -> Tensor:
        """Return the network's output, (N, 3, H, W), for an image of [0, 1]; sides are multiples of 32."""
        scaled = 255.0 * image
        mean = torch.tensor(_MEAN_BGR).to(image).view(1, 3, 1, 1)
        features = scaled.flip(1) - mean
        skips = [scaled]
        for block, (_, count) in enumerate(_BLOCKS, start=1):
            for number in range(1, count + 1):
                features = F.relu(self[f"encoder/h{block}/conv_{number}"](features))
            skips.append(features)
            features = F.max_pool2d(features, 2)
        features = F.relu(self["encoder/h6/batch_norm"](self["encoder/h6/conv"](features)))
        for step in range(1, len(_DECODER_CHANNELS) + 1):
            if step > 1:
                features = self._fuse(step, features, skips.pop())
            name = f"decoder/h{step}/decon2d"
            features = F.relu(self[f"{name}/batch_norm_dc"](self.upsample(self[name], features)))
        features = self._fuse(6, features, skips.pop())
        features = F.relu(self["decoder/h7/batch_norm"](self["decoder/h7/conv2d"](features)))
        return self._fuse(7, features, skips.pop())

    def _fuse(self, step: int, features: Tensor, skipped: Tensor) -> Tensor:
        joined = torch.cat([features, self.skip(skipped)], dim=1)
        return self[f"decoder/h{step}/fuse_skip_connection"](joined)
