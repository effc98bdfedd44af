"""``liu``: SingleHDR, which undoes a camera's steps one by one, with its published weights.

Four networks: what 8 bits lost (:mod:`render_eval.methods.networks.dequantisation`), the camera's curve
(:mod:`~render_eval.methods.networks.linearisation`), clipped light
(:mod:`~render_eval.methods.networks.hallucination`), and a refinement of the whole. These are the weights that were
trained jointly, on synthetic and on real images.

The published program enlarges an image to multiples of 64 pixels and mirrors 32 pixels at its edges. Here it is
mirrored only, which leaves its pixels as they are; a panorama continues in azimuth instead.

Source: Liu et al. 2020, "Single-Image HDR Reconstruction by Learning to Reverse the Camera Pipeline"; program and
weights: github.com/alex04072000/SingleHDR.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from render_eval.methods.framing import run_framed
from render_eval.methods.method import Photograph, needed_packages
from render_eval.methods.weight_files.location import Publication, find_weights, not_the_weights, source_of
from render_eval.methods.weight_files.tensorflow_checkpoint import TensorflowCheckpoint
from render_eval.records import MethodRecord

PUBLICATION = Publication(
    "liu",
    "SingleHDR",
    "Liu et al. 2020, Single-Image HDR Reconstruction by Learning to Reverse the Camera Pipeline",
    "github.com/alex04072000/SingleHDR",
    (
        "ckpt_deq_lin_hal_ref/model.ckpt.index",
        "ckpt/ckpt_deq_lin_hal_ref/model.ckpt.index",
        "ckpt_deq_lin_hal_ref/*.index",
        "model.ckpt.index",
    ),
)
_COMPONENT_FILES = ("invemor.txt", "ckpt_deq_lin_hal_ref/invemor.txt", "training_code/invemor.txt")

#: Width of the ramp below white over which what was clipped is added.
RAMP = 0.12
_MULTIPLE_PX = 64
_MARGIN_PX = 32


class Liu:
    """SingleHDR.

    Args:
        weights: the folder of published weights; None was not given, which is an error that names the project's page.

    Raises:
        MethodError: torch is missing, or a file is missing or holds other weights.
    """

    def __init__(self, weights: Path | None) -> None:
        index = find_weights(PUBLICATION, weights)
        components = find_weights(PUBLICATION, weights, _COMPONENT_FILES)
        with needed_packages(PUBLICATION.method, extra="training"):
            self._pipeline = _Pipeline(index, components)
        files = [*self._pipeline.files, components]
        self.record = MethodRecord(PUBLICATION.method, PUBLICATION.label, source_of(PUBLICATION, files))

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, at any scale."""
        encoded = photograph.rgb_srgb8.astype(np.float32) / np.float32(255.0)
        return run_framed(
            self._pipeline.run, encoded, multiple=_MULTIPLE_PX, margin=_MARGIN_PX, wraps=photograph.is_panorama
        )


class _Pipeline:
    """The four networks with the weights of a checkpoint.

    Args:
        index: the checkpoint's index file.
        components: ``invemor.txt``.

    Attributes:
        files: the checkpoint's files.

    Raises:
        MethodError: a file is damaged or holds other weights.
        ImportError: torch is missing.
    """

    def __init__(self, index: Path, components: Path) -> None:
        from render_eval.methods.networks import dequantisation, hallucination, linearisation
        from render_eval.methods.networks.published_names import TENSORFLOW_LAYERS, TENSORLAYER, assign

        self._dequantise = dequantisation.ResidualUNet.for_dequantisation()
        self._linearise = linearisation.LinearisationNetwork()
        self._hallucinate = hallucination.HallucinationNetwork()
        self._refine = dequantisation.ResidualUNet.for_refinement()
        try:
            checkpoint = TensorflowCheckpoint(index)
            assign(self._dequantise, checkpoint, TENSORFLOW_LAYERS, dequantisation.DEQUANTISATION_SCOPE)
            assign(self._linearise, checkpoint, linearisation.NAMING)
            assign(self._hallucinate, checkpoint, TENSORLAYER, hallucination.SCOPE)
            assign(self._refine, checkpoint, TENSORFLOW_LAYERS, dequantisation.REFINEMENT_SCOPE)
        except (ValueError, OSError) as error:
            raise not_the_weights(PUBLICATION, index, str(error)) from error
        try:
            self._mean, self._components = linearisation.read_components(components)
        except (ValueError, OSError) as error:
            raise not_the_weights(PUBLICATION, components, str(error)) from error
        for network in (self._dequantise, self._linearise, self._hallucinate, self._refine):
            network.eval()
        self.files = checkpoint.files

    def run(self, encoded: np.ndarray) -> np.ndarray:
        """Return the HDR of a display-encoded image, (H, W, 3) float32, [0, 1]; sides are multiples of 64."""
        import torch

        from render_eval.methods.networks.arrays import to_array, to_tensor
        from render_eval.methods.networks.linearisation import apply_curve, rising

        with torch.inference_mode():
            dequantised = self._dequantise(to_tensor(encoded)).clamp(0.0, 1.0)
            weights = self._linearise(dequantised)
            curve = rising(torch.from_numpy(self._mean) + weights @ torch.from_numpy(self._components.T))
            linear = apply_curve(dequantised, curve)
            share = ((linear.amax(dim=1, keepdim=True) - (1.0 - RAMP)) / RAMP).clamp(0.0, 1.0)
            hdr = linear + share * torch.relu(self._hallucinate(linear))
            return to_array(torch.relu(self._refine(torch.cat([hdr, linear, dequantised], dim=1))))
