"""Connected clipped areas (blobs) of a panorama: their labels, energies and distances to the edge."""

from __future__ import annotations

import numpy as np

from lanet_core import sphere

#: Pixels with at least this mean over-exposure connect a blob.
_CONNECTING_WEIGHT = 0.01
#: Between these levels the surroundings of a blob come to count as nearly white.
_NEARLY_WHITE = (0.4, 0.7)
#: Distances to the edge of a blob are measured up to this limit.
MAXIMUM_DEPTH_RAD = np.radians(12.0)
#: Rows whose distances are calculated together.
_ROWS = 4


class ClippedAreas:
    """The blobs of a panorama.

    Attributes:
        weight: (H, W) float32, mean over-exposure of each pixel, [0, 1].
        labels: (H, W) int, number of the blob of each pixel from 1, 0 outside. Every pixel with a weight above 0 and
            every neighbour of a blob has a label.
        count: number of labels, 0 included.

    Args:
        weight: see the attribute; W even.
        surroundings: (H, W) float32, brightest channel of the part of each pixel that is not over-exposed, relative to
            white; 0 by default.
    """

    def __init__(self, weight: np.ndarray, surroundings: np.ndarray | None = None) -> None:
        self.weight = weight
        self._surroundings = np.zeros_like(weight) if surroundings is None else surroundings
        labels = label_areas(weight >= _CONNECTING_WEIGHT)
        labels = np.where(labels > 0, labels, sphere.neighbourhood(labels).max(axis=0))
        remaining = label_areas((weight > 0.0) & (labels == 0))
        self.labels = np.where(remaining > 0, remaining + labels.max(), labels)
        self.count = int(self.labels.max()) + 1

    def integrate(self, radiance: np.ndarray) -> np.ndarray:
        """Return the integral of radiance times weight over each blob.

        Args:
            radiance: (H, W, C) float32.

        Returns:
            (count, C) float64, in the unit of radiance times steradians.
        """
        return self.integrate_weighted(radiance, self.weight)

    def integrate_weighted(self, radiance: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return the integral of :meth:`integrate` with another weight, (H, W)."""
        weights_sr = weight * sphere.pixel_solid_angles_sr(*weight.shape)[:, None]
        labels = self.labels.ravel()
        channels = np.moveaxis(radiance, -1, 0) * weights_sr
        return np.stack([np.bincount(labels, each.ravel(), self.count) for each in channels], axis=-1)

    def solid_angles_sr(self) -> np.ndarray:
        """Return the over-exposed solid angle of each blob, (count,) float64, steradians."""
        return self.integrate(np.ones((*self.weight.shape, 1), dtype=np.float32))[:, 0]

    def edge_softness(self, blob: int) -> float:
        """Return the share of the surroundings of a blob that are nearly white, [0, 1]; 0 where it has no edge."""
        inside = (self.labels == blob) & (self.weight > 0.5)
        beside = sphere.neighbourhood(inside).any(axis=0)
        ring = sphere.neighbourhood(beside).any(axis=0) & ~beside & (self.weight < 0.5)
        weights_sr = np.broadcast_to(sphere.pixel_solid_angles_sr(*ring.shape)[:, None], ring.shape)[ring]
        if not weights_sr.size:
            return 0.0
        low, high = _NEARLY_WHITE
        softness = np.clip((self._surroundings[ring] - low) / (high - low), 0.0, 1.0)
        return float(softness @ weights_sr / weights_sr.sum())

    def depths_rad(self, blob: int, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the distance of pixels to the soft edge of a blob, where its surroundings are nearly white.

        Args:
            blob: label of the blob.
            rows: (n,) rows of pixels, in ascending order.
            columns: (n,) their columns.

        Returns:
            (n,) float64, radians, at most :data:`MAXIMUM_DEPTH_RAD`; 0 outside.
        """
        pixel_rad = np.pi / len(self.weight)
        # The mean over neighbours is free of the noise that compression leaves at edges.
        inside = sphere.neighbourhood(self.weight * (self.labels == blob)).mean(axis=0) >= 0.5
        edge = ~inside & sphere.neighbourhood(inside).any(axis=0) & (self._surroundings >= np.mean(_NEARLY_WHITE))
        edge_rows, edge_columns = np.nonzero(edge)
        edges = pixel_directions_at(edge_rows, edge_columns, self.weight.shape)
        directions = pixel_directions_at(rows, columns, self.weight.shape)
        depths = np.where(inside[rows, columns], MAXIMUM_DEPTH_RAD, 0.0)
        reach = int(np.ceil(MAXIMUM_DEPTH_RAD / pixel_rad)) + 1
        for first in range(0, len(self.weight), _ROWS):
            part = slice(*np.searchsorted(rows, [first, first + _ROWS]))
            near = slice(*np.searchsorted(edge_rows, [first - reach, first + _ROWS + reach]))
            if part.stop > part.start and near.stop > near.start:
                nearest = np.clip((directions[part] @ edges[near].T).max(axis=1), -1.0, 1.0)
                depths[part] = np.minimum(depths[part], np.maximum(np.arccos(nearest) - 0.5 * pixel_rad, 0.0))
        return depths


def pixel_directions_at(rows: np.ndarray, columns: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the unit directions of pixels' centres, (n, 3) float64; see :func:`lanet_core.sphere.pixel_directions`."""
    theta, phi = sphere.zenith_angles_rad(size[0])[rows], sphere.azimuths_rad(size[1])[columns]
    return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)


def balance(radiance: np.ndarray, areas: ClippedAreas, sampled_weight: np.ndarray, energies: np.ndarray) -> np.ndarray:
    """Scale the radiance of each blob so that it has the energy that it should have.

    Radiance that is interpolated to the image's pixels and multiplied by their over-exposure does not have exactly the
    energy that it has with the mean over-exposure. The difference is known in advance, and one factor for each blob
    corrects it.

    Args:
        radiance: (H, W, C) float32, ≥ 0.
        areas: the blobs.
        sampled_weight: (H, W) float32, ≥ 0: see :class:`lanet_core.strips.StripGatherer`.
        energies: (count, C) float64, the energy of each blob, radiance times steradians.

    Returns:
        (H, W, C) float32; a blob without radiance remains as it is.
    """
    given = areas.integrate_weighted(radiance, sampled_weight)
    factors = np.divide(energies, given, out=np.ones_like(given), where=(given > 0.0) & (energies > 0.0))
    return radiance * factors.astype(np.float32)[areas.labels]


def label_areas(lit: np.ndarray) -> np.ndarray:
    """Number the connected areas of a panorama; pixels that touch at a corner are connected.

    Args:
        lit: (H, W) bool; the first and the last column touch, and columns meet at the poles.

    Returns:
        (H, W) int: 0 where not lit, else the number of the area, from 1.
    """
    height, width = lit.shape
    pixels = np.arange(lit.size).reshape(lit.shape)
    pairs = []
    for down, right in ((0, 1), (1, -1), (1, 0), (1, 1)):
        neighbour = np.roll(pixels, -right, axis=1)[down:]
        both = lit[: height - down] & np.roll(lit, -right, axis=1)[down:]
        pairs.append((pixels[: height - down][both], neighbour[both]))
    for row in (0, height - 1):
        opposite = np.roll(lit[row], width // 2) & lit[row]
        pairs.append((pixels[row][opposite], np.roll(pixels[row], width // 2)[opposite]))
    one, other = (np.concatenate(each) for each in zip(*pairs, strict=True))
    # Each pixel points to one of a lower number in its area, or to itself: pairs are joined until all agree.
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
