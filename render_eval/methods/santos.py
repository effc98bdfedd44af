"""``santos``: the method of Santos, Ren and Kalantari with its published weights.

The network is :mod:`render_eval.methods.networks.soft_mask_unet`. As in the published program, each channel is the LDR
through a curve of gamma 2 as far as it is valid, and the prediction where it is clipped. A panorama continues in
azimuth beyond its edges, where the program has zeros.

Source: Santos et al. 2020, "Single Image HDR Reconstruction Using a CNN with Masked Features and Perceptual Loss";
program and weights: github.com/marcelsan/Deep-HdrReconstruction.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from render_eval.methods.framing import run_framed
from render_eval.methods.method import Photograph, needed_packages
from render_eval.methods.weight_files.location import Publication, find_weights, not_the_weights, source_of
from render_eval.records import MethodRecord

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
_PANORAMA_MARGIN_PX = 64

#: In the file, the kernels of the masks repeat the absolute values of the layers'.
_REDUNDANT = ".mask_update_conv.weight"


class Santos:
    """The method of Santos et al.

    Args:
        weights: the folder of published weights; None was not given, which is an error that names the project's page.

    Raises:
        MethodError: torch is missing, or the file is missing or holds other weights.
    """

    def __init__(self, weights: Path | None) -> None:
        path = find_weights(PUBLICATION, weights)
        with needed_packages(PUBLICATION.method, extra="training"):
            self._network = load_network(path)
        self.record = MethodRecord(PUBLICATION.method, PUBLICATION.label, source_of(PUBLICATION, [path]))

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709; 1 is the LDR's white."""
        from render_eval.methods.networks.soft_mask_unet import MULTIPLE_PX

        encoded = photograph.rgb_srgb8.astype(np.float32) / np.float32(255.0)
        wraps = photograph.is_panorama
        margin = _PANORAMA_MARGIN_PX if wraps else 0
        log_hdr = run_framed(self._run, encoded, multiple=MULTIPLE_PX, margin=margin, wraps=wraps)
        valid = valid_share(encoded)
        return np.maximum(valid * encoded**2 + (1.0 - valid) * np.expm1(log_hdr), 0.0).astype(np.float32)

    def _run(self, encoded: np.ndarray) -> np.ndarray:
        from render_eval.methods.networks.arrays import run_on_array

        return run_on_array(self._network, (encoded - MEAN) / DEVIATION, valid_share(encoded))


def valid_share(encoded: np.ndarray) -> np.ndarray:
    """Return how valid each channel is: 1 up to the ramp below white, 0 at white; any shape, float32."""
    return np.float32(1.0) - np.clip((encoded - np.float32(1.0 - RAMP)) / np.float32(RAMP), 0.0, 1.0)


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
