"""Panoramas whose HDR is known at any size, to measure the reconstruction with: formulas, and files of renders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core import colour
from lanet_core.files import read_hdr
from lanet_core.geometry import sphere

_BAND_ROWS = 64
_ONE_SAMPLE_HEIGHT = 4096
#: The log-average luminance of a photograph (Reinhard et al., "Photographic Tone Reproduction", 2002, Eq. 2).
_KEY = 0.18
_METERING_HEIGHT = 256

#: Unit directions (..., 3) → radiance (..., 3) or distance from a light in radians (...), negative inside of it.
Field = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Scene:
    """A place.

    Attributes:
        name: of it.
        panorama: makes its panorama of so many rows, at most: (H, 2 H, 3) float32, linear Rec.709, 1 = white in the
            photograph.
    """

    name: str
    panorama: Callable[[int], np.ndarray]


def rendered_scene(path: Path) -> Scene:
    """Return the scene of an HDR file; the photographer exposes for its log-average luminance."""

    def panorama(height: int) -> np.ndarray:
        hdr = read_hdr(path)
        metered = colour.luminance(sphere.downsample(hdr, _METERING_HEIGHT, 2 * _METERING_HEIGHT))
        hdr *= np.float32(_KEY / np.exp(sphere.sphere_mean(np.log(np.maximum(metered, 1e-6)))))
        return hdr if len(hdr) <= height else sphere.downsample(hdr, height, 2 * height)

    return Scene(path.stem, panorama)


def ball(azimuth_deg: float, elevation_deg: float, diameter_deg: float) -> Field:
    """Return the distance from a disc."""
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    level = np.cos(elevation)
    middle = np.array([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)])
    radius = np.radians(diameter_deg / 2.0)
    return lambda d: 2.0 * np.arcsin(np.clip(np.linalg.norm(d - middle, axis=-1) / 2.0, 0.0, 1.0)) - radius


def window(azimuth_deg: float, elevation_deg: float, width_deg: float, height_deg: float) -> Field:
    """Return the distance from a rectangle in azimuth and elevation."""
    middle, half = np.radians([azimuth_deg, elevation_deg]), np.radians([width_deg, height_deg]) / 2.0

    def distance(d: np.ndarray) -> np.ndarray:
        elevation = np.arcsin(np.clip(d[..., 2], -1.0, 1.0))
        turn = np.angle(np.exp(1j * (np.arctan2(d[..., 1], d[..., 0]) - middle[0])))
        return np.maximum(np.abs(turn) - half[0], np.abs(elevation - middle[1]) - half[1])

    return distance


@dataclass(frozen=True)
class _Lights:
    """Lights of one radiance each over what surrounds them."""

    background: Field
    lights: tuple[tuple[Field, tuple[float, float, float]], ...]

    def panorama(self, height: int) -> np.ndarray:
        """Return the scene with four samples a pixel, or one of 0.044°."""
        samples = 2 if height < _ONE_SAMPLE_HEIGHT else 1
        result = np.empty((height, 2 * height, 3), dtype=np.float32)
        theta, phi = sphere.zenith_angles_rad(samples * height), sphere.azimuths_rad(samples * 2 * height)
        for first in range(0, height, _BAND_ROWS):
            rows = theta[samples * first : samples * (first + _BAND_ROWS), None]
            up = np.broadcast_to(np.cos(rows), (len(rows), len(phi)))
            values = self._radiance(np.stack([np.sin(rows) * np.cos(phi), np.sin(rows) * np.sin(phi), up], axis=-1))
            pixels = values.reshape(-1, samples, 2 * height, samples, 3).mean(axis=(1, 3))
            result[first : first + len(pixels)] = pixels
        return result

    def _radiance(self, directions: np.ndarray) -> np.ndarray:
        result = self.background(directions)
        for distance, radiance in self.lights:
            result = np.where(distance(directions)[..., None] < 0.0, radiance, result)
        return result


def _sky(d: np.ndarray) -> np.ndarray:
    """A clear sky, brighter towards the horizon and around the sun, over grass."""
    from_sun = np.degrees(ball(30.0, 40.0, 0.0)(d))[..., None]
    up = d[..., 2:]
    blue = np.array([0.25, 0.4, 0.8]) + np.array([0.5, 0.45, 0.2]) * np.exp(-6.0 * np.maximum(up, 0.0))
    aureole = 0.5 * np.exp(-from_sun / 12.0) + 6.0 * np.exp(-from_sun / 3.0) + 60.0 * np.exp(-from_sun / 0.7)
    return np.where(up > 0.0, blue + aureole, np.array([0.12, 0.15, 0.06]))


def _walls(d: np.ndarray) -> np.ndarray:
    """A dim room with a texture."""
    texture = 0.12 + 0.05 * np.sin(40.0 * d[..., :1]) * np.sin(31.0 * d[..., 1:2]) * np.sin(37.0 * d[..., 2:])
    return texture * np.array([1.0, 0.85, 0.7])


_SUN = _Lights(_sky, ((ball(30.0, 40.0, 0.533), (26000.0, 24000.0, 20000.0)),))
#: Windows, one of them across ±180°, a ball lamp, one overhead, one of 0.3° and one of 2 times white.
_ROOM = _Lights(
    _walls,
    (
        (window(0.0, 10.0, 34.0, 22.0), (9.0, 11.0, 14.0)),
        (window(180.0, 5.0, 3.3, 17.0), (20.0, 22.0, 25.0)),
        (ball(75.0, 35.0, 4.0), (90.0, 70.0, 40.0)),
        (ball(0.0, 89.0, 2.5), (160.0, 130.0, 90.0)),
        (ball(-80.0, 20.0, 0.3), (2500.0, 1900.0, 1100.0)),
        (ball(-120.0, 30.0, 2.0), (2.2, 2.0, 1.6)),
    ),
)
FORMULAS = (Scene("formula: sun", _SUN.panorama), Scene("formula: room", _ROOM.panorama))
