"""``hdrcnn``: HDR-CNN with its published weights. The network is :mod:`render_eval.methods.networks.hdrcnn`.

Source: Eilertsen et al. 2017, "HDR image reconstruction from a single exposure using deep CNNs"; program and weights:
github.com/gabrieleilertsen/hdrcnn.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from render_eval.methods.highlight_network import HighlightNetwork
from render_eval.methods.highlights import clipped_share
from render_eval.methods.weight_files.array_list import read_array_list
from render_eval.methods.weight_files.location import Publication, not_the_weights

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


class HdrCnn(HighlightNetwork):
    """HDR-CNN, see :class:`HighlightNetwork`."""

    publication = PUBLICATION
    load = staticmethod(load_network)

    @staticmethod
    def inputs(encoded: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the LDR."""
        return (encoded,)

    @staticmethod
    def clipped(encoded: np.ndarray) -> np.ndarray:
        """Return the ramp of the largest channel."""
        return clipped_share(encoded, RAMP)

    @staticmethod
    def radiance(output: np.ndarray) -> np.ndarray:
        """Undo the logarithm and its offset."""
        from render_eval.methods.networks.hdrcnn import OFFSET

        return np.exp(output) - np.float32(OFFSET)
