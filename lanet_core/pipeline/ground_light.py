"""The light that an unobstructed horizontal ground receives from a panorama."""

from __future__ import annotations

import numpy as np

from lanet_core.reconstruction.surface_calibration import above_white


def ground_irradiance(hdr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the irradiance of a ground that faces up, of the light up to white and of the light above white.

    The weight of a row is exact: the integral of cos θ sin θ dθ dφ over its pixels above the horizon.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0, 1 = white of the photograph.

    Returns:
        Two (3,) float64, linear Rec.709, the panorama's unit times steradians; the first is π where it is 1 everywhere.
    """
    height, width = hdr.shape[:2]
    edges = np.minimum(np.pi * np.arange(height + 1) / height, np.pi / 2.0)
    weights = np.diff(np.sin(edges) ** 2) * np.pi / width
    base, added = np.zeros(3), np.zeros(3)
    for row, weight in zip(hdr, weights, strict=True):
        if weight > 0.0:
            extra = above_white(row[None])[0]
            added += weight * extra.sum(axis=0, dtype=np.float64)
            base += weight * (row - extra).sum(axis=0, dtype=np.float64)
    return base, added
