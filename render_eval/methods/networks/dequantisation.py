"""SingleHDR's U-Nets: one restores what 8 bits lost, the other refines the whole HDR.

Both have the same layers but for their input and the deepest channels, and add what they find to the input.

Source: Liu et al. 2020, "Single-Image HDR Reconstruction by Learning to Reverse the Camera Pipeline", CVPR, sections
3.1 and 3.4; layers: github.com/alex04072000/SingleHDR, dequantization_net.py and refinement_net.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from render_eval.methods.networks.tensorflow_layers import upsample_bilinear

#: Pixels that a side of the input must be a multiple of: four times halved.
MULTIPLE_PX = 16

#: The scopes of their arrays in a checkpoint.
DEQUANTISATION_SCOPE = "Dequantization_Net/"
REFINEMENT_SCOPE = "Refinement_Net/"

_SLOPE = 0.1


class ResidualUNet(nn.ModuleDict):
    """A U-Net with random weights; its keys are the published names, numbered in the order of use.

    Args:
        inputs: channels of the input.
        deepest: channels of the deepest features.
        bounded: whether the output is limited by a hyperbolic tangent before it is added.
    """

    def __init__(self, inputs: int, deepest: int, *, bounded: bool) -> None:
        super().__init__()
        self._bounded = bounded
        self._add(inputs, 16, 7)
        self._add(16, 16, 7)
        for fewer, more, size in ((16, 32, 5), (32, 64, 3), (64, 128, 3), (128, deepest, 3)):
            self._add(fewer, more, size)
            self._add(more, more, size)
        for more, fewer in ((deepest, 128), (128, 64), (64, 32), (32, 16)):
            self._add(more, fewer, 3)
            self._add(2 * fewer, fewer, 3)
        self._add(16, 3, 3)

    @classmethod
    def for_dequantisation(cls) -> ResidualUNet:
        """Return the network that sees the LDR."""
        return cls(3, 256, bounded=True)

    @classmethod
    def for_refinement(cls) -> ResidualUNet:
        """Return the network that sees the HDR, the linearised LDR and the dequantised LDR."""
        return cls(9, 128, bounded=False)

    def _add(self, inputs: int, outputs: int, size: int) -> None:
        self[f"conv2d_{len(self)}" if len(self) else "conv2d"] = nn.Conv2d(inputs, outputs, size, padding=size // 2)

    def forward(self, image: Tensor) -> Tensor:
        """Return the first three channels of an image, (N, C, H, W), with what was found; multiples of 16."""
        layers = iter(self.values())

        def convolved(features: Tensor) -> Tensor:
            return F.leaky_relu(next(layers)(features), _SLOPE)

        features = convolved(convolved(image))
        skips = []
        for _ in range(4):
            skips.append(features)
            features = convolved(convolved(F.avg_pool2d(features, 2)))
        for _ in range(4):
            features = convolved(upsample_bilinear(features))
            features = convolved(torch.cat([features, skips.pop()], dim=1))
        found = next(layers)(features)
        return image[:, :3] + (torch.tanh(found) if self._bounded else found)
