"""From the network's log HDR at its own size to an HDR panorama at the picture's size, strip by strip.

Where the picture is well exposed, the result is the picture, bit for bit. Elsewhere light is added by the
over-exposure ramp m of Eq. 8, so that the result is never darker than the picture:

    out = I + m³ X

X is the radiance that the picture lacks. Eq. 7 merges in the same way, but with a weight of m: the cube keeps nearer to
the picture where it is barely over-exposed, as the released program does by merging in the log domain.

**Energy.** With ⟨·⟩ the mean over network pixel p, w = m³, s_p the over-exposed share of the pixel and n_p its nearly
over-exposed share, the light to add is

    e_p = t_p max(0, H_p − ⟨I⟩_p) + g_p        with the trust t_p = ⟨w²⟩_p / ⟨w⟩_p · s_p / (s_p + n_p / 8)

X is made so that Σ ω w X = Σ ω e over every light, whatever the picture's size (:mod:`lanet_core.enlargement` and
:mod:`lanet_core.light_balance`): a lamp of a few pixels keeps its whole energy. What the ramp takes from the rim of a
white light is given to the light: each pixel hands what it lacks and does not get itself, up to the greatest trust
among its neighbours, to them, by the squares of their trusts; g_p is what p is handed. Two parts of what the network
says are not added. One is 1 − ⟨w²⟩/⟨w⟩, the trust that Eq. 8 has in a picture that is bright, but nowhere near white.
The other is what belongs to the nearly over-exposed pixels, which stay as they are: a lone pixel that noise has lifted
over the threshold must not shine for all those around it.

**Shape.** X is smooth from network pixel to network pixel, and constant over a light of one radiance: a
window is flat up to the edges that it has in the picture. A light that the network sees as a point amid white, so that
nothing in the picture shows its shape, becomes a disc, see :mod:`lanet_core.point_lights`.

**Steps.** Between two 8-bit codes of a smooth sky near white, m³ X leaps. The true value may lie half a code away
from the code, so there m³ is taken from its mean over network pixels, as far as that allows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lanet_core import calibration, plane, sphere
from lanet_core.enlargement import enlarge_light
from lanet_core.light_balance import balance_lights
from lanet_core.point_lights import PointLight, separate_point_lights
from lanet_core.strips import StripDownsampler, StripGatherer

#: Radiances beyond this are no light that exists (the sun is near 1e5 times a sunlit white) and would overflow.
MAXIMUM_RADIANCE = 1e8

#: Rows and columns of the network's panoramas are divided by this for what is remembered of the picture.
REFINEMENT = 2

#: Between these means of the channels a well-exposed pixel comes to count as nearly over-exposed.
NEARLY_OVEREXPOSED = (0.5, 0.8)
#: Weight of the nearly over-exposed part of a network pixel against the over-exposed one.
NEARLY_OVEREXPOSED_WEIGHT = 0.125

#: Half a code of 8-bit sRGB near white, in linear light: 2.2 / 255 / 2.
_HALF_CODE = 0.0043

_STRIP_PIXELS = 1 << 18
#: Strips are worked on in blocks of so many columns, those that hold over-exposed pixels.
_BLOCK_COLUMNS = 256


def light_weight(ramp: np.ndarray) -> np.ndarray:
    """Return how much of the lacking radiance a pixel is given: the cube of Eq. 8's ramp."""
    return ramp * ramp * ramp


class Reconstruction:
    """One picture's reconstruction, strip by strip: no more of the picture is held than a strip.

    First :meth:`observe` every strip, in order; give :meth:`network_input` to the network and its answer to
    :meth:`solve`; then :meth:`strip` makes the result, in any order and from any thread.

    Args:
        height: rows of the picture.
        width: columns of the picture, even.
        network_height: rows of the network's panoramas, which have twice as many columns.
    """

    def __init__(self, height: int, width: int, network_height: int) -> None:
        self._size = (height, width)
        self._network_size = (network_height, 2 * network_height)
        fine_size = (min(height, REFINEMENT * network_height), min(width, REFINEMENT * 2 * network_height))
        self._picture = StripDownsampler(self._size, fine_size, channels=3)
        #: Of each pixel: the share that is over-exposed, the mean of the weights and the mean of their squares.
        self._masks = [StripDownsampler(self._size, fine_size, channels=1) for _ in range(3)]
        self._sampled_weight = StripGatherer(self._size, fine_size, channels=1)
        self._light_and_weight: np.ndarray | None = None
        self._points: list[PointLight] = []

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
            overexposed = (ramp > 0.0).astype(np.float32)
            for mask, values in zip(self._masks, (overexposed, weight, weight * weight), strict=True):
                mask.add(values[..., None], first_row)
            self._sampled_weight.add(weight[..., None], first_row)

    @property
    def overexposed_fraction(self) -> float:
        """The share of the sphere's solid angle that is over-exposed, [0, 1], once every strip has been observed."""
        return float(sphere.sphere_mean(self._masks[0].result[..., 0]))

    def network_input(self) -> np.ndarray:
        """Return the whole observed picture at the network's size: (h, 2 h, 3) float32, linear Rec.709, [0, 1]."""
        small = _at_most(self._picture.result, self._network_size)
        return small if small.shape[:2] == self._network_size else sphere.upsample_bilinear(small, *self._network_size)

    def solve(self, log_hdr: np.ndarray) -> None:
        """Take the network's answer.

        Args:
            log_hdr: (h, 2 h, 3) float32, natural log of linear Rec.709 radiance, 1 = LDR white.
        """
        radiance = np.exp(np.minimum(log_hdr, np.float32(np.log(MAXIMUM_RADIANCE))))
        radiance = _at_most(radiance, self._picture.result.shape[:2])
        masks = np.concatenate([mask.result for mask in self._masks], axis=-1)
        light = light_to_add(self._picture.result, masks, radiance)
        weight = masks[..., 1]
        coarse_weight = sphere.downsample(weight, *light.shape[:2])
        light, self._points = separate_point_lights(light, coarse_weight, self._size)
        sampled_weight = self._sampled_weight.result[..., 0]
        enlarged = balance_lights(enlarge_light(light, weight), sampled_weight, light, coarse_weight > 0.0)
        np.minimum(enlarged, np.float32(MAXIMUM_RADIANCE), out=enlarged)
        mean_weight = sphere.upsample_bilinear(coarse_weight, *weight.shape)
        light_and_weight = np.concatenate([enlarged, mean_weight[..., None]], axis=-1)
        self._light_and_weight = sphere.padded_sphere(light_and_weight)

    def strip(self, ldr_linear_strip: np.ndarray, first_row: int) -> np.ndarray:
        """Return the HDR panorama's strip for a strip of the picture; to be called after :meth:`solve`.

        Args:
            ldr_linear_strip: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the picture that the strip begins with.

        Returns:
            (n, W, 3) float32, linear Rec.709, 1 = LDR white; a new array.
        """
        hdr = ldr_linear_strip.copy()
        rows = slice(first_row, first_row + len(hdr))
        for start in range(0, self._size[1], _BLOCK_COLUMNS):
            columns = slice(start, min(start + _BLOCK_COLUMNS, self._size[1]))
            block = hdr[:, columns]
            ramp = calibration.overexposure_ramp(block)
            if ramp.any():
                block += self._block_light(ramp, rows, columns)
        return hdr

    def _block_light(self, ramp: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
        """Return what a block of the picture is given, (n, m, 3): exactly 0 where the ramp is."""
        sampled = sphere.upsampled_block(self._light_and_weight, self._size, rows, columns)
        radiance = sampled[..., :3]
        for point in self._points:
            point.add_to(radiance, self._size, rows, columns)
        return radiance * weight_without_steps(ramp, sampled[..., 3])[..., None]


def weight_without_steps(ramp: np.ndarray, mean_weight: np.ndarray) -> np.ndarray:
    """Return each pixel's weight: the mean around it, as far as half an 8-bit code allows; black and white stay.

    Args:
        ramp: (n, m) float32, [0, 1]: m of Eq. 8.
        mean_weight: (n, m) float32, [0, 1].
    """
    weight = ramp.copy()
    partial = (ramp > 0.0) & (ramp < 1.0)
    if partial.any():
        half_code = np.float32(_HALF_CODE / (1.0 - calibration.OVEREXPOSURE_THRESHOLD))
        lowest = light_weight(np.maximum(ramp[partial] - half_code, 0.0))
        highest = light_weight(np.minimum(ramp[partial] + half_code, 1.0))
        weight[partial] = np.clip(mean_weight[partial], lowest, highest)
    return weight


def light_to_add(picture: np.ndarray, mask: np.ndarray, radiance: np.ndarray, *, on_sphere: bool = True) -> np.ndarray:
    """Return e_p of this module: the light that each network pixel is to be given.

    Args:
        picture: (H, W, 3) float32, linear Rec.709, [0, 1]; of the network's size or finer.
        mask: (H, W, 3) float32, [0, 1]: each pixel's over-exposed share and the means of its weights and their squares.
        radiance: (h, w, 3) float32, linear Rec.709, 1 = LDR white: the network's.
        on_sphere: whether what leaves at one edge comes in at another, and pixels cover solid angles; or else they are
            those of a flat picture.

    Returns:
        (h, w, 3) float32, ≥ 0, mean radiance over each network pixel; 0 where nothing is over-exposed.
    """
    size = radiance.shape[:2]
    share, weight, weight_squared = np.moveaxis(sphere.downsample(mask, *size), -1, 0)
    # Over-exposed pixels count as white: what is left of the mean is the well-exposed part's.
    well_exposed = 1.0 - mask[..., 0]
    level = (picture.mean(axis=-1) - mask[..., 0]) / np.maximum(well_exposed, np.float32(1e-6))
    low, high = NEARLY_OVEREXPOSED
    nearly = sphere.downsample(well_exposed * np.clip((level - low) / (high - low), 0.0, 1.0), *size)
    trust = weight_squared * share
    claimed = weight * (share + np.float32(NEARLY_OVEREXPOSED_WEIGHT) * nearly)
    trust = np.divide(trust, claimed, out=np.zeros_like(trust), where=claimed > 0.0)[..., None]
    lacking = np.maximum(radiance - sphere.downsample(picture, *size), 0.0) * (trust > 0.0)
    if on_sphere:
        areas = sphere.pixel_solid_angles_sr(*size).astype(np.float32)[:, None, None]
        return trust * lacking + _handed_over(lacking, trust, areas, sphere.neighbourhood)
    return trust * lacking + _handed_over(lacking, trust, np.float32(1.0), plane.neighbourhood)


def _handed_over(
    lacking: np.ndarray,
    trust: np.ndarray,
    areas: np.ndarray,
    neighbourhood: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return what a pixel is given of its neighbours' light, (h, w, 3): what they lack and do not get themselves.

    Args:
        lacking: (h, w, 3) float32, ≥ 0.
        trust: (h, w, 1) float32, [0, 1]: which part of it each pixel gets itself.
        areas: of the pixels, broadcast over them, in any unit.
        neighbourhood: stacks each pixel and its eight neighbours.
    """
    left = lacking * (neighbourhood(trust).max(axis=0) - trust) * areas
    claims = trust * trust
    all_claims = neighbourhood(claims).sum(axis=0)
    per_claim = np.divide(left, all_claims, out=np.zeros_like(left), where=all_claims > 0.0)
    return claims * neighbourhood(per_claim).sum(axis=0) / areas


def reconstruct(ldr_linear: np.ndarray, log_hdr: np.ndarray) -> np.ndarray:
    """Return the HDR panorama of a picture and the network's output for it.

    Args:
        ldr_linear: (H, W, 3) float32, linear Rec.709, [0, 1]; W even.
        log_hdr: (h, 2 h, 3) float32, natural log of linear Rec.709 radiance, 1 = LDR white; of any size.

    Returns:
        (H, W, 3) float32, linear Rec.709, 1 = LDR white: the picture where its ramp is 0, never darker than the
        picture elsewhere.
    """
    height, width = ldr_linear.shape[:2]
    reconstruction = Reconstruction(height, width, len(log_hdr))
    strip_rows = max(1, _STRIP_PIXELS // width)
    starts = range(0, height, strip_rows)
    for start in starts:
        reconstruction.observe(ldr_linear[start : start + strip_rows], start)
    reconstruction.solve(log_hdr)
    hdr = np.empty_like(ldr_linear)
    for start in starts:
        strip = slice(start, start + strip_rows)
        hdr[strip] = reconstruction.strip(ldr_linear[strip], start)
    return hdr


def _at_most(panorama: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a panorama with no more rows or columns than a size has."""
    height, width = np.minimum(panorama.shape[:2], size).tolist()
    return panorama if panorama.shape[:2] == (height, width) else sphere.downsample(panorama, height, width)
