"""Connected clipped areas (blobs) of a panorama: their labels, energies and distances to the edge."""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.geometry.connected import lowest_connected

#: Pixels with at least this mean over-exposure connect a blob.
_CONNECTING_WEIGHT = 0.01
#: Between these levels the surroundings of a blob come to count as nearly white.
_NEARLY_WHITE = (0.4, 0.7)
#: Distances to the edge of a blob are measured up to this limit.
MAXIMUM_DEPTH_RAD = np.radians(12.0)


class ClippedAreas:
    """The blobs of a panorama.

    Attributes:
        weight: (H, W) float32, mean over-exposure of each pixel, [0, 1].
        labels: (H, W) int, number of the blob of each pixel from 1, 0 outside. Every pixel with a weight above 0 and
            every neighbour of a blob has a label.
        count: number of labels, 0 included.

    Args:
        weight: see the attribute; W even.
        surroundings: (H, W, 3) float32, mean of the part of each pixel that is not over-exposed, linear Rec.709
            relative to white; 0 by default.
    """

    def __init__(self, weight: np.ndarray, surroundings: np.ndarray | None = None) -> None:
        self.weight = weight
        self._surroundings = np.zeros((*weight.shape, 3), dtype=np.float32) if surroundings is None else surroundings
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
        around = sphere.neighbourhood(inside).any(axis=0)
        ring = sphere.neighbourhood(around).any(axis=0) & ~around & (self.weight < 0.5)
        weights_sr = np.broadcast_to(sphere.pixel_solid_angles_sr(*ring.shape)[:, None], ring.shape)[ring]
        if not weights_sr.size:
            return 0.0
        low, high = _NEARLY_WHITE
        softness = np.clip((self._surroundings[ring].mean(axis=-1) - low) / (high - low), 0.0, 1.0)
        return float(softness @ weights_sr / weights_sr.sum())

    def depths_rad(self, blob: int) -> np.ndarray:
        """Return the distance of pixels to the soft edge of a blob, where its surroundings are nearly white.

        Args:
            blob: label of the blob.

        Returns:
            (H, W) float64, radians, at most :data:`MAXIMUM_DEPTH_RAD`; 0 outside.
        """
        # The mean over neighbours is free of the noise that compression leaves at edges.
        inside = sphere.neighbourhood(self.weight * (self.labels == blob)).mean(axis=0) >= 0.5
        # One bright channel is enough: glare may be coloured.
        is_bright = self._surroundings.max(axis=-1) >= np.mean(_NEARLY_WHITE)
        edge = ~inside & sphere.neighbourhood(inside).any(axis=0) & is_bright
        distance = _distances_rad(edge, MAXIMUM_DEPTH_RAD) - 0.5 * np.pi / len(edge)
        return np.where(inside, np.clip(distance, 0.0, MAXIMUM_DEPTH_RAD), 0.0)


def _distances_rad(targets: np.ndarray, limit_rad: float) -> np.ndarray:
    """Return each pixel's angle to the nearest target, (H, W) float64, exact up to a limit and at least it beyond."""
    height, width = targets.shape
    # Between two rows the angle increases with the difference in azimuth: only the nearest target of a row counts.
    columns = np.arange(-width, 2 * width)
    tiled = np.tile(targets, 3)
    before = np.maximum.accumulate(np.where(tiled, columns, -4 * width), axis=1)[:, width : 2 * width]
    behind = np.minimum.accumulate(np.where(tiled, columns, 5 * width)[:, ::-1], axis=1)[:, ::-1][:, width : 2 * width]
    nearest = np.minimum(np.minimum(columns[width : 2 * width] - before, behind - columns[width : 2 * width]), width)
    has_target = targets.any(axis=1, keepdims=True)
    across = np.where(has_target, np.sin(np.pi * nearest / width) ** 2, np.inf)
    theta = sphere.zenith_angles_rad(height)
    haversines = np.full(targets.shape, np.sin(limit_rad / 2.0 + np.pi / height) ** 2)
    reach = int(np.ceil(limit_rad * height / np.pi)) + 1
    for down in range(-reach, reach + 1):
        rows = slice(max(0, -down), height - max(0, down))
        others = slice(max(0, down), height - max(0, -down))
        sines = (np.sin(theta[rows]) * np.sin(theta[others]))[:, None]
        angle = np.sin(0.5 * np.pi * down / height) ** 2 + sines * across[others]
        np.minimum(haversines[rows], angle, out=haversines[rows])
    return 2.0 * np.arcsin(np.sqrt(haversines))


def pixel_directions_at(rows: np.ndarray, columns: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the unit directions of pixels' centres, (n, 3) float64; see :func:`.sphere.pixel_directions`."""
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
        sampled_weight: (H, W) float32, ≥ 0: see :class:`lanet_core.geometry.bands.BandGatherer`.
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
    lowest = lowest_connected(lit.size, one, other)
    labels = np.zeros(lit.size, dtype=np.intp)
    labels[lit.ravel()] = 1 + np.unique(lowest[lit.ravel()], return_inverse=True)[1]
    return labels.reshape(lit.shape)
