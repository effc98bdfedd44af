"""From the network's log HDR of a single picture to its HDR at its own size, strip by strip.

The light to add and its weight are those of :mod:`lanet_core.reconstruction`: out = I + m³ X, exactly the picture where
it is well exposed and never darker. X is the smooth radiance of :mod:`lanet_core.enlargement`,

    X = Σ_p k_p e_p / Σ_p k_p ⟨w⟩_p

with the light e_p and the mean weight ⟨w⟩_p of each network pixel and its bilinear weight k_p: smooth within a light,
constant over one of one radiance, and ending where the picture's own pixels say. What makes a panorama's integral over
the sphere exact is left out: a picture is seen, and casts no light from all around.

**The network's view.** The picture keeps its proportions. It is reduced to fit into the network's fixed input and
mirrored at its edges to fill it. Stretched to fit, it would show the network shapes that it never learnt from; black
bars would count as a dark part of the scene wherever the network takes a mean.
"""

from __future__ import annotations

import numpy as np

from lanet_core import calibration, plane
from lanet_core.reconstruction import MAXIMUM_RADIANCE, light_to_add, light_weight, weight_without_steps
from lanet_core.strips import StripSums


class PictureReconstruction:
    """One picture's reconstruction, used as :class:`lanet_core.reconstruction.Reconstruction` is.

    Args:
        size: rows and columns of the picture.
        network_size: rows and columns of the network's input.
    """

    def __init__(self, size: tuple[int, int], network_size: tuple[int, int]) -> None:
        scale = min(new / old for old, new in zip(size, network_size, strict=True))
        self._size = size
        #: Rows and columns of the part of the network's input that shows the picture, and what is around it.
        self._shown_size = tuple(max(1, round(side * scale)) for side in size)
        self._margins = [_margins(side, whole) for side, whole in zip(self._shown_size, network_size, strict=True)]
        #: What is known of the picture: the same size, or less where the picture is smaller than the network's.
        self._known_size = tuple(min(sides) for sides in zip(size, self._shown_size, strict=True))
        windows = plane.overlap_windows(size, self._known_size)
        self._picture = StripSums(*windows, channels=3)
        #: Of each pixel: the share that is over-exposed, the mean of the weights and the mean of their squares.
        self._masks = StripSums(*windows, channels=3)
        self._light_and_weight: np.ndarray | None = None

    def observe(self, ldr_linear_strip: np.ndarray, first_row: int) -> None:
        """Take note of a strip of the picture.

        Args:
            ldr_linear_strip: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the picture that the strip begins with; every row is to be observed once.
        """
        self._picture.add(ldr_linear_strip, first_row)
        ramp = calibration.overexposure_ramp(ldr_linear_strip)
        if ramp.any():
            weight = light_weight(ramp)
            self._masks.add(np.dstack([(ramp > 0.0).astype(np.float32), weight, weight * weight]), first_row)

    @property
    def overexposed_fraction(self) -> float:
        """The share of the picture's area that is over-exposed, [0, 1], once every strip has been observed."""
        return float(self._masks.result[..., 0].mean(dtype=np.float64))

    def network_input(self) -> np.ndarray:
        """Return what the network is shown: (h, w, 3) float32, linear Rec.709, [0, 1]."""
        shown = np.clip(plane.enlarge(self._picture.result, self._shown_size), 0.0, 1.0)
        return np.pad(shown, (*self._margins, (0, 0)), mode="symmetric")

    def shown_part(self, network_map: np.ndarray) -> np.ndarray:
        """Return the part of a network's output, (h, w, C), that shows the picture."""
        ((top, _), (left, _)), (height, width) = self._margins, self._shown_size
        return network_map[top : top + height, left : left + width]

    def solve(self, log_hdr: np.ndarray) -> None:
        """Take the network's answer.

        Args:
            log_hdr: (h, w, 3) float32, natural log of linear Rec.709 radiance, 1 = LDR white.
        """
        log_hdr = np.minimum(self.shown_part(log_hdr), np.float32(np.log(MAXIMUM_RADIANCE)))
        radiance = plane.shrink(np.exp(log_hdr), self._known_size)
        light = light_to_add(self._picture.result, self._masks.result, radiance, on_sphere=False)
        self._light_and_weight = plane.padded(np.concatenate([light, self._masks.result[..., 1:2]], axis=-1))

    def strip(self, ldr_linear_strip: np.ndarray, first_row: int) -> np.ndarray:
        """Return the HDR picture's strip for a strip of the picture; to be called after :meth:`solve`.

        Args:
            ldr_linear_strip: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the picture that the strip begins with.

        Returns:
            (n, W, 3) float32, linear Rec.709, 1 = LDR white; a new array.
        """
        ramp = calibration.overexposure_ramp(ldr_linear_strip)
        if not ramp.any():
            return ldr_linear_strip.copy()
        end_row = first_row + len(ramp)
        light, mean_weight = np.split(
            plane.enlarged_rows(self._light_and_weight, self._size, first_row, end_row), [3], axis=-1
        )
        radiance = np.divide(light, mean_weight, out=np.zeros_like(light), where=mean_weight > 0.0)
        np.minimum(radiance, np.float32(MAXIMUM_RADIANCE), out=radiance)
        radiance *= weight_without_steps(ramp, mean_weight[..., 0])[..., None]
        return radiance + ldr_linear_strip


def reconstruct_picture(ldr_linear: np.ndarray, log_hdr: np.ndarray) -> np.ndarray:
    """Return the HDR picture of a picture and the network's output for it.

    Args:
        ldr_linear: (H, W, 3) float32, linear Rec.709, [0, 1].
        log_hdr: (h, w, 3) float32, natural log of linear Rec.709 radiance, 1 = LDR white, for what
            :meth:`PictureReconstruction.network_input` shows.

    Returns:
        (H, W, 3) float32, linear Rec.709, 1 = LDR white.
    """
    reconstruction = PictureReconstruction(ldr_linear.shape[:2], log_hdr.shape[:2])
    reconstruction.observe(ldr_linear, 0)
    reconstruction.solve(log_hdr)
    return reconstruction.strip(ldr_linear, 0)


def _margins(side: int, whole: int) -> tuple[int, int]:
    """Return how many pixels lie before and behind what is in the middle."""
    before = (whole - side) // 2
    return before, whole - side - before
