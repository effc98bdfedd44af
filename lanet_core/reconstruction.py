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


def reconstruct(ldr_linear: np.ndarray, log_hdr: np.ndarray) -> np.ndarray:
    """Return the HDR panorama of a picture and the network's output for it.

    Args:
        ldr_linear: (H, W, 3) float32, linear Rec.709, [0, 1].
        log_hdr: (h, w, 3) float32, natural log of linear Rec.709 radiance, 1 = LDR white; of any size.

    Returns:
        (H, W, 3) float32, linear Rec.709, 1 = LDR white: the picture where its ramp is 0, never darker than the
        picture elsewhere.
    """
    height, width = ldr_linear.shape[:2]
    ramp = calibration.overexposure_ramp(ldr_linear)
    hdr = ldr_linear.copy()
    if not ramp.any():
        return hdr
    radiance = np.exp(np.minimum(log_hdr, np.float32(np.log(MAXIMUM_RADIANCE))))
    if radiance.shape[0] > height:
        radiance = sphere.downsample(radiance, height, width)
    light_and_share = _overexposed_part(ldr_linear, ramp, radiance)
    strip_rows = max(1, _STRIP_PIXELS // width)
    for start in range(0, height, strip_rows):
        strip = slice(start, start + strip_rows)
        rows, columns = np.nonzero(ramp[strip])
        rows += start
        sampled = _enlarge_at(light_and_share, rows, columns, height, width)
        log_part = np.log(sampled[:, :3] / sampled[:, 3:])
        hdr[rows, columns] = merge(ldr_linear[rows, columns], log_part, ramp[rows, columns])
    return hdr


def _overexposed_part(ldr_linear: np.ndarray, ramp: np.ndarray, radiance: np.ndarray) -> np.ndarray:
    """Return what the over-exposed part of each network pixel must add to the pixel's mean, and that part's share.

    Returns:
        (h, w, 4) float32: the light (linear Rec.709) and the share of the pixel's solid angle, [0, 1].
    """
    size = radiance.shape[:2]
    overexposed = ramp > 0.0
    share = sphere.downsample(overexposed.astype(np.float32), *size)[..., None]
    already_there = sphere.downsample(np.where(overexposed[..., None], ldr_linear, np.float32(0.0)), *size)
    well_exposed = sphere.downsample(ldr_linear, *size) - already_there
    light = np.maximum(radiance - well_exposed, already_there)
    return np.concatenate([np.where(share > 0.0, light, 0.0), share], axis=-1)


def _enlarge_at(panorama: np.ndarray, rows: np.ndarray, columns: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the values that ``sphere.upsample_bilinear`` to (height, width) has at some pixels."""
    small_height, small_width = panorama.shape[:2]
    return sphere.sample_bilinear(
        panorama,
        (rows + 0.5) * (small_height / height) - 0.5,
        (columns + 0.5) * (small_width / width) - 0.5,
    )
