"""From the log HDR that LANet predicts for a single image to its HDR at the image's size, band by band.

    HDR = LDR + white · w X

with w the over-exposure of each pixel relative to the image's white level (:mod:`.overexposure`): exactly the
image where it is well exposed, and never darker. X is the smooth radiance of :mod:`.upsampling`,

    X = Σ_p k_p e_p / Σ_p k_p ⟨w⟩_p,    e_p = t_p max(0, H_p − ⟨I⟩_p),    t_p = ⟨w²⟩_p / ⟨w⟩_p · s_p / (s_p + n_p / 8)

with ⟨·⟩ the mean over network pixel p, k_p its bilinear weight, H the network's radiance, s_p the over-exposed share of
the pixel and n_p its nearly over-exposed share, which receives no light. X is constant over a light of one radiance and
ends where the image's own pixels end. A single image lights no scene, so energies are not kept exactly.

**The network's view.** The image keeps its proportions. It is reduced to fit into the network's fixed input and
mirrored at its edges to fill it. Stretched to fit, it would show the network shapes that it never learned from; black
bars would count as a dark part of the scene wherever the network takes a mean.
"""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import plane
from lanet_core.geometry.bands import BandSums
from lanet_core.reconstruction.overexposure import MAXIMUM_RADIANCE, overexposure, relative_to_white
from lanet_core.reconstruction.panorama import (
    NEARLY_OVEREXPOSED,
    NEARLY_OVEREXPOSED_WEIGHT,
    weight_without_steps,
)
from lanet_core.reconstruction.white_level import WhiteLevel


class ImageReconstruction:
    """One image's reconstruction, used as :class:`lanet_core.reconstruction.panorama.Reconstruction` is.

    Args:
        size: rows and columns of the image.
        network_size: rows and columns of the network's input.
        white: the image's white level; 1 by default.
    """

    def __init__(self, size: tuple[int, int], network_size: tuple[int, int], white: WhiteLevel | None = None) -> None:
        self._white = white or WhiteLevel()
        scale = min(new / old for old, new in zip(size, network_size, strict=True))
        self._size = size
        #: Rows and columns of the part of the network's input that shows the image, and what is around it.
        self._shown_size = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        self._margins = [_margins(side, whole) for side, whole in zip(self._shown_size, network_size, strict=True)]
        #: What is known of the image: the same size, or less where the image is smaller than the network's.
        self._known_size = (min(size[0], self._shown_size[0]), min(size[1], self._shown_size[1]))
        windows = plane.overlap_windows(size, self._known_size)
        self._image = BandSums(*windows, channels=3)
        #: Of each pixel: the share that is over-exposed, the mean of the weights and the mean of their squares.
        self._masks = BandSums(*windows, channels=3)
        self._light_and_weight: np.ndarray | None = None

    def observe(self, ldr_linear_band: np.ndarray, first_row: int) -> None:
        """Take note of a band of the image.

        Args:
            ldr_linear_band: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the image that the band begins with; every row is to be observed once.
        """
        relative = relative_to_white(ldr_linear_band, self._white)
        self._image.add(relative, first_row)
        weight = overexposure(relative)
        if weight.any():
            self._masks.add(np.dstack([(weight > 0.0).astype(np.float32), weight, weight * weight]), first_row)

    @property
    def overexposed_fraction(self) -> float:
        """The share of the image's area that is over-exposed, [0, 1], once every band has been observed."""
        return float(self._masks.result[..., 0].mean(dtype=np.float64))

    def network_input(self) -> np.ndarray:
        """Return the network's input: (h, w, 3) float32, linear Rec.709 relative to white, [0, 1]."""
        shown = np.clip(plane.enlarge(self._image.result, self._shown_size), 0.0, 1.0)
        return np.pad(shown, (*self._margins, (0, 0)), mode="symmetric")

    def shown_part(self, network_map: np.ndarray) -> np.ndarray:
        """Return the part of a network's output, (h, w, C), that shows the image."""
        ((top, _), (left, _)), (height, width) = self._margins, self._shown_size
        return network_map[top : top + height, left : left + width]

    def solve(self, log_hdr: np.ndarray) -> None:
        """Take the network's prediction.

        Args:
            log_hdr: (h, w, 3) float32, natural log of linear Rec.709 radiance relative to white.
        """
        log_hdr = np.minimum(self.shown_part(log_hdr), np.float32(np.log(MAXIMUM_RADIANCE)))
        radiance = plane.shrink(np.exp(log_hdr), self._known_size)
        light = _light_to_add(self._image.result, self._masks.result, radiance)
        self._light_and_weight = plane.padded(np.concatenate([light, self._masks.result[..., 1:2]], axis=-1))

    def band(self, ldr_linear_band: np.ndarray, first_row: int) -> np.ndarray:
        """Return the HDR image's band for a band of the image; to be called after :meth:`solve`.

        Args:
            ldr_linear_band: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the image that the band begins with.

        Returns:
            (n, W, 3) float32, linear Rec.709, 1 = LDR white; a new array.
        """
        relative = relative_to_white(ldr_linear_band, self._white)
        weight = overexposure(relative)
        if not weight.any():
            return ldr_linear_band.copy()
        assert self._light_and_weight is not None, "solve first"
        end_row = first_row + len(weight)
        light, mean_weight = np.split(
            plane.enlarged_rows(self._light_and_weight, self._size, first_row, end_row), [3], axis=-1
        )
        radiance = np.divide(light, mean_weight, out=np.zeros_like(light), where=mean_weight > 0.0)
        np.minimum(radiance, np.float32(MAXIMUM_RADIANCE), out=radiance)
        radiance *= weight_without_steps(relative, weight, mean_weight[..., 0])[..., None]
        return radiance * self._white.linear + ldr_linear_band


def _light_to_add(image: np.ndarray, mask: np.ndarray, radiance: np.ndarray) -> np.ndarray:
    """Return e_p of this module, (h, w, 3) float32, ≥ 0.

    Args:
        image: (h, w, 3) float32, linear Rec.709 relative to white, [0, 1].
        mask: (h, w, 3) float32, [0, 1]: the over-exposed share of each pixel, the means of w and of w².
        radiance: (h, w, 3) float32, linear Rec.709 relative to white: the network's.
    """
    share, weight, weight_squared = np.moveaxis(mask, -1, 0)
    # Over-exposed parts count as white: the rest of the mean is the well-exposed part's.
    level = (image.mean(axis=-1) - share) / np.maximum(1.0 - share, np.float32(1e-6))
    low, high = NEARLY_OVEREXPOSED
    nearly = (1.0 - share) * np.clip((level - low) / (high - low), 0.0, 1.0)
    claimed = weight * (share + np.float32(NEARLY_OVEREXPOSED_WEIGHT) * nearly)
    trust = np.divide(weight_squared * share, claimed, out=np.zeros_like(weight), where=claimed > 0.0)
    return trust[..., None] * np.maximum(radiance - image, 0.0)


def _margins(side: int, whole: int) -> tuple[int, int]:
    """Return how many pixels are before and behind what is in the middle."""
    before = (whole - side) // 2
    return before, whole - side - before
