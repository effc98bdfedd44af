"""``santos``: the method of Santos, Ren and Kalantari with its published weights.

The network is :mod:`render_eval.methods.networks.soft_mask_unet`. Each channel is blended on its own.

Source: Santos et al. 2020, "Single Image HDR Reconstruction Using a CNN with Masked Features and Perceptual Loss";
program and weights: github.com/marcelsan/Deep-HdrReconstruction.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from render_eval.methods.highlight_network import HighlightNetwork
from render_eval.methods.highlights import ramp
from render_eval.methods.weight_files.location import Publication, not_the_weights

if TYPE_CHECKING:
    from render_eval.methods.networks.soft_mask_unet import SoftMaskUNet

PUBLICATION = Publication(
    "santos",
    "Santos et al. 2020",
    "Santos et al. 2020, Single Image HDR Reconstruction Using a CNN with Masked Features and Perceptual Loss",
    "github.com/marcelsan/Deep-HdrReconstruction",
    ("checkpoint.pth", "santos*.pth", "deep_hdr*.pth"),
)

#: Width of the ramp below white over which a channel counts as less and less valid.
RAMP = 0.05
#: Mean and standard deviation of ImageNet's red, green and blue.
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)

#: In the file, the kernels of the masks repeat the absolute values of the layers'.
_REDUNDANT = ".mask_update_conv.weight"


def load_network(path: Path) -> SoftMaskUNet:
    """Return the network with the weights of a file.

    Raises:
        MethodError: the file is damaged or holds other weights.
        ImportError: torch is missing.
    """
    import torch

    from render_eval.methods.networks.soft_mask_unet import SoftMaskUNet

    network = SoftMaskUNet()
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        state = {key: value for key, value in checkpoint["model"].items() if not key.endswith(_REDUNDANT)}
        network.load_state_dict(state, strict=True)
    except (KeyError, RuntimeError, TypeError, AttributeError, EOFError, OSError, pickle.UnpicklingError) as error:
        problem = " ".join(str(error).split())
        raise not_the_weights(PUBLICATION, path, problem[:200] or type(error).__name__) from error
    return network.eval()


class Santos(HighlightNetwork):
    """The method of Santos et al., see :class:`HighlightNetwork`."""

    publication = PUBLICATION
    load = staticmethod(load_network)

    @staticmethod
    def inputs(encoded: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the LDR in units of ImageNet's statistics, and how valid each channel is."""
        return (encoded - MEAN) / DEVIATION, np.float32(1.0) - ramp(encoded, RAMP)

    @staticmethod
    def clipped(encoded: np.ndarray) -> np.ndarray:
        """Return the ramp of each channel."""
        return ramp(encoded, RAMP)

    @staticmethod
    def radiance(output: np.ndarray) -> np.ndarray:
        """Undo the logarithm of 1 more than the radiance."""
        return np.expm1(output)
