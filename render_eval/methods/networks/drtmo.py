"""DrTMO: eight darker or eight brighter exposures of an LDR.

The encoder is two-dimensional. The decoder is three-dimensional, and its third dimension is the exposure. The published
program normalises by the statistics of the current image, not by those of the training, since it leaves the network
in training mode; so does this.

Source: Endo, Kanamori and Mitani 2017, "Deep Reverse Tone Mapping", ACM Transactions on Graphics 36(6), section 4;
layer names: the authors' program network.py, class CNNAE3D512.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from render_eval.methods.networks.published_names import ImageNorm

#: Pixels that a side of the input must be a multiple of: nine times halved.
MULTIPLE_PX = 512
EXPOSURES = 8

#: Channels of the first layer.
PUBLISHED_CHANNELS = 64
#: Channels of the encoder's layers, in multiples of the first's.
_ENCODER = (1, 2, 4, 8, 8, 8, 8, 8, 8)
#: The decoder's layers: input and output channels in the same multiples, and stride over exposures; that over rows and
#: columns is 2. The last layer gives the three colours.
_DECODER = {
    "dc00": (8, 8, 2),
    "dc0": (16, 8, 2),
    "dc1": (16, 8, 2),
    "dc2": (16, 8, 1),
    "dc3": (16, 8, 1),
    "dc4": (16, 4, 1),
    "dc5": (8, 2, 1),
    "dc6": (4, 1, 1),
    "dc7": (2, 0, 1),
}
_SLOPE = 0.2
#: Chainer's BatchNormalization.
_EPSILON = 2e-5


class ExposureNetwork(nn.ModuleDict):
    """The network with random weights; its keys are the published names.

    Args:
        channels: of the first layer; all others are multiples of it.
    """

    def __init__(self, channels: int = PUBLISHED_CHANNELS) -> None:
        super().__init__()
        inputs = 3
        for number, multiple in enumerate(_ENCODER):
            outputs = multiple * channels
            self[f"c{number}"] = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1)
            if number:
                self[f"bnc{number}"] = ImageNorm(outputs, _EPSILON)
            inputs = outputs
        for name, (before, after, stride) in _DECODER.items():
            size, strides = (4 if stride == 2 else 3, 4, 4), (stride, 2, 2)
            outputs = after * channels or 3
            self[name] = nn.ConvTranspose3d(before * channels, outputs, size, stride=strides, padding=1)
            if after:
                self[f"bn{name}"] = ImageNorm(outputs, _EPSILON)

    def forward(self, image: Tensor) -> Tensor:
        """Return exposures, (1, 3, 8, H, W), [0, 1], in steps from the image's own.

        Args:
            image: (1, 3, H, W), display-encoded blue, green and red, [0, 1]; sides are multiples of 512.
        """
        skips = [F.leaky_relu(self["c0"](image), _SLOPE)]
        for number in range(1, len(_ENCODER)):
            skips.append(F.leaky_relu(self[f"bnc{number}"](self[f"c{number}"](skips[-1])), _SLOPE))
        features = skips.pop()[:, :, None]
        *inner, last = _DECODER
        for name in inner:
            features = F.relu(self[f"bn{name}"](self[name](features)))
            features = torch.cat([features, _at_all_exposures(skips.pop(), features.shape[2])], dim=1)
        features = self[last](features)
        return torch.sigmoid(features + _at_all_exposures(image, EXPOSURES))


def _at_all_exposures(features: Tensor, count: int) -> Tensor:
    return features[:, :, None].expand(-1, -1, count, -1, -1)
