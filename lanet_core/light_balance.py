"""Each light of a panorama brought to the energy that it is to have.

A light is what hangs together where something shines, pixels that touch at a corner included, round the meridian.
Radiance that is sampled between its pixels, under a mask of finer ones, does not give exactly what it gives under
their mean; the difference is known beforehand, and each light is scaled by one factor to make up for it.
"""

from __future__ import annotations

import numpy as np

from lanet_core import sphere


def balance_lights(
    radiance: np.ndarray, sampled_mask: np.ndarray, light: np.ndarray, shining: np.ndarray
) -> np.ndarray:
    """Scale each light of a panorama so that it gives what it should.

    Args:
        radiance: (H, W, C) float32, ≥ 0; at least as large as ``light``.
        sampled_mask: (H, W) float32, ≥ 0: how much of a pixel's radiance counts, by its solid angle; see
            :class:`lanet_core.strips.StripGatherer`.
        light: (h, w, C) float32, ≥ 0: mean radiance of each pixel that there should be.
        shining: (h, w) bool: which pixels have a part that shines.

    Returns:
        (H, W, C) float32, the radiance; a light that gives nothing stays as it is.
    """
    labels = label_lights(shining)
    labels = np.where(labels > 0, labels, sphere.neighbourhood(labels).max(axis=0))
    fine_labels = _nearest(labels, radiance.shape[:2])
    count = int(labels.max()) + 1
    wanted = _sums(light, labels, count)
    given = _sums(radiance * sampled_mask[..., None], fine_labels, count)
    factors = np.divide(wanted, given, out=np.ones_like(wanted), where=(given > 0.0) & (wanted > 0.0))
    return radiance * factors.astype(np.float32)[fine_labels]


def label_lights(lit: np.ndarray) -> np.ndarray:
    """Number the parts of a panorama that hang together.

    Args:
        lit: (h, w) bool; the first and the last column touch.

    Returns:
        (h, w) int: 0 where not lit, else the number of the part, from 1.
    """
    pixels = np.arange(lit.size).reshape(lit.shape)
    ends = []
    for down, right in ((0, 1), (1, -1), (1, 0), (1, 1)):
        neighbour = np.roll(pixels, -right, axis=1)[down:]
        both = lit[: len(lit) - down] & np.roll(lit, -right, axis=1)[down:]
        ends.append((pixels[: len(lit) - down][both], neighbour[both]))
    one, other = (np.concatenate(each) for each in zip(*ends, strict=True))
    # Each pixel points to one of a lower number in its part, or to itself: pairs are joined until all agree.
    parent = np.arange(lit.size)
    while one.size:
        low, high = np.sort([parent[one], parent[other]], axis=0)
        np.minimum.at(parent, high, low)
        while (parent[parent] != parent).any():
            parent = parent[parent]
        apart = parent[one] != parent[other]
        one, other = one[apart], other[apart]
    labels = np.zeros(lit.size, dtype=np.intp)
    labels[lit.ravel()] = 1 + np.unique(parent[lit.ravel()], return_inverse=True)[1]
    return labels.reshape(lit.shape)


def _nearest(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    rows, columns = ((np.arange(new) + 0.5) * old / new for old, new in zip(labels.shape, size, strict=True))
    return labels[rows.astype(np.intp)[:, None], columns.astype(np.intp)]


def _sums(panorama: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return the integral over the sphere of each label's part, (count, C) float64."""
    solid_angles_sr = sphere.pixel_solid_angles_sr(*labels.shape)[:, None]
    channels = np.moveaxis(panorama, -1, 0) * solid_angles_sr
    return np.stack([np.bincount(labels.ravel(), each.ravel(), count) for each in channels], axis=-1)
