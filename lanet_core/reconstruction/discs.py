"""Point lights as discs of constant radiance, drawn in the over-exposed pixels of the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.reconstruction.overexposure import MAXIMUM_RADIANCE
from lanet_core.reconstruction.point_lights import PlacedLight, PointLight

#: Bounds of the factors of the light other than known discs.
_OTHER_FACTORS = (0.25, 4.0)


class Discs:
    """The discs of one panorama: first :meth:`observe` every band, then :meth:`take` the lights.

    Args:
        size: rows and columns of the image.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        #: One bit a pixel: where over-exposure is above 0.
        self._overexposed = np.zeros((size[0], (size[1] + 7) // 8), dtype=np.uint8)
        self._overexposed_sr = 0.0
        self._discs: list[tuple[PointLight, np.ndarray]] = []

    def observe(self, is_overexposed: np.ndarray, first_row: int) -> None:
        """Record where a band of the image is over-exposed.

        Args:
            is_overexposed: (n, W) bool; bands without such pixels can be left out.
            first_row: the row of the image that the band begins with.
        """
        rows = slice(first_row, first_row + len(is_overexposed))
        self._overexposed[rows] = np.packbits(is_overexposed, axis=1)
        areas_sr = sphere.pixel_solid_angles_sr(*self._size)[rows]
        self._overexposed_sr += float(areas_sr @ np.count_nonzero(is_overexposed, axis=1))

    @property
    def overexposed_fraction(self) -> float:
        """The share of the sphere's solid angle that is over-exposed, [0, 1]."""
        return min(1.0, self._overexposed_sr / (4.0 * np.pi))

    def take(self, lights: Sequence[PointLight]) -> list[PointLight]:
        """Set the discs; return the lights that have one: those that cover over-exposed pixels."""
        self._discs = []
        for light in lights:
            covered_sr = self._covered_sr(light)
            if covered_sr > 0.0:
                radiance = np.minimum(light.energy / covered_sr, MAXIMUM_RADIANCE).astype(np.float32)
                self._discs.append((light, radiance))
        return [light for light, _ in self._discs]

    @property
    def placed_lights(self) -> tuple[PlacedLight, ...]:
        """The lights that have a disc."""
        return tuple(PlacedLight(light.direction, light.energy) for light, _ in self._discs)

    def _covered_sr(self, light: PointLight) -> float:
        """Return the over-exposed solid angle that a disc covers."""
        height, width = self._size
        rows = light.rows(height, slice(0, height))
        coverage = light.coverage(self._size, rows, slice(0, width))
        coverage *= np.unpackbits(self._overexposed[rows], axis=1, count=width)
        return float(sphere.pixel_solid_angles_sr(height, width)[rows] @ coverage.sum(axis=1, dtype=np.float64))

    def add_to(self, block: np.ndarray, is_overexposed: np.ndarray, rows: slice, columns: slice) -> None:
        """Add the discs to a block of the panorama, in place.

        Args:
            block: (n, m, 3) float32, radiance relative to white.
            is_overexposed: (n, m) bool; the other pixels are left as they are.
            rows: the rows of the image that the block shows.
            columns: its columns.
        """
        for light, radiance in self._discs:
            reached = light.rows(self._size[0], rows)
            if reached.stop > reached.start:
                part = slice(reached.start - rows.start, reached.stop - rows.start)
                coverage = light.coverage(self._size, reached, columns) * is_overexposed[part]
                block[part] += coverage[..., None] * radiance


def with_energy_of_frame(
    wide: np.ndarray, narrow: np.ndarray, disc_share: np.ndarray, lights: Sequence[PointLight]
) -> tuple[np.ndarray, np.ndarray]:
    """Return diffuse and concentrated radiance scaled so that their sum with the known discs has the energy predicted.

    The concentrated light of blobs without a disc makes up for the discs as far as it can, the diffuse radiance for the
    rest.

    Args:
        wide: (g, 2 g, 3) float32, the diffuse radiance that was predicted for this frame.
        narrow: the same, the concentrated radiance.
        disc_share: (g, 2 g, 1) float32, [0, 1]: the share of each cell that is in a blob with a disc.
        lights: the known discs.
    """

    def energy(grid: np.ndarray) -> float:
        return 4.0 * np.pi * float(sphere.sphere_mean(grid).mean())

    diffuse, concentrated, other = (energy(grid) for grid in (wide, narrow, narrow * (1.0 - disc_share)))
    discs = float(sum(light.energy.mean() for light in lights))
    low, high = _OTHER_FACTORS
    narrow_factor = min(max(concentrated - discs, 0.0) / other, high) if other > 0.0 else 1.0
    left = diffuse + concentrated - discs - narrow_factor * other
    wide_factor = float(np.clip(left / diffuse, low, high)) if diffuse > 0.0 else 1.0
    return wide * np.float32(wide_factor), narrow * np.float32(narrow_factor)
