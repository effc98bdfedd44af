"""A layer of clouds before the sky, worked out once as an image: what shines through it, and how bright it is."""

from __future__ import annotations

import math

import numpy as np

from lanet_core.geometry.sphere import pixel_directions
from scene_generation.description import Clouds, DaySky


def cloud_layer(sky: DaySky, clouds: Clouds, height: int) -> np.ndarray:
    """Return a flat layer of clouds seen from below.

    Args:
        sky: where the sun stands.
        clouds: the layer.
        height: rows, even; there are twice as many columns.

    Returns:
        (height, 2 · height, 2) float32, directions of :mod:`.geometry.sphere`: the luminance added, in 1000 cd/m², and
        the share of what is behind that shines through. Below the horizon there is nothing: 0 and 1.
    """
    layer = np.zeros((height, 2 * height, 2), dtype=np.float32)
    layer[..., 1] = 1.0
    layer[: height // 2] = _upper_half(sky, clouds, pixel_directions(height, 2 * height)[: height // 2])
    return layer


def _upper_half(sky: DaySky, clouds: Clouds, directions: np.ndarray) -> np.ndarray:
    # The sphere's bend: a layer at the horizon is far off, not infinitely.
    plane = directions[..., :2] / (directions[..., 2:] + 0.15)
    rng = np.random.default_rng(clouds.seed)
    large, small = (
        _fractal_noise(rng, plane / (size * clouds.size), octaves) for size, octaves in ((1.0, 6), (0.4, 4))
    )
    through = np.exp(-clouds.optical_depth * _density(large, clouds))
    darkness = clouds.contrast * _smoothstep(small, -0.7, 0.7)
    # The overcast sky of CIE S 011 is about three times brighter overhead than at the horizon.
    base = _brightness(sky, clouds) * (0.5 + 0.8 * directions[..., 2]) * (1.0 - darkness)
    bright = base * (1.0 + _glow(sky, clouds, directions)) * (1.0 - through)
    return np.stack([bright, through], axis=-1)


def _brightness(sky: DaySky, clouds: Clouds) -> float:
    # Median luminance of Blender's clear sky at 3, 10, 30 and 60 degrees: 640, 1160, 1700, 2580 cd/m².
    return clouds.brightness * (0.4 + 2.5 * max(0.0, math.sin(sky.elevation_rad)) ** 0.8)


def cloud_colour(sky: DaySky) -> np.ndarray:
    """Return the colour of the light of clouds: white, warm where the sun is low; (3,) float64, linear Rec.709."""
    warm = math.exp(-sky.elevation_rad / math.radians(6.0))
    return np.array([1.0 + 0.35 * warm, 1.0, 1.03 - 0.3 * warm])


def _density(noise: np.ndarray, clouds: Clouds) -> np.ndarray:
    if clouds.coverage >= 1.0:
        return 0.6 + 0.4 * _smoothstep(noise, -0.7, 0.7)
    low = 0.8 - 1.6 * clouds.coverage
    return _smoothstep(noise, low, low + 0.05 + clouds.softness)


def _glow(sky: DaySky, clouds: Clouds, directions: np.ndarray) -> np.ndarray:
    level = math.cos(sky.elevation_rad)
    sun = (level * math.cos(sky.azimuth_rad), level * math.sin(sky.azimuth_rad), math.sin(sky.elevation_rad))
    towards = np.maximum(directions @ np.array(sun), 0.0)
    return clouds.glow * (towards**clouds.glow_exponent + 0.15 * towards ** max(1.5, clouds.glow_exponent / 12.0))


def _smoothstep(value: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _fractal_noise(rng: np.random.Generator, plane: np.ndarray, octaves: int) -> np.ndarray:
    """Return noise of standard deviation near 0.45: octaves of gradient noise, each 0.55 of the one before."""
    total = np.zeros(plane.shape[:2])
    for octave in range(octaves):
        gradients = rng.normal(0.0, 1.0, (64, 64, 2))
        total += 0.55**octave * _gradient_noise(gradients, plane * 2.0**octave + rng.uniform(0.0, 64.0, 2))
    return total


def _gradient_noise(gradients: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return Perlin's noise (1985) on a lattice that repeats after the table's size."""
    cell = np.floor(points).astype(np.intp)
    inside = points - cell
    weight = inside**3 * (inside * (inside * 6.0 - 15.0) + 10.0)
    total = np.zeros(points.shape[:-1])
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        index = (cell + corner) % len(gradients)
        slope = gradients[index[..., 0], index[..., 1]]
        share = np.where(corner, weight, 1.0 - weight).prod(axis=-1)
        total += share * ((inside - corner) * slope).sum(axis=-1)
    return total
