"""Calibration of the added light by a surface of known albedo.

A diffuse surface of albedo ρ with normal n emits the radiance L = ρ / π · E(n), where E(n) = ∫ L(ω) max(0, n·ω) dω is
the irradiance of the panorama. The photograph shows L where the surface is well exposed. Of the reconstruction
base + f · added, the factor f is solved for:

    f = (π L / ρ − E_base(n)) / E_added(n)

All are luminances. There is no solution where the photograph alone lights the surface more strongly than its albedo
permits, and where it receives no added light; factors above 2⁵ and below 2⁻⁵ are refused. The lights are taken to be
far away, and the surface to see the whole half-sphere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lanet_core.colour import luminance
from lanet_core.errors import InputError
from lanet_core.geometry import sphere
from lanet_core.image_size import image_size

FACINGS = ("auto", "up", "camera")
#: Radius of the part of the photograph that is measured around a point.
_POINT_RADIUS_RAD = np.radians(1.0)
#: Elevations between which the ground is measured; tripods and patches of the nadir are below.
_GROUND_RAD = (np.radians(-65.0), np.radians(-25.0))
#: Less added irradiance than this share of that of the photograph solves nothing.
_LEAST_ADDED = 1e-3
#: The factor may be up to 2 to this power, or down to its inverse: more is an error of the albedo.
_MOST_EV = 5.0
#: The share of a surface that may be clipped.
_MOST_CLIPPED = 0.25


@dataclass(frozen=True)
class Surface:
    """A diffuse surface of the photograph.

    Attributes:
        albedo: share of the light that it reflects, (0, 1].
        at: its place in the panorama, (u, v) in [0, 1] from the left and from the top; None for the ground, whose
            median between 25° and 65° below the horizon is measured.
        facing: ``up``, ``camera``, or ``auto``: up below the horizon, and to the camera above it.

    Raises:
        InputError: a value is out of its range.
    """

    albedo: float
    at: tuple[float, float] | None = None
    facing: str = "auto"

    def __post_init__(self) -> None:
        if not 0.0 < self.albedo <= 1.0:
            raise InputError(f"The albedo {self.albedo:g} is out of range.", remedy="Use a value above 0 and up to 1.")
        if self.at is not None and not all(0.0 <= value <= 1.0 for value in self.at):
            raise InputError("The point of the surface is outside the image.", remedy="Use U,V from 0 to 1.")
        if self.facing not in FACINGS:
            raise InputError(f"There is no facing {self.facing}.", remedy=f"Use {', '.join(FACINGS)}.")
        if self.at is None and self.facing == "camera":
            raise InputError("The ground does not face the camera.", remedy="Use facing up, or name a point.")

    @property
    def direction(self) -> np.ndarray | None:
        """Direction from the camera to the surface, (3,) float64 unit vector; None for the ground."""
        if self.at is None:
            return None
        azimuth_rad, zenith_rad = np.pi * (1.0 - 2.0 * self.at[0]), np.pi * self.at[1]
        return np.array(
            [
                np.sin(zenith_rad) * np.cos(azimuth_rad),
                np.sin(zenith_rad) * np.sin(azimuth_rad),
                np.cos(zenith_rad),
            ]
        )

    @property
    def normal(self) -> np.ndarray:
        """The normal, (3,) float64 unit vector."""
        direction = self.direction
        if direction is None or self.facing == "up" or (self.facing == "auto" and direction[2] < 0.0):
            return np.array([0.0, 0.0, 1.0])
        return -direction


@dataclass(frozen=True)
class SurfaceFactor:
    """The solution.

    Attributes:
        factor: of the added radiance, > 0; None if there is none.
        problem: why there is none, and the remedy; empty otherwise.
    """

    factor: float | None
    problem: str = ""


class SurfaceMeasurement:
    """Measures a panorama band by band.

    Args:
        size: rows and columns of the panorama.
        surface: what is known of it.
    """

    def __init__(self, size: tuple[int, int], surface: Surface) -> None:
        self._size, self._surface = size, surface
        height, width = size
        self._areas_sr = sphere.pixel_solid_angles_sr(height, width)
        self._zeniths_rad, self._azimuths_rad = sphere.zenith_angles_rad(height), sphere.azimuths_rad(width)
        self._irradiance = np.zeros(2)
        self._radiance_sr = self._clipped_sr = self._measured_sr = 0.0
        self._ground: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, base: np.ndarray, added: np.ndarray, first_row: int) -> None:
        """Measure a band; every row is to be given once.

        Args:
            base: (n, W, 3) float32, linear Rec.709, ≥ 0: the photograph.
            added: the same of what the reconstruction adds.
            first_row: the row that the band begins with.
        """
        rows = slice(first_row, first_row + len(base))
        levels = np.stack([luminance(base), luminance(added)])
        areas_sr = self._areas_sr[rows, None]
        cosines = np.maximum(self._cosines(self._surface.normal, rows), 0.0)
        self._irradiance += np.einsum("khw,hw->k", levels, cosines * areas_sr, dtype=np.float64)
        direction = self._surface.direction
        if direction is None:
            self._add_ground(levels, rows)
            return
        inside = self._cosines(direction, rows) >= np.cos(max(_POINT_RADIUS_RAD, self._pixel_rad))
        areas_sr = np.broadcast_to(areas_sr, inside.shape)[inside].astype(np.float64)
        self._radiance_sr += float(areas_sr @ levels[0][inside])
        self._clipped_sr += float(areas_sr @ (levels[1][inside] > 0.0))
        self._measured_sr += float(areas_sr.sum())

    def solve(self) -> SurfaceFactor:
        """Return the factor; to be called once every band has been added."""
        radiance, clipped = self._measured_radiance()
        name = "ground" if self._surface.at is None else "surface"
        if clipped > _MOST_CLIPPED:
            return SurfaceFactor(None, f"The {name} is clipped in the photograph. Choose a darker surface.")
        if radiance <= 0.0:
            return SurfaceFactor(None, f"The {name} is black in the photograph. Choose a lighter surface.")
        base, added = self._irradiance
        if added <= _LEAST_ADDED * base:
            return SurfaceFactor(None, f"No light was added above the {name}. Choose one that faces a light.")
        factor = (np.pi * radiance / self._surface.albedo - base) / added
        if factor <= 0.0:
            limit = np.pi * radiance / base
            return SurfaceFactor(
                None,
                f"The photograph alone lights the {name} more strongly than albedo {self._surface.albedo:g} permits. "
                f"Use an albedo below {_rounded_down(limit)}, or choose another surface.",
            )
        if abs(np.log2(factor)) > _MOST_EV:
            return SurfaceFactor(
                None,
                f"With albedo {self._surface.albedo:g} of the {name}, the added light would change by "
                f"{np.log2(factor):+.1f} EV. Check the albedo, or choose another surface.",
            )
        return SurfaceFactor(float(factor))

    @property
    def _pixel_rad(self) -> float:
        return np.pi / self._size[0]

    def _cosines(self, axis: np.ndarray, rows: slice) -> np.ndarray:
        """Return the cosine of the angle between each pixel and an axis, (n, W) float32."""
        zeniths_rad, azimuths_rad = self._zeniths_rad[rows, None], self._azimuths_rad[None]
        across = axis[0] * np.cos(azimuths_rad) + axis[1] * np.sin(azimuths_rad)
        return (np.sin(zeniths_rad) * across + np.cos(zeniths_rad) * axis[2]).astype(np.float32)

    def _add_ground(self, levels: np.ndarray, rows: slice) -> None:
        """Record the rows of the ground, thinned out to about a degree."""
        step = max(1, self._size[0] // 180)
        numbers = np.arange(rows.start, rows.stop)
        elevations_rad = np.pi / 2.0 - self._zeniths_rad[rows]
        low, high = _GROUND_RAD
        chosen = (numbers % step == 0) & (elevations_rad >= low) & (elevations_rad <= high)
        if chosen.any():
            thinned = levels[:, chosen, ::step]
            weights = np.broadcast_to(self._areas_sr[rows][chosen, None], thinned.shape[1:])
            self._ground.append((thinned.reshape(2, -1), weights.ravel()))

    def _measured_radiance(self) -> tuple[float, float]:
        """Return the radiance of the surface and its clipped share."""
        if self._surface.at is not None:
            if not self._measured_sr > 0.0:
                return 0.0, 0.0
            return self._radiance_sr / self._measured_sr, self._clipped_sr / self._measured_sr
        if not self._ground:
            return 0.0, 0.0
        levels = np.concatenate([each for each, _ in self._ground], axis=1)
        weights = np.concatenate([each for _, each in self._ground])
        order = np.argsort(levels[0])
        half = np.searchsorted(np.cumsum(weights[order]), 0.5 * weights.sum())
        return float(levels[0][order][half]), float(weights @ (levels[1] > 0.0) / weights.sum())


def solve_surface(base: np.ndarray, added: np.ndarray, surface: Surface) -> SurfaceFactor:
    """Return the factor of a panorama in memory, see :class:`SurfaceMeasurement`."""
    measurement = SurfaceMeasurement(image_size(base), surface)
    measurement.add(base, added, 0)
    return measurement.solve()


def above_white(hdr: np.ndarray) -> np.ndarray:
    """Return the part of an HDR panorama above the photograph's white, (H, W, 3) float32.

    It is the part that Highlights of the Blender extension scales: the share max(m − 1, 0) / m of each pixel, with m
    its largest channel.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0, 1 = white of the photograph.
    """
    largest = hdr.max(axis=-1, keepdims=True)
    return hdr * (np.maximum(largest - 1.0, 0.0) / np.maximum(largest, 1.0))


def _rounded_down(value: float) -> str:
    """Return a value with two significant digits, not more than it is."""
    digits = 1 - int(np.floor(np.log10(value)))
    return f"{np.floor(value * 10.0**digits) / 10.0**digits:g}"
