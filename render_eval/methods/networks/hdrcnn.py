"""HDR-CNN: an autoencoder from a display-encoded LDR to the natural logarithm of the HDR."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from render_eval.methods.networks.vgg_autoencoder import VggAutoencoder

#: Keeps the logarithm of black finite.
OFFSET = 1.0 / 255.0


class HdrCnnNetwork(VggAutoencoder):
    """The network with random weights; see :class:`VggAutoencoder`."""

    @staticmethod
    def make_upsampling(inputs: int, outputs: int) -> nn.Module:
        """Return a transposed convolution that doubles the size."""
        return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)

    def upsample(self, layer: nn.Module, features: Tensor) -> Tensor:
        """Return features of twice the size."""
        return layer(features)

    @staticmethod
    def skip(features: Tensor) -> Tensor:
        """Return the logarithm of the features as light, by a camera curve of gamma 2."""
        return torch.log((features / 255.0) ** 2 + OFFSET)
