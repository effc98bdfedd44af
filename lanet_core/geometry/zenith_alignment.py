"""A light at the zenith, seen where a panorama is not distorted.

An equirectangular panorama shows the sun at noon as a white bar along its top row, and a network that was trained on
photographs takes it for one: they hardly ever show the sun above 75°. So a panorama whose over-exposed part is at the
zenith is tilted for the network, and what the network predicts is tilted back.
"""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.image_size import image_size

#: Angle by which a panorama with its light at the zenith is tilted.
ZENITH_TILT_RAD = np.radians(45.0)
#: The light is at the zenith if more than this share of the over-exposed solid angle is above this elevation.
_SHARE, _ELEVATION_RAD = 0.5, np.radians(75.0)
#: Directions along each side of a pixel that a rotation samples.
_SAMPLES = 4


def has_light_at_zenith(overexposure: np.ndarray) -> bool:
    """Return whether most of a panorama's over-exposed part is at the zenith.

    Args:
        overexposure: (H, W) float, [0, 1].
    """
    height, width = overexposure.shape
    exposure_sr = overexposure.sum(axis=1) * sphere.pixel_solid_angles_sr(height, width)
    is_high = sphere.zenith_angles_rad(height) < np.pi / 2.0 - _ELEVATION_RAD
    return bool(exposure_sr[is_high].sum() > _SHARE * exposure_sr.sum())


def tilted_inputs(image: np.ndarray, overexposure: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs of the network for a panorama that is tilted by :data:`ZENITH_TILT_RAD`.

    Args:
        image: (H, 2 H, 3) float32, linear Rec.709.
        overexposure: (H, 2 H, 2) float32, mean and maximum over each pixel, [0, 1].
    """
    mean, maximum = overexposure[..., :1], overexposure[..., 1:]
    exposure = [tilted(mean, ZENITH_TILT_RAD), tilted_maximum(maximum, ZENITH_TILT_RAD)]
    return tilted(image, ZENITH_TILT_RAD), np.concatenate(exposure, axis=-1)


def tilted_back(light: np.ndarray, overexposure: np.ndarray) -> np.ndarray:
    """Return light that was predicted for :func:`tilted_inputs`, in the panorama that is not tilted.

    Args:
        light: (g, 2 g, C) float32, ≥ 0, mean over each cell.
        overexposure: (H, 2 H) float32, [0, 1], of the panorama that is not tilted; above 0 somewhere at the zenith.
    """
    share = sphere.downsample(overexposure, *image_size(light))
    return gathered_at_zenith(tilted(light, -ZENITH_TILT_RAD), share)


def tilted(panorama: np.ndarray, angle_rad: float) -> np.ndarray:
    """Return a panorama rotated about a horizontal axis, each pixel the mean over its area.

    Args:
        panorama: (H, 2 H, C) float, any quantity per direction.
        angle_rad: by which the zenith moves towards the azimuth of the columns in the middle; the negative angle
            rotates back.
    """
    height, width = image_size(panorama)
    return sphere.downsample(_sampled(panorama, angle_rad), height, width)


def tilted_maximum(panorama: np.ndarray, angle_rad: float) -> np.ndarray:
    """Return what :func:`tilted` does with the maximum over each pixel instead of the mean."""
    height, width = image_size(panorama)
    blocks = _sampled(panorama, angle_rad).reshape(height, _SAMPLES, width, _SAMPLES, -1)
    return blocks.max(axis=(1, 3))


def _sampled(panorama: np.ndarray, angle_rad: float) -> np.ndarray:
    """Return a panorama rotated, (s H, 2 s H, C): the nearest pixel in each of s × s directions a pixel."""
    height, width = image_size(panorama)
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    rotation = np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])
    directions = sphere.pixel_directions(_SAMPLES * height, _SAMPLES * width) @ rotation.T
    rows, columns = (np.rint(each).astype(np.intp) for each in sphere.directions_to_pixels(directions, height, width))
    return panorama[np.clip(rows, 0, height - 1), columns % width]


def gathered_at_zenith(light: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return predicted light whose part near the zenith is spread evenly over what is over-exposed there.

    The place of a light that was predicted for a tilted panorama is off by a pixel of that panorama, which at the
    zenith is many columns.

    Args:
        light: (g, 2 g, C) float32, ≥ 0, mean over each cell.
        share: (g, 2 g) float, mean over-exposure of each cell, [0, 1]; above 0 somewhere at the zenith.
    """
    height, width = image_size(light)
    is_high = sphere.zenith_angles_rad(height) < np.pi / 2.0 - _ELEVATION_RAD
    solid_angles = sphere.pixel_solid_angles_sr(height, width)[is_high]
    energy = np.tensordot(solid_angles, light[is_high].sum(axis=1, dtype=np.float64), axes=1)
    level = energy / (share[is_high].sum(axis=1) @ solid_angles)
    gathered = light.copy()
    gathered[is_high] = share[is_high][..., None] * level
    return gathered
