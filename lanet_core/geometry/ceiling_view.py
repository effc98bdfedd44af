"""The ceiling view: the upper hemisphere as one perspective image (P2C), and back (C2P).

The square image plane is at the sphere's centre, perpendicular to +z, with half-width 1. The sphere has
radius √2, so the plane's corners are on the horizon. The camera is at z = −1/d with d = tan(fov / 2).

Source: Yu et al. 2021, section 4.1 and Fig. 4, with a field of view of 2π/3.
"""

from __future__ import annotations

import numpy as np

from lanet_core.geometry import sphere

FIELD_OF_VIEW_RAD = 2.0 * np.pi / 3.0
_D = np.tan(FIELD_OF_VIEW_RAD / 2.0)
_RADIUS = np.sqrt(2.0)


def plane_to_angles(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the direction seen at a point of the ceiling's image plane.

    Args:
        x: (...) float, in [-1, 1].
        y: (...) float, in [-1, 1].

    Returns:
        ``(zenith_angle_rad, azimuth_rad)``, each (...) float; the zenith angle is at most π/2.
    """
    elevation = np.arctan(_D * np.hypot(x, y))
    zenith_angle = elevation + np.arcsin(np.clip(np.sin(elevation) / (_D * _RADIUS), -1.0, 1.0))
    return zenith_angle, np.arctan2(y, x)


def angles_to_plane(zenith_angle_rad: np.ndarray, azimuth_rad: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where a direction falls on the ceiling's image plane; the inverse of :func:`plane_to_angles`.

    Args:
        zenith_angle_rad: (...) float, [0, π].
        azimuth_rad: (...) float.

    Returns:
        ``(x, y, valid)``: plane coordinates and a bool array, true where the direction is above the
        horizon and inside the square. Coordinates are 0 where it is not.
    """
    above = zenith_angle_rad < np.pi / 2.0
    theta = np.where(above, zenith_angle_rad, 0.0)
    radius = _RADIUS * np.sin(theta) / (1.0 + _RADIUS * _D * np.cos(theta))
    x = radius * np.cos(azimuth_rad)
    y = radius * np.sin(azimuth_rad)
    valid = above & (np.abs(x) < 1.0) & (np.abs(y) < 1.0)
    return np.where(valid, x, 0.0), np.where(valid, y, 0.0), valid


def ceiling_grid(size: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each pixel of a ceiling view its place on a panorama.

    Pixel centres of the ceiling are at (2i + 1)/size − 1 on the plane; columns run along x, rows along y.

    Args:
        size: rows and columns of the ceiling view.
        height: rows of the panorama.
        width: columns of the panorama.

    Returns:
        ``(rows, columns)``, each (size, size) float64, continuous pixel coordinates of the panorama.
    """
    centres = (2.0 * np.arange(size) + 1.0) / size - 1.0
    theta, phi = plane_to_angles(centres[None, :], centres[:, None])
    return theta / np.pi * height - 0.5, (0.5 - phi / (2.0 * np.pi)) * width - 0.5


def panorama_grid(size: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each pixel of a panorama its place on a ceiling view.

    Args:
        size: rows and columns of the ceiling view.
        height: rows of the panorama.
        width: columns of the panorama.

    Returns:
        ``(rows, columns, valid)``, each (height, width): continuous pixel coordinates of the ceiling view
        (float64) and a bool array, false where the ceiling does not show the direction.
    """
    theta = sphere.zenith_angles_rad(height)[:, None]
    phi = sphere.azimuths_rad(width)[None, :]
    x, y, valid = angles_to_plane(np.broadcast_to(theta, (height, width)), phi)
    return (y + 1.0) * size / 2.0 - 0.5, (x + 1.0) * size / 2.0 - 0.5, valid


def panorama_to_ceiling(panorama: np.ndarray, size: int | None = None) -> np.ndarray:
    """Return the ceiling view of a panorama (P2C), bilinearly sampled.

    Args:
        panorama: (H, W, C) float.
        size: rows and columns of the view; the panorama's height by default.

    Returns:
        (size, size, C), the panorama's dtype and colour space.
    """
    height, width = panorama.shape[:2]
    rows, columns = ceiling_grid(size or height, height, width)
    return sphere.sample_bilinear(panorama, rows, columns)


def ceiling_to_panorama(ceiling: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a ceiling view put back on the panorama (C2P), bilinearly sampled; 0 where it shows nothing.

    Args:
        ceiling: (size, size, C) float.
        height: rows of the panorama.
        width: columns of the panorama.

    Returns:
        (height, width, C), the ceiling's dtype and colour space.
    """
    size = ceiling.shape[0]
    rows, columns, valid = panorama_grid(size, height, width)
    rows = np.clip(rows, 0.0, size - 1.0)
    columns = np.clip(columns, 0.0, size - 1.0)
    top = np.minimum(np.floor(rows).astype(np.intp), size - 2)
    left = np.minimum(np.floor(columns).astype(np.intp), size - 2)
    down = (rows - top)[..., None].astype(ceiling.dtype)
    right = (columns - left)[..., None].astype(ceiling.dtype)
    upper = ceiling[top, left] * (1 - right) + ceiling[top, left + 1] * right
    lower = ceiling[top + 1, left] * (1 - right) + ceiling[top + 1, left + 1] * right
    return np.where(valid[..., None], upper * (1 - down) + lower * down, 0).astype(ceiling.dtype)
