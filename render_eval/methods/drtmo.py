"""``drtmo``: Deep Reverse Tone Mapping with its published weights.

One network of :mod:`render_eval.methods.networks.drtmo` gives darker exposures and another brighter ones, in blue,
green and red of 8 bits; :mod:`render_eval.methods.bracketing` merges them.

Source: Endo et al. 2017, "Deep Reverse Tone Mapping"; program and weights: npal.cs.tsukuba.ac.jp/~endo/projects/DrTMO.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.npyio import NpzFile

from render_eval.methods.bracketing import consistent_exposures, merge_debevec
from render_eval.methods.framing import run_framed
from render_eval.methods.method import Photograph, needed_packages
from render_eval.methods.weight_files.location import Publication, find_weights, not_the_weights, source_of
from render_eval.records import MethodRecord

if TYPE_CHECKING:
    from render_eval.methods.networks.drtmo import ExposureNetwork

PUBLICATION = Publication(
    "drtmo",
    "DrTMO",
    "Endo et al. 2017, Deep Reverse Tone Mapping",
    "npal.cs.tsukuba.ac.jp/~endo/projects/DrTMO",
    ("downexposure_model.chainer", "models/downexposure_model.chainer"),
)
_UP_FILES = ("upexposure_model.chainer", "models/upexposure_model.chainer")


class DrTmo:
    """Deep Reverse Tone Mapping.

    Args:
        weights: the folder of published weights; None was not given, which is an error that names the project's page.
        channels: of the networks' first layer; the published number if left out.

    Raises:
        MethodError: torch is missing, or a file is missing or holds other weights.
    """

    def __init__(self, weights: Path | None, channels: int | None = None) -> None:
        paths = [find_weights(PUBLICATION, weights), find_weights(PUBLICATION, weights, _UP_FILES)]
        with needed_packages(PUBLICATION.method, extra="training"):
            self._down, self._up = (load_network(path, channels) for path in paths)
        self.record = MethodRecord(PUBLICATION.method, PUBLICATION.label, source_of(PUBLICATION, paths))

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear as far as the photograph's codes are, at any scale."""
        from render_eval.methods.networks.drtmo import MULTIPLE_PX

        def merged(bgr: np.ndarray) -> np.ndarray:
            codes = bgr.astype(np.uint8)
            return merge_debevec(consistent_exposures(exposures(self._down, codes), codes, exposures(self._up, codes)))

        bgr = photograph.rgb_srgb8[..., ::-1]
        # No margin: the network normalises by the whole image, and one of 2:1 fits as it is.
        hdr_bgr = run_framed(merged, bgr, multiple=MULTIPLE_PX, margin=0, wraps=photograph.is_panorama)
        return np.ascontiguousarray(hdr_bgr[..., ::-1])


def exposures(network: ExposureNetwork, bgr8: np.ndarray) -> list[np.ndarray]:
    """Return a network's eight exposures of an image, (H, W, 3) uint8 each, in steps from the image.

    Args:
        network: of darker or of brighter exposures.
        bgr8: (H, W, 3) uint8, blue, green and red; sides are multiples of 512.
    """
    import torch

    from render_eval.methods.networks.arrays import to_tensor

    with torch.inference_mode():
        predicted = network(to_tensor(bgr8 / np.float32(255.0)))[0].numpy()
    return [(255.0 * image).astype(np.uint8).transpose(1, 2, 0) for image in predicted.transpose(1, 0, 2, 3)]


def load_network(path: Path, channels: int | None = None) -> ExposureNetwork:
    """Return the network with the weights of a file.

    Raises:
        MethodError: the file is damaged or holds other weights.
        ImportError: torch is missing.
    """
    from render_eval.methods.networks.drtmo import PUBLISHED_CHANNELS, ExposureNetwork
    from render_eval.methods.networks.published_names import CHAINER, assign

    network = ExposureNetwork(channels or PUBLISHED_CHANNELS)
    try:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, NpzFile):
            raise ValueError("it is no .npz archive")
        with archive:
            assign(network, archive, CHAINER)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise not_the_weights(PUBLICATION, path, str(error)) from error
    return network.eval()
