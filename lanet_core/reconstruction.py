"""From the network's log HDR at its own size to an HDR panorama at the picture's size.

Where the picture is well exposed, the result is the picture, bit for bit. Elsewhere the two are merged in the log
domain by the over-exposure ramp m of Eq. 8, and the result is never darker than the picture:

    out = max(I, exp((1 − m) log I + m log H))

A network pixel is the mean of many pixels of a large picture, and often only some of them are over-exposed: a lamp of
three pixels, the sun behind leaves. What the network says of the whole pixel is then asked of its over-exposed part,
so that a small light keeps its whole energy whatever the picture's size:

    H_part = (H − Σ I of the well-exposed part) / (share of the over-exposed part)

H_part is enlarged as radiance, which adds up, and not as its logarithm, which does not: between a sun and a sky, most
of the sun would be lost.
"""

from __future__ import annotations

import numpy as np

from lanet_core import calibration, sphere
from lanet_core.strips import StripDownsampler

#: Radiances beyond this are no light that exists (the sun is near 1e5 times a sunlit white) and would overflow.
MAXIMUM_RADIANCE = 1e8

_STRIP_PIXELS = 1 << 18
_TINY = np.finfo(np.float32).tiny


def merge(ldr_linear: np.ndarray, log_hdr: np.ndarray, ramp: np.ndarray) -> np.ndarray:
    """Merge a picture and an HDR of the same size in the log domain, by the ramp; never darker than the picture.

    Args:
        ldr_linear: (..., 3) float32, linear Rec.709, [0, 1]: I.
        log_hdr: (..., 3) float32, natural log of linear Rec.709 radiance, 1 = LDR white.
        ramp: (...) float32, [0, 1]: m of Eq. 8, see :func:`lanet_core.calibration.overexposure_ramp`.

    Returns:
        (..., 3) float32, linear Rec.709, 1 = LDR white; equal to ``ldr_linear`` bit for bit wherever the ramp is 0.

    Source: Yu et al. 2021, Eq. 7 and 8, with the picture in the place of the panorama branch.
    """
    weight = ramp[..., None]
    log_ldr = np.log(np.maximum(ldr_linear, _TINY))
    merged = np.exp(log_ldr + weight * (log_hdr - log_ldr))
    return np.where(weight > 0.0, np.maximum(ldr_linear, merged), ldr_linear)


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
        small_size = (min(height, network_height), min(width, 2 * network_height))
        #: Means over the pixels of the smaller of picture and network.
        self._picture = StripDownsampler(self._size, small_size, channels=3)
        self._overexposed_part = StripDownsampler(self._size, small_size, channels=4)
        self._light_and_share: np.ndarray | None = None

    def observe(self, ldr_linear_strip: np.ndarray, first_row: int) -> None:
        """Take note of a strip of the picture.

        Args:
            ldr_linear_strip: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the picture that the strip begins with; every row is to be observed once.
        """
        self._picture.add(ldr_linear_strip, first_row)
        overexposed = (calibration.overexposure_ramp(ldr_linear_strip) > 0.0)[..., None]
        if overexposed.any():
            light_and_share = np.concatenate([ldr_linear_strip * overexposed, overexposed], axis=-1, dtype=np.float32)
            self._overexposed_part.add(light_and_share, first_row)

    @property
    def overexposed_fraction(self) -> float:
        """The share of the sphere's solid angle that is over-exposed, [0, 1], once every strip has been observed."""
        return float(sphere.sphere_mean(self._overexposed_part.result[..., 3]))

    def network_input(self) -> np.ndarray:
        """Return the whole observed picture at the network's size: (h, 2 h, 3) float32, linear Rec.709, [0, 1]."""
        small = self._picture.result
        return small if small.shape[:2] == self._network_size else sphere.upsample_bilinear(small, *self._network_size)

    def solve(self, log_hdr: np.ndarray) -> None:
        """Take the network's answer.

        Args:
            log_hdr: (h, 2 h, 3) float32, natural log of linear Rec.709 radiance, 1 = LDR white.
        """
        radiance = np.exp(np.minimum(log_hdr, np.float32(np.log(MAXIMUM_RADIANCE))))
        picture = self._picture.result
        if radiance.shape != picture.shape:
            radiance = sphere.downsample(radiance, *picture.shape[:2])
        # What the over-exposed part of each network pixel must add to the pixel's mean, and that part's share.
        already_there, share = self._overexposed_part.result[..., :3], self._overexposed_part.result[..., 3:]
        light = np.maximum(radiance - (picture - already_there), already_there)
        self._light_and_share = np.concatenate([np.where(share > 0.0, light, 0.0), share], axis=-1)

    def strip(self, ldr_linear_strip: np.ndarray, first_row: int) -> np.ndarray:
        """Return the HDR panorama's strip for a strip of the picture; to be called after :meth:`solve`.

        Args:
            ldr_linear_strip: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the picture that the strip begins with.

        Returns:
            (n, W, 3) float32, linear Rec.709, 1 = LDR white; a new array.
        """
        hdr = ldr_linear_strip.copy()
        ramp = calibration.overexposure_ramp(ldr_linear_strip)
        rows, columns = np.nonzero(ramp)
        sampled = _enlarge_at(self._light_and_share, rows + first_row, columns, *self._size)
        log_part = np.log(sampled[:, :3] / sampled[:, 3:])
        hdr[rows, columns] = merge(ldr_linear_strip[rows, columns], log_part, ramp[rows, columns])
        return hdr


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


def _enlarge_at(panorama: np.ndarray, rows: np.ndarray, columns: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the values that ``sphere.upsample_bilinear`` to (height, width) has at some pixels."""
    small_height, small_width = panorama.shape[:2]
    return sphere.sample_bilinear(
        panorama,
        (rows + 0.5) * (small_height / height) - 0.5,
        (columns + 0.5) * (small_width / width) - 0.5,
    )
