"""The heading under which a panorama is shown to the network: its clipped light in the middle.

A panorama may begin at any azimuth, and the result must not depend on where. Convolutions that wrap keep rotations by
whole strides, but the ceiling view is a perspective picture, and its convolutions know nothing of turning it. So every
panorama is turned by its own clipped light first, and the prediction turned back: whatever the rotation of the
input, the network sees the same picture.
"""

from __future__ import annotations

import numpy as np

from lanet_core import sphere
from lanet_core.calibration import overexposure_ramp


def columns_to_light(ldr_linear: np.ndarray) -> int:
    """Return by how many columns to roll a panorama so that its over-exposed light comes to lie in the middle.

    The azimuth is that of the mean direction of the over-exposed pixels, weighed by ramp and solid angle.

    Args:
        ldr_linear: (H, W, 3) float32, linear Rec.709, [0, 1].

    Returns:
        Columns for ``numpy.roll`` along axis 1, in [0, W); 0 where nothing is over-exposed. A panorama rolled by k
        columns gets k fewer, modulo W.
    """
    height, width = ldr_linear.shape[:2]
    weights = overexposure_ramp(ldr_linear).astype(np.float64)
    by_column = np.sin(sphere.zenith_angles_rad(height)) * sphere.pixel_solid_angles_sr(height, width) @ weights
    # The middle of a panorama has azimuth 0, and azimuth falls with the column.
    mean = by_column @ np.exp(1j * sphere.azimuths_rad(width))
    if mean == 0.0:
        return 0
    return round(np.angle(mean) / (2.0 * np.pi) * width - 0.5) % width
