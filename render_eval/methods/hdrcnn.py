"""``hdrcnn``: HDR-CNN with its published weights. The network is :mod:`render_eval.methods.networks.hdrcnn`.

As in the published program, what is not clipped is the LDR through a curve of gamma 2; clipped pixels are blended into
the prediction. A panorama continues in azimuth beyond its edges, where the program has zeros.

Source: Eilertsen et al. 2017, "HDR image reconstruction from a single exposure using deep CNNs"; program and weights:
github.com/gabrieleilertsen/hdrcnn.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from render_eval.methods.framing import run_framed
from render_eval.methods.highlights import clipped_share
from render_eval.methods.method import Photograph, needed_packages
from render_eval.methods.weight_files.array_list import read_array_list
from render_eval.methods.weight_files.location import Publication, find_weights, not_the_weights, source_of
from render_eval.records import MethodRecord

if TYPE_CHECKING:
    from render_eval.methods.networks.hdrcnn import HdrCnnNetwork

PUBLICATION = Publication(
    "hdrcnn",
    "HDR-CNN",
    "Eilertsen et al. 2017, HDR image reconstruction from a single exposure using deep CNNs",
    "github.com/gabrieleilertsen/hdrcnn",
    ("hdrcnn_params.npz", "hdrcnn_params*.npz", "trained_params.npz"),
)

#: Width of the ramp below white over which the prediction is blended in.
RAMP = 0.05
_PANORAMA_MARGIN_PX = 64


class HdrCnn:
    """HDR-CNN.

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
        from render_eval.methods.networks.hdrcnn import OFFSET
        from render_eval.methods.networks.vgg_autoencoder import MULTIPLE_PX

        encoded = photograph.rgb_srgb8.astype(np.float32) / np.float32(255.0)
        wraps = photograph.is_panorama
        margin = _PANORAMA_MARGIN_PX if wraps else 0
        log_hdr = run_framed(self._run, encoded, multiple=MULTIPLE_PX, margin=margin, wraps=wraps)
        share = clipped_share(encoded, RAMP)
        predicted = np.exp(log_hdr) - np.float32(OFFSET)
        return np.maximum((1.0 - share) * encoded**2 + share * predicted, 0.0).astype(np.float32)

    def _run(self, encoded: np.ndarray) -> np.ndarray:
        from render_eval.methods.networks.arrays import run_on_array

        return run_on_array(self._network, encoded)


def load_network(path: Path) -> HdrCnnNetwork:
    """Return the network with the weights of a file.

    Raises:
        MethodError: the file is damaged or holds other weights.
        ImportError: torch is missing.
    """
    from render_eval.methods.networks.hdrcnn import HdrCnnNetwork
    from render_eval.methods.networks.published_names import TENSORLAYER, assign, published_names

    network = HdrCnnNetwork()
    names = list(published_names(network, TENSORLAYER).values())
    try:
        arrays = read_array_list(path)
        if len(arrays) != len(names):
            raise ValueError(f"it contains {len(arrays)} arrays instead of {len(names)}")
        assign(network, dict(zip(names, arrays, strict=True)), TENSORLAYER)
    except (ValueError, OSError) as error:
        raise not_the_weights(PUBLICATION, path, str(error)) from error
    return network.eval()
