"""The azimuth at which a panorama is presented to the network: its clipped light in the middle.

A panorama may begin at any azimuth, and the result must not depend on it. Convolutions that wrap commute with rotations
by whole strides only. So each panorama is rotated by the azimuth of its own clipped light first, and the prediction is
rotated back.
"""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere


def columns_to_light(overexposure: np.ndarray) -> int:
    """Return by how many columns to roll a panorama so that its over-exposed light is in the middle.

    The azimuth is that of the mean direction of the over-exposed pixels, weighted by solid angle.

    Args:
        overexposure: (H, W) float32, [0, 1].

    Returns:
        Columns for ``numpy.roll`` along axis 1, in [0, W); 0 where nothing is over-exposed. A panorama rolled by k
        columns gets k fewer, modulo W.
    """
    height, width = overexposure.shape
    weights = overexposure.astype(np.float64)
    by_column = np.sin(sphere.zenith_angles_rad(height)) * sphere.pixel_solid_angles_sr(height, width) @ weights
    # The middle of a panorama has azimuth 0, and azimuth falls with the column.
    mean = by_column @ np.exp(1j * sphere.azimuths_rad(width))
    if mean == 0.0:
        return 0
    return round(np.angle(mean) / (2.0 * np.pi) * width - 0.5) % width
