"""A synthetic panorama whose HDR is exact."""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere


def make_scene(seed: int) -> np.ndarray:
    """A sky with a sun over a ground with noise, (256, 512, 3) float32."""
    rng = np.random.default_rng(seed)
    directions = sphere.pixel_directions(256, 512)
    sun = np.array([np.cos(seed), np.sin(seed), 0.8]) / np.hypot(1.0, 0.8)
    sky = np.array([0.4, 0.6, 1.0]) + 2e3 * (directions @ sun > 0.9995)[..., None]
    ground = 0.2 * rng.lognormal(0.0, 0.5, (256, 512, 1)) * np.array([1.0, 0.8, 0.6])
    return np.where(directions[..., 2:] > 0.0, sky, ground).astype(np.float32)
