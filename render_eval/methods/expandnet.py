"""``expandnet``: Expand-Net with its published weights, in our own implementation of the architecture.

Three branches see the display-encoded LDR: one of pixels, one dilated, one of the whole image at 256×256; 1×1
convolutions join them. SELU follows every convolution but the last of the last two branches and of the whole.

The network learned linear HDR images stretched to [0, 1], and its sigmoid gives the same. As in the published
program the LDR is stretched to [0, 1] before and the prediction after, so black is 0. The HDR's own scale is lost in
the stretch; it is one factor, and calibration by Eq. 1 finds it again.

The published program predicts in patches with zeros round the image. Here the image wraps in azimuth and has
zeros beyond the poles only, and bands of rows, which need less memory, give the same as the whole.

Source: Marnerides, Bashford-Rogers, Hatchett and Debattista 2018, "ExpandNet: A Deep Convolutional Neural Network for
High Dynamic Range Expansion from Low Dynamic Range Content", Computer Graphics Forum 37(2); weights:
github.com/dmarnerides/hdr-expandnet.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from render_eval.methods.method import MethodError, Photograph, needed_packages
from render_eval.methods.weight_files.location import Publication, find_weights, source_of
from render_eval.records import MethodRecord

if TYPE_CHECKING:
    from torch import Tensor, nn

#: SHA-256 of the published ``weights.pth``.
PUBLISHED_SHA256 = "145d1ad92a043dbfccb2c6078360d6b86d7829d2ec31a189c2c6ff61a6da37b7"

PUBLICATION = Publication(
    "expandnet",
    "Expand-Net",
    "Marnerides et al. 2018, ExpandNet",
    "github.com/dmarnerides/hdr-expandnet",
    ("weights.pth", "expandnet_weights.pth"),
    frozenset({PUBLISHED_SHA256}),
)

#: Pixels that a prediction depends on to either side, the global branch apart: four convolutions of dilation 2.
REACH_PX = 8

_GLOBAL_SIZE = (256, 256)
_BAND_ROWS = 128


class ExpandNet:
    """Expand-Net.

    Args:
        weights: the file of weights; None to find it in ``folder``.
        folder: the folder of published weights; None was not given, which is an error that names the project's page.

    Raises:
        MethodError: torch is missing, or the file is missing or holds other weights than Expand-Net's.
    """

    def __init__(self, weights: Path | None, *, folder: Path | None = None) -> None:
        weights = find_weights(PUBLICATION, folder) if weights is None else Path(weights)
        with needed_packages(PUBLICATION.method, extra="training"):
            self._network = load_network(weights)
        self.record = MethodRecord(PUBLICATION.method, PUBLICATION.label, source_of(PUBLICATION, [weights]))

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, stretched to [0, 1]."""
        rgb_encoded = stretched(photograph.rgb_srgb8.astype(np.float32))
        return stretched(run_network(self._network, rgb_encoded))


def stretched(image: np.ndarray) -> np.ndarray:
    """Return an array of any shape with its values' range mapped to [0, 1], float32; black if there is no range."""
    low, high = float(image.min()), float(image.max())
    if high == low:
        return np.zeros_like(image, dtype=np.float32)
    return ((image - low) / (high - low)).astype(np.float32)


def build_network() -> nn.ModuleDict:
    """Return Expand-Net's four parts with random weights; its state's keys are those of the published file."""
    from torch import nn

    def layer(inputs: int, outputs: int, size: int, stride: int = 1, padding: int = 0) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, padding), nn.SELU())

    def dilated(inputs: int) -> nn.Conv2d:
        return nn.Conv2d(inputs, 64, 3, padding=2, dilation=2)

    return nn.ModuleDict(
        {
            "local_net": nn.Sequential(layer(3, 64, 3, padding=1), layer(64, 128, 3, padding=1)),
            "mid_net": nn.Sequential(
                nn.Sequential(dilated(3), nn.SELU()),
                nn.Sequential(dilated(64), nn.SELU()),
                nn.Sequential(dilated(64), nn.SELU()),
                dilated(64),
            ),
            "glob_net": nn.Sequential(
                layer(3, 64, 3, stride=2, padding=1),
                *(layer(64, 64, 3, stride=2, padding=1) for _ in range(5)),
                nn.Conv2d(64, 64, 4),
            ),
            "end_net": nn.Sequential(layer(256, 64, 1), nn.Conv2d(64, 3, 1), nn.Sigmoid()),
        }
    )


def load_network(path: Path) -> nn.ModuleDict:
    """Return the network with the weights of a file.

    Raises:
        MethodError: the file is missing, damaged or holds other weights.
        ImportError: torch is missing.
    """
    import torch

    if not path.is_file():
        raise MethodError("There is no such file of weights.", path=path, remedy="Check --expandnet-weights.")
    network = build_network()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=True)
    except (RuntimeError, TypeError, AttributeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise MethodError(
            "These are not the weights of Expand-Net, or the file is damaged.",
            path=path,
            remedy="Download weights.pth from github.com/dmarnerides/hdr-expandnet.",
        ) from error
    return network.eval()


def run_network(network: nn.ModuleDict, rgb_encoded: np.ndarray) -> np.ndarray:
    """Return the network's output for a panorama.

    Args:
        network: see :func:`build_network`.
        rgb_encoded: (H, W, 3) float32, display-encoded, [0, 1].

    Returns:
        (H, W, 3) float32, linear, (0, 1).
    """
    import torch
    from torch.nn import functional as F  # noqa: N812

    with torch.inference_mode():
        image = torch.from_numpy(np.ascontiguousarray(rgb_encoded.transpose(2, 0, 1)[None]))
        small = F.interpolate(image, _GLOBAL_SIZE, mode="bilinear", align_corners=False)
        whole = network["glob_net"](small)
        wrapped = F.pad(image, (REACH_PX, REACH_PX, 0, 0), mode="circular")
        height = image.shape[2]
        bands = [
            _run_band(network, wrapped, whole, start, min(start + _BAND_ROWS, height))
            for start in range(0, height, _BAND_ROWS)
        ]
        return np.ascontiguousarray(torch.cat(bands, dim=2)[0].numpy().transpose(1, 2, 0))


def _run_band(network: nn.ModuleDict, wrapped: Tensor, whole: Tensor, start: int, end: int) -> Tensor:
    """Return the output for the rows from ``start`` to ``end``."""
    import torch

    first = max(start - REACH_PX, 0)
    band = wrapped[:, :, first : end + REACH_PX]
    here = slice(start - first, end - first), slice(REACH_PX, -REACH_PX)
    near = [network[branch](band)[:, :, *here] for branch in ("local_net", "mid_net")]
    return network["end_net"](torch.cat([*near, whole.expand(-1, -1, *near[0].shape[2:])], dim=1))
