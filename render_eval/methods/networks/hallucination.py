"""SingleHDR's hallucination network: what is added to clipped pixels, from the linearised LDR.

Source: Liu et al. 2020, "Single-Image HDR Reconstruction by Learning to Reverse the Camera Pipeline", CVPR, section
3.3; layer names: github.com/alex04072000/SingleHDR, hallucination_net.py.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from render_eval.methods.networks.vgg_autoencoder import VggAutoencoder

#: The scope of its arrays in a checkpoint.
SCOPE = "Hallucination_Net/"


class HallucinationNetwork(VggAutoencoder):
    """The network with random weights; see :class:`VggAutoencoder`."""

    @staticmethod
    def make_upsampling(inputs: int, outputs: int) -> nn.Module:
        """Return the convolution after the upsampling, which pads on its own."""
        return nn.Conv2d(inputs, outputs, 3)

    def upsample(self, layer: nn.Module, features: Tensor) -> Tensor:
        """Repeat pixels, mirror the edge, convolve."""
        doubled = F.interpolate(features, scale_factor=2, mode="nearest")
        return F.relu(layer(F.pad(doubled, (1, 1, 1, 1), mode="reflect")))

    @staticmethod
    def skip(features: Tensor) -> Tensor:
        """Return the features as they are, in units of 1."""
        return features / 255.0
