"""SingleHDR's linearisation network: an LDR's inverse camera response, from its colours, edges and histograms.

A ResNet-18-like network with bottlenecks gives eleven weights of the principal components of measured responses (EMoR),
and the curve is made to rise. The components come as ``invemor.txt`` with the program, and are no part of this project.

Source: Liu et al. 2020, CVPR, section 3.2; Grossberg and Nayar 2003, "What is the Space of Camera Response Functions?";
layer names: github.com/alex04072000/SingleHDR, linearization_net.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from render_eval.methods.networks.published_names import SLIM, TENSORFLOW_LAYERS
from render_eval.methods.networks.tensorflow_layers import pad_same, sobel_edges

#: The scopes of its arrays in a checkpoint are part of the layers' names.
FEATURES, DECODER = "crf_feature_net", "ae_invcrf_decode_net"
COMPONENTS = 11
SAMPLES = 1024

#: Convolutions are those of tf.contrib.slim, the last layer is one of tf.layers.
NAMING = replace(SLIM, dense=TENSORFLOW_LAYERS.dense)

_BINS = (4, 8, 16)
_INPUTS = 3 + 6 + 3 * sum(bins + 1 for bins in _BINS)
#: tf.contrib.slim's batch_norm.
_EPSILON = 1e-3
#: Each block's name, input, inner and output channels, and stride; the first of a size has a convolved shortcut.
_RESIDUAL_BLOCKS = (
    ("2a", 64, 64, 256, 1),
    ("2b", 256, 64, 256, 1),
    ("2c", 256, 64, 256, 1),
    ("3a", 256, 128, 512, 2),
    ("3b", 512, 128, 512, 1),
)


class LinearisationNetwork(nn.ModuleDict):
    """The network with random weights; its keys are the published names, scopes included."""

    def __init__(self) -> None:
        super().__init__()
        self._add("conv1", "bn_conv1", nn.Conv2d(_INPUTS, 64, 7, stride=2))
        for block, inputs, inner, outputs, stride in _RESIDUAL_BLOCKS:
            if block.endswith("a"):
                self._add_branch(block, "1", nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False))
            self._add_branch(block, "2a", nn.Conv2d(inputs, inner, 1, stride=stride, bias=False))
            self._add_branch(block, "2b", nn.Conv2d(inner, inner, 3, padding=1, bias=False))
            self._add_branch(block, "2c", nn.Conv2d(inner, outputs, 1, bias=False))
        self[f"{DECODER}/dense"] = nn.Linear(512, COMPONENTS)

    def _add_branch(self, block: str, branch: str, layer: nn.Conv2d) -> None:
        self._add(f"res{block}_branch{branch}", f"bn{block}_branch{branch}", layer)

    def _add(self, name: str, norm: str, layer: nn.Conv2d) -> None:
        self[f"{FEATURES}/{name}"] = layer
        self[f"{FEATURES}/{norm}"] = nn.BatchNorm2d(layer.out_channels, _EPSILON)

    def forward(self, image: Tensor) -> Tensor:
        """Return the weights of the components, (N, 11), of a display-encoded image of [0, 1], (N, 3, H, W)."""
        histograms = [histogram(image, bins) for bins in _BINS]
        seen = pad_same(torch.cat([image, sobel_edges(image), *histograms], dim=1), 7, 2)
        features = F.relu(self[f"{FEATURES}/bn_conv1"](self[f"{FEATURES}/conv1"](seen)))
        features = F.max_pool2d(pad_same(features, 3, 2), 3, stride=2)
        for block, *_ in _RESIDUAL_BLOCKS:
            shortcut = self._branch(block, "1", features) if block.endswith("a") else features
            inner = F.relu(self._branch(block, "2a", features))
            inner = F.relu(self._branch(block, "2b", inner))
            features = F.relu(shortcut + self._branch(block, "2c", inner))
        return self[f"{DECODER}/dense"](features.mean(dim=(2, 3)))

    def _branch(self, block: str, branch: str, features: Tensor) -> Tensor:
        convolved = self[f"{FEATURES}/res{block}_branch{branch}"](features)
        return self[f"{FEATURES}/bn{block}_branch{branch}"](convolved)


def histogram(image: Tensor, bins: int) -> Tensor:
    """Return how much each value belongs to each of ``bins`` + 1 levels: 1 at the level, 0 at the next.

    Args:
        image: (N, C, H, W), [0, 1].
        bins: steps between 0 and 1.

    Returns:
        (N, C · (bins + 1), H, W), all channels of the first level first.
    """
    return torch.cat([F.relu(1.0 - (image - level / bins).abs() * bins) for level in range(bins + 1)], dim=1)


def rising(curve: Tensor) -> Tensor:
    """Return a curve, (N, S), that never falls and goes from 0 to 1: its steps raised by the worst, then scaled."""
    steps = curve[:, 1:] - curve[:, :-1]
    steps = steps + F.relu(-steps.min(dim=1, keepdim=True).values)
    return F.pad(torch.cumsum(steps / steps.sum(dim=1, keepdim=True), dim=1), (1, 0))


def apply_curve(image: Tensor, curve: Tensor) -> Tensor:
    """Return an image, [0, 1], through a curve of equal steps over [0, 1], (1, S), by linear interpolation."""
    last = curve.shape[1] - 1
    position = image * last
    below = position.floor()
    lower = curve[0][below.long().clamp(0, last)]
    upper = curve[0][(below.long() + 1).clamp(0, last)]
    return lower + (position - below) * (upper - lower)


def read_components(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read ``invemor.txt``: the mean inverse response, (1024,), and its components, (1024, 11), float32.

    Raises:
        ValueError: the file is not of this form.
        OSError: it cannot be read.
    """
    sections: dict[str, list[float]] = {}
    values: list[float] = []
    for line in path.read_text(encoding="ascii").splitlines():
        if "=" in line:
            values = sections.setdefault(line.partition("=")[0].strip(), [])
        else:
            values += [float(word) for word in line.split()]
    names = ["g0", *(f"hinv({number})" for number in range(1, COMPONENTS + 1))]
    for name in names:
        if len(sections.get(name, ())) != SAMPLES:
            raise ValueError(f"{name} has {len(sections.get(name, ()))} values instead of {SAMPLES}")
    mean, *components = (np.array(sections[name], dtype=np.float32) for name in names)
    return mean, np.stack(components, axis=1)
