"""Perspective images cut out of panoramas: what a camera at the panorama's centre would see.

The camera has square pixels and no roll. Azimuth and elevation specify where it looks, in the convention of
:mod:`lanet_core.geometry.sphere`; elevation is measured up from the horizon.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lanet_core.geometry import sphere

#: Horizontal field of view of the paper's crops. The paper gives none: 90° lets neighbours overlap by a third.
PAPER_FIELD_OF_VIEW_RAD = np.pi / 2.0

#: What random views are drawn from, uniformly: mostly level, as photographs are, with skies and floors among them.
_ELEVATION_RANGE_RAD = (np.radians(-25.0), np.radians(50.0))
_FIELD_OF_VIEW_RANGE_RAD = (np.radians(50.0), np.radians(100.0))


class View(NamedTuple):
    """Where a camera looks and how much it sees.

    Attributes:
        azimuth_rad: of the optical axis, any value.
        elevation_rad: of the optical axis, [-π/2, π/2].
        horizontal_fov_rad: from the left to the right edge of the image, in (0, π).
    """

    azimuth_rad: float
    elevation_rad: float
    horizontal_fov_rad: float


def pixel_centres(view: View, height: int, width: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the plane coordinates of columns (to the left) and rows (up), and the size of a pixel, at distance 1.

    Raises:
        ValueError: the field of view is not between 0 and π.
    """
    if not 0.0 < view.horizontal_fov_rad < np.pi:
        raise ValueError(f"a field of view of {view.horizontal_fov_rad} rad does not fit on a plane")
    pixel = 2.0 * np.tan(view.horizontal_fov_rad / 2.0) / width
    left = pixel * (width / 2.0 - np.arange(width) - 0.5)
    up = pixel * (height / 2.0 - np.arange(height) - 0.5)
    return left, up, pixel


def sample_offsets(pixel: float, panorama_height: int) -> np.ndarray:
    """Return where a pixel of the plane is sampled, along each axis: at most a panorama's pixel apart.

    Args:
        pixel: size of the plane's pixel at distance 1.
        panorama_height: rows of the panorama.

    Returns:
        (n,) float64, from the pixel's centre, in the plane's unit.
    """
    samples = max(1, int(np.ceil(pixel * panorama_height / np.pi - 1e-9)))
    return pixel * ((np.arange(samples) + 0.5) / samples - 0.5)


def view_axes(view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the unit vectors forward, leftward and upward of a camera, (3,) float64 each."""
    sin_a, cos_a = np.sin(view.azimuth_rad), np.cos(view.azimuth_rad)
    sin_e, cos_e = np.sin(view.elevation_rad), np.cos(view.elevation_rad)
    forward = np.array([cos_e * cos_a, cos_e * sin_a, sin_e])
    leftward = np.array([-sin_a, cos_a, 0.0])
    upward = np.array([-sin_e * cos_a, -sin_e * sin_a, cos_e])
    return forward, leftward, upward


def view_directions(view: View, left: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Return the directions from a camera to points of the plane at distance 1.

    Args:
        view: where the camera looks.
        left: (W,) float64, coordinates of the columns, see :func:`pixel_centres`.
        up: (H,) float64, coordinates of the rows.

    Returns:
        (H, W, 3) float64, not normalised: its part along the optical axis is 1.
    """
    forward, leftward, upward = view_axes(view)
    return forward + left[None, :, None] * leftward + up[:, None, None] * upward


def perspective_crop(
    panorama: np.ndarray,
    azimuth_rad: float,
    elevation_rad: float,
    horizontal_fov_rad: float,
    height: int,
    width: int,
) -> np.ndarray:
    """Return what a camera at the panorama's centre sees.

    Where a pixel of the image covers more than one of the panorama, it is the mean of as many bilinear samples,
    evenly spread over it, as bring them within a panorama's pixel of each other.

    Args:
        panorama: (H, W, C) float32, linear; W even.
        azimuth_rad: of the optical axis.
        elevation_rad: of the optical axis, up from the horizon, [-π/2, π/2].
        horizontal_fov_rad: from the left to the right edge, in (0, π).
        height: rows of the image.
        width: columns of the image; pixels are square, so height / width sets the vertical field of view.

    Returns:
        (height, width, C) float32, the panorama's colour space and unit.

    Raises:
        ValueError: the field of view is not between 0 and π.
    """
    view = View(azimuth_rad, elevation_rad, horizontal_fov_rad)
    left, up, pixel = pixel_centres(view, height, width)
    panorama_height, panorama_width = panorama.shape[:2]
    offsets = sample_offsets(pixel, panorama_height)
    crop = np.zeros((height, width, panorama.shape[2]), dtype=np.float32)
    for right_offset in offsets:
        for down_offset in offsets:
            directions = view_directions(view, left - right_offset, up - down_offset)
            rows, columns = sphere.directions_to_pixels(directions, panorama_height, panorama_width)
            crop += sphere.sample_bilinear(panorama, rows, columns)
    return crop / np.float32(len(offsets) ** 2)


def paper_crops(is_outdoor: bool) -> list[View]:
    """Return the paper's views of a panorama, for images of 4:3.

    Args:
        is_outdoor: outdoor scenes give no views upwards: they would be nothing but sky.

    Returns:
        Six views at the horizon, 60° apart, then, indoors, three at 45° elevation, 120° apart.

    Source: Yu et al. 2021, section 5.2.
    """
    level = [View(2.0 * np.pi * i / 6, 0.0, PAPER_FIELD_OF_VIEW_RAD) for i in range(6)]
    raised = [View(2.0 * np.pi * i / 3, np.pi / 4.0, PAPER_FIELD_OF_VIEW_RAD) for i in range(3)]
    return level if is_outdoor else level + raised


def draw_view(rng: np.random.Generator) -> View:
    """Return a random view: any azimuth, elevation -25° to 50°, field of view 50° to 100°, uniform in each."""
    return View(
        float(rng.uniform(-np.pi, np.pi)),
        float(rng.uniform(*_ELEVATION_RANGE_RAD)),
        float(rng.uniform(*_FIELD_OF_VIEW_RANGE_RAD)),
    )
