"""The fall-off of radiance around a point light, from the light to the edge of its clipped area.

The light grid's cells are too large to show how a sky brightens towards the sun. Within the clipped area of a light,
the diffuse radiance gets the profile

    a(θ, d) = (θ² + θ₀²)^-¾ · (d / (d + min(θ, 12°) / 2))^1.5

with θ the angle to the light and d the distance to the edge of the clipped area. It falls off as the aureole of a sun
does, and reaches 0, and thus the exposed surroundings, at the edge. Only soft edges count, where the surroundings are
nearly white: at a roof or a tree, which cover the sky, the radiance ends as the image does. Its energy is the grid's,
within about 11° of where the grid has it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.image_size import image_size
from lanet_core.reconstruction.clipped_areas import ClippedAreas, pixel_directions_at
from lanet_core.reconstruction.point_lights import PointLight
from lanet_core.reconstruction.upsampling import quotient

#: θ₀
_CORE_RAD = np.radians(1.0)
_EDGE_RAD = np.radians(12.0)
#: Standard deviation with which the diffuse radiance around a disc is smoothed.
_SMOOTHING_RAD = np.radians(10.0)


def diffuse_around_lights(diffuse: np.ndarray, lights: Sequence[PointLight], areas: ClippedAreas) -> np.ndarray:
    """Return the diffuse radiance of the blobs of lights, with the profile of :func:`aureole`.

    Args:
        diffuse: (g, 2 g, 3) float32, ≥ 0, the radiance to add in these blobs, mean over each cell.
        lights: the point lights.
        areas: the blobs.

    Returns:
        (H, W, 3) float32, ≥ 0.
    """
    profile = aureole(lights, areas)[..., None]
    shaped = sphere.downsample(areas.weight[..., None] * profile, *diffuse.shape[:2])
    means = np.concatenate([diffuse, shaped], axis=-1)
    # One pass has a variance of half a cell squared.
    for _ in range(max(1, round(2.0 * (_SMOOTHING_RAD * len(diffuse) / np.pi) ** 2))):
        means = _smoothed(means)
    means = sphere.upsample_bilinear(means, *areas.weight.shape)
    return profile * quotient(means[..., :3], means[..., 3:])


def _smoothed(panorama: np.ndarray) -> np.ndarray:
    """Return each pixel's mean with its neighbours, those at a side with half its weight, at a corner a quarter."""
    weights = np.outer([1.0, 2.0, 1.0], [1.0, 2.0, 1.0]).ravel() / 16.0
    return np.tensordot(weights.astype(np.float32), sphere.neighbourhood(panorama), axes=1)


def aureole(lights: Sequence[PointLight], areas: ClippedAreas) -> np.ndarray:
    """Return the profile of the diffuse radiance in the blobs of lights.

    Args:
        lights: the point lights.
        areas: the blobs.

    Returns:
        (H, W) float32: above 0 in the blobs that contain lights, 0 elsewhere; in any unit.
    """
    profile = np.zeros(areas.weight.shape)
    for blob in sorted({light.blob for light in lights}):
        own = [light for light in lights if light.blob == blob]
        rows, columns = np.nonzero((areas.labels == blob) & (areas.weight > 0.0))
        directions = pixel_directions_at(rows, columns, image_size(areas.weight))
        angles = np.stack([np.arccos(np.clip(directions @ light.direction, -1.0, 1.0)) for light in own])
        depths = np.maximum(areas.depths_rad(blob)[rows, columns], 0.25 * np.pi / len(profile))
        taper = depths / (depths + np.minimum(angles.min(axis=0), _EDGE_RAD) / 2.0)
        shares = np.array([light.energy.mean() for light in own])
        falloff = (shares / shares.sum()) @ (angles**2 + _CORE_RAD**2) ** -0.75
        profile[rows, columns] = falloff * taper**1.5
    return profile.astype(np.float32)
