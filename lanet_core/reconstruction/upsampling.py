"""A panorama of light made larger, and none of the light lost: radiance for the parts of each pixel that shine.

A pixel of the small panorama is the mean radiance of its solid angle; a mask of the larger one specifies which
parts of it shine. The result is a radiance that is smooth between neighbours, that is the same over a lamp of one
radiance for any parts of the pixels it covers, and whose integral over the shining parts is the light that was given.

With k_p(i) the bilinear weight of small pixel p at large pixel i, ω solid angles, w the mask and ⟨·⟩ means over pixels:

    B = Σ_p k_p x_p / Σ_p k_p ⟨w⟩_p            smooth, and constant over a lamp of one radiance
    Y = x_p / ⟨w⟩_p within each pixel p        blocky; Σ ω w Y is the light given
    X = B Σ_p k_p (Σ_i ω w Y k_p) / (Σ_i ω w B k_p)

The bilinear weights of a large pixel add up to one, so Σ ω w X = Σ_p Σ_i ω w Y k_p = Σ ω w Y.
"""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.image_size import image_size


def enlarge_light(light: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the radiance of the shining parts of a panorama.

    Args:
        light: (h, w, C) float32, ≥ 0, mean radiance over each pixel; w even. What is in a pixel no part of which
            shines is lost.
        mask: (H, W) float32, [0, 1], how much of its radiance each pixel of the larger panorama gives.

    Returns:
        (H, W, C) float32, ≥ 0, in the unit of ``light``. Radiance times mask has the integral of ``light`` over the
        sphere, and over everything that is two pixels of ``light`` away from other light. Where the mask is 0, the
        radiance around it continues for a pixel of ``light``, so that it can be sampled up to the mask's edges.
    """
    size = image_size(mask)
    shining = sphere.downsample(mask, *light.shape[:2])[..., None]
    light = np.where(shining > 0.0, light, np.float32(0.0))
    within = quotient(light, shining)
    enlarged = sphere.upsample_bilinear(np.concatenate([light, shining], axis=-1), *size)
    smooth = quotient(enlarged[..., :-1], enlarged[..., -1:])
    weights = mask[..., None]
    wanted = _gather_bilinear(weights * repeat_cells(within, size), image_size(light))
    given = _gather_bilinear(weights * smooth, image_size(light))
    near_light = (given > 0.0).astype(np.float32)
    correction = sphere.upsample_bilinear(np.concatenate([quotient(wanted, given), near_light], axis=-1), *size)
    channels = light.shape[-1]
    return smooth * quotient(correction[..., :channels], correction[..., channels:])


def quotient(dividend: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """Return a quotient, 0 where the divisor is 0."""
    divisor = np.broadcast_to(divisor, dividend.shape)
    return np.divide(dividend, divisor, out=np.zeros_like(dividend), where=divisor > 0.0)


def repeat_cells(panorama: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a panorama upsampled without smoothing, (H, W, C) float32; pixels across a border get both shares."""
    rows, columns = sphere.overlap_windows(image_size(panorama), size)
    return sphere.apply_windows(sphere.apply_windows(panorama, rows, axis=0), columns, axis=1)


def _gather_bilinear(panorama: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return Σ_i ω_i f_i k_p(i), the transpose of :func:`.sphere.upsample_bilinear`, in steradians."""
    height, width = panorama.shape[:2]
    weighted = panorama * sphere.pixel_solid_angles_sr(height, width).astype(np.float32)[:, None, None]
    row_margin, column_margin = (int(np.ceil(1.5 * old / new)) for old, new in zip((height, width), size, strict=True))
    rows = sphere.tent_windows((-row_margin, height + row_margin), np.arange(size[0]), size[0] / height)
    first, weights = sphere.tent_windows((-column_margin, width + column_margin), np.arange(size[1]), size[1] / width)
    padded = sphere.padded_sphere(weighted, row_margin)[:, row_margin:-row_margin]
    return sphere.apply_windows(sphere.apply_windows(padded, rows, axis=0), (first - column_margin, weights), axis=1)
