"""What HDR-CNN and Santos et al. have in common: a network predicts what is clipped, the rest is the LDR.

The LDR goes through a curve of gamma 2, as in both published programs. A panorama continues in azimuth beyond its
edges, where the programs have zeros.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from render_eval.methods.framing import run_framed
from render_eval.methods.method import Photograph, needed_packages
from render_eval.methods.weight_files.location import Publication, find_weights, source_of
from render_eval.records import MethodRecord

if TYPE_CHECKING:
    from render_eval.methods.networks.hdrcnn import HdrCnnNetwork
    from render_eval.methods.networks.soft_mask_unet import SoftMaskUNet

_PANORAMA_MARGIN_PX = 64


class HighlightNetwork:
    """A network with its published weights; the parts that differ are methods of the subclasses.

    Args:
        weights: the folder of published weights; None was not given, which is an error that names the project's page.

    Raises:
        MethodError: torch is missing, or the file is missing or holds other weights.
    """

    publication: ClassVar[Publication]

    def __init__(self, weights: Path | None) -> None:
        path = find_weights(self.publication, weights)
        with needed_packages(self.publication.method, extra="training"):
            self._network = self.load(path)
        source = source_of(self.publication, [path])
        self.record = MethodRecord(self.publication.method, self.publication.label, source)

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709; 1 is the LDR's white."""
        encoded = photograph.rgb_srgb8.astype(np.float32) / np.float32(255.0)
        wraps = photograph.is_panorama
        margin = _PANORAMA_MARGIN_PX if wraps else 0
        output = run_framed(self._run, encoded, multiple=self._network.multiple_px, margin=margin, wraps=wraps)
        share = self.clipped(encoded)
        hdr = (1.0 - share) * encoded**2 + share * self.radiance(output)
        return np.maximum(hdr, 0.0).astype(np.float32)

    def _run(self, encoded: np.ndarray) -> np.ndarray:
        from render_eval.methods.networks.arrays import run_on_array

        return run_on_array(self._network, *self.inputs(encoded))

    @staticmethod
    def load(path: Path) -> HdrCnnNetwork | SoftMaskUNet:
        """Return the network with the weights of a file."""
        raise NotImplementedError

    @staticmethod
    def inputs(encoded: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the network's inputs for an LDR, (H, W, 3) float32, display-encoded, [0, 1]."""
        raise NotImplementedError

    @staticmethod
    def clipped(encoded: np.ndarray) -> np.ndarray:
        """Return how much of the output counts, (H, W, 1 or 3) float32, [0, 1]."""
        raise NotImplementedError

    @staticmethod
    def radiance(output: np.ndarray) -> np.ndarray:
        """Return the network's output as linear light."""
        raise NotImplementedError
