"""Panoramas of a clear sky over a plane, rendered in Cycles, with the sun as an exact disc at any size."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core.data.sharp_lights import SUN_RADIUS_RAD, Disc
from lanet_core.geometry import sphere

ROWS = 128
#: Share of the sun's light in its glare, which falls off with this power of the angle.
GLARE_SHARE, GLARE_POWER = 0.05, 2.5


@dataclass(frozen=True)
class ClearSky:
    """A rendered sky without its sun's disc, and the sun.

    Attributes:
        background: (128, 256, 3) float32, linear Rec.709.
        sun: the disc.
    """

    background: np.ndarray
    sun: Disc

    def panorama(self, height: int, *, glare: bool) -> np.ndarray:
        """Return the sky with its sun at any size, (height, 2 height, 3) float32, linear Rec.709."""
        hdr = sphere.upsample_bilinear(self.background, height, 2 * height)
        solid_angles = sphere.pixel_solid_angles_sr(height, 2 * height)
        energy = self.sun.energy
        if glare:
            spread = self._glare(height)
            spread /= float((spread.sum(axis=1, dtype=np.float64) * solid_angles).sum())
            for row, spread_of_row in zip(hdr, spread, strict=True):
                row += spread_of_row[:, None] * (GLARE_SHARE * energy).astype(np.float32)
            energy = (1.0 - GLARE_SHARE) * energy
        rows, columns, sr = self.sun.coverage(height)
        hdr[rows, columns] += (energy * (sr / sr.sum() / solid_angles[rows])[:, None]).astype(np.float32)
        return hdr

    def _glare(self, height: int) -> np.ndarray:
        """Return how much of the glare each pixel gets, (height, 2 height) float32, of any scale."""
        x, y, z = self.sun.direction
        zenith_angles, azimuths = sphere.zenith_angles_rad(height), sphere.azimuths_rad(2 * height)
        level = (x * np.cos(azimuths) + y * np.sin(azimuths)).astype(np.float32)
        glare = np.empty((height, 2 * height), np.float32)
        for row, theta in zip(glare, zenith_angles, strict=True):
            cosines = np.float32(np.sin(theta)) * level + np.float32(np.cos(theta) * z)
            angles = np.arccos(np.clip(cosines, -1.0, 1.0))
            row[:] = 1.0 / (angles + np.float32(0.01)) ** np.float32(GLARE_POWER)
        return glare


def render_clear_skies(elevations_deg: Collection[float], folder: Path) -> dict[float, ClearSky]:
    """Render skies of Blender's in a process of its own; return them by the sun's elevation."""
    script = Path(__file__).with_name("clear_sky_in_blender.py")
    command = [sys.executable, str(script), str(folder), *map(str, elevations_deg)]
    subprocess.run(command, check=True, timeout=600)
    return {
        each: _clear_sky(*(np.load(folder / f"{name}_{each:g}.npy") for name in ("with_sun", "without_sun")))
        for each in elevations_deg
    }


def _clear_sky(with_sun: np.ndarray, without_sun: np.ndarray) -> ClearSky:
    """Take the sun of a rendered sky for a disc."""
    upper = ROWS // 2
    solid_angles = sphere.pixel_solid_angles_sr(ROWS, 2 * ROWS)
    disc = np.maximum(with_sun[:upper] - without_sun, 0.0)[: upper - 1]
    disc[disc.mean(axis=-1) < 1.0] = 0.0
    energy = np.einsum("hwc,h->c", disc, solid_angles[: upper - 1])
    weights = disc.mean(axis=-1) * solid_angles[: upper - 1, None]
    direction = np.einsum("hw,hwd->d", weights, sphere.pixel_directions(ROWS, 2 * ROWS)[: upper - 1])
    background = np.concatenate([without_sun, with_sun[upper:]]).astype(np.float32)
    return ClearSky(background, Disc(direction / np.linalg.norm(direction), SUN_RADIUS_RAD, energy))
