"""Small scenes with known lights: the image at any size, and the light grids of a perfect prediction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.reconstruction.panorama import Reconstruction

GRID = 64
_SAMPLES = 4096


def direction_of(azimuth_deg: float, elevation_deg: float) -> np.ndarray:
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def angles_deg(directions: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Angles to an axis, exact for small ones."""
    return np.degrees(2.0 * np.arcsin(np.clip(np.linalg.norm(directions - axis, axis=-1) / 2.0, 0.0, 1.0)))


@dataclass(frozen=True)
class Disc:
    """A light.

    Attributes:
        azimuth_deg: of its centre.
        elevation_deg: the same.
        diameter_deg: angle that it subtends.
        energy: radiance times solid angle, per channel.
        is_concentrated: whether a network predicts it as concentrated light.
        glare: radiance of its glare at 1°, which falls off with the square of the angle.
    """

    azimuth_deg: float
    elevation_deg: float
    diameter_deg: float = 0.533
    energy: tuple[float, float, float] = (1.0, 0.9, 0.8)
    is_concentrated: bool = True
    glare: float = 0.0

    @property
    def axis(self) -> np.ndarray:
        return direction_of(self.azimuth_deg, self.elevation_deg)

    @property
    def solid_angle_sr(self) -> float:
        return 2.0 * np.pi * (1.0 - np.cos(np.radians(self.diameter_deg / 2.0)))


@dataclass(frozen=True)
class Scene:
    """Lights over a dark ground and a gradient sky.

    Attributes:
        lights: the discs.
        sky: radiance of the sky at the horizon; it falls to a quarter at the zenith.
        ground: radiance of the ground.
    """

    lights: tuple[Disc, ...]
    sky: float = 0.4
    ground: float = 0.1

    def diffuse_radiance(self, directions: np.ndarray) -> np.ndarray:
        """The scene without its discs, (..., 3)."""
        height = directions[..., 2]
        level = np.where(height > 0.0, self.sky * (1.0 - 0.75 * np.clip(height, 0.0, 1.0)), self.ground)
        for light in self.lights:
            if light.glare:
                level = level + light.glare / np.maximum(angles_deg(directions, light.axis), 0.6) ** 2
        return np.repeat(level[..., None], 3, axis=-1)

    def band(self, height: int, first: int, end: int, levels: int = 255) -> np.ndarray:
        """Rows of the LDR image, (n, 2 height, 3) float32, linear; quantised in linear light."""
        theta, phi = sphere.zenith_angles_rad(height)[first:end, None], sphere.azimuths_rad(2 * height)[None]
        x, y, z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta) + 0.0 * phi
        directions = np.stack([x, y, z], axis=-1)
        radiance = self.diffuse_radiance(directions)
        for light in self.lights:
            covered = (light.diameter_deg / 2.0 - angles_deg(directions, light.axis)) * height / 180.0 + 0.5
            covered = np.clip(covered, 0.0, 1.0)[..., None]
            radiance = radiance + covered * np.array(light.energy) / light.solid_angle_sr
        return (np.rint(np.clip(radiance, 0.0, 1.0) * levels) / levels).astype(np.float32)

    def image(self, height: int) -> np.ndarray:
        return self.band(height, 0, height)

    def grids(self) -> tuple[np.ndarray, np.ndarray]:
        """Diffuse and concentrated radiance to add, (g, 2 g, 3) float32."""
        directions = sphere.pixel_directions(8 * GRID, 16 * GRID)
        lacking = np.maximum(self.diffuse_radiance(directions) - 1.0, 0.0).astype(np.float32)
        grids = [sphere.downsample(lacking, GRID, 2 * GRID), np.zeros((GRID, 2 * GRID, 3), dtype=np.float32)]
        solid_angles = sphere.pixel_solid_angles_sr(GRID, 2 * GRID)
        for light in self.lights:
            points = disc_points(light)
            rows, columns = sphere.directions_to_pixels(points, GRID, 2 * GRID)
            rows = np.clip(np.rint(rows).astype(int), 0, GRID - 1)
            columns = np.rint(columns).astype(int) % (2 * GRID)
            share = np.float32(1.0 / _SAMPLES) / solid_angles[rows].astype(np.float32)
            for channel in range(3):
                grid = grids[int(light.is_concentrated)][..., channel]
                np.add.at(grid, (rows, columns), share * np.float32(light.energy[channel]))
        return grids[0], grids[1]


def disc_points(light: Disc) -> np.ndarray:
    """Directions spread evenly over a disc, (n, 3)."""
    number = np.arange(_SAMPLES)
    cosines = 1.0 - (1.0 - np.cos(np.radians(light.diameter_deg / 2.0))) * (number + 0.5) / _SAMPLES
    sines, turns = np.sqrt(1.0 - cosines**2), number * np.pi * (3.0 - np.sqrt(5.0))
    one = np.cross(light.axis, [0.0, 0.0, 1.0] if abs(light.axis[2]) < 0.9 else [1.0, 0.0, 0.0])
    one /= np.linalg.norm(one)
    other = np.cross(light.axis, one)
    return (
        cosines[:, None] * light.axis
        + (sines * np.cos(turns))[:, None] * one
        + (sines * np.sin(turns))[:, None] * other
    )


def energy_of(panorama: np.ndarray) -> np.ndarray:
    """Radiance integrated over the sphere: (3,), written out from the definition of solid angle."""
    height, width = panorama.shape[:2]
    edges = np.linspace(0.0, np.pi, height + 1)
    solid_angles = (np.cos(edges[:-1]) - np.cos(edges[1:])) * 2.0 * np.pi / width
    return np.einsum("h,hwc->c", solid_angles, panorama.astype(np.float64))


@dataclass
class Measured:
    """What a reconstruction adds: energy in total and within an angle of each light, and irradiance."""

    energy: np.ndarray
    near: np.ndarray
    irradiance: np.ndarray


def normals() -> np.ndarray:
    """Directions over the sphere, (n, 3)."""
    number = np.arange(64) + 0.5
    z = 1.0 - 2.0 * number / 64
    turns = number * np.pi * (3.0 - np.sqrt(5.0))
    return np.stack([np.sqrt(1.0 - z**2) * np.cos(turns), np.sqrt(1.0 - z**2) * np.sin(turns), z], axis=-1)


def irradiance(panorama: np.ndarray) -> np.ndarray:
    """Irradiance of each normal, (n, 3)."""
    height, width = panorama.shape[:2]
    solid_angles = sphere.pixel_solid_angles_sr(height, width)[:, None, None]
    cosines = np.clip(normals() @ sphere.pixel_directions(height, width).reshape(-1, 3).T, 0.0, None)
    return cosines @ (panorama * solid_angles).reshape(-1, 3)


def measure(scene: Scene, height: int, reach_deg: float = 4.0, network_height: int = 2 * GRID) -> Measured:
    """Reconstruct a scene band by band at any size."""
    reconstruction = Reconstruction(height, 2 * height, network_height)
    bands = [(first, min(first + 64, height)) for first in range(0, height, 64)]
    for first, end in bands:
        reconstruction.observe(scene.band(height, first, end), first)
    reconstruction.solve(*scene.grids())
    total, near, light = np.zeros(3), np.zeros((len(scene.lights), 3)), np.zeros((64, 3))
    solid_angles = sphere.pixel_solid_angles_sr(height, 2 * height)
    for first, end in bands:
        ldr = scene.band(height, first, end)
        added = reconstruction.band(ldr, first) - ldr
        rows, columns = np.nonzero(added.max(axis=-1) > 0.0)
        theta, phi = sphere.zenith_angles_rad(height)[first + rows], sphere.azimuths_rad(2 * height)[columns]
        directions = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
        energies = added[rows, columns] * solid_angles[first + rows, None]
        total += energies.sum(axis=0)
        light += np.clip(normals() @ directions.T, 0.0, None) @ energies
        for number, each in enumerate(scene.lights):
            near[number] += energies[angles_deg(directions, each.axis) < reach_deg].sum(axis=0)
    return Measured(total, near, light)
