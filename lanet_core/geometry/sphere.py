"""Equirectangular panoramas and the sphere: directions, pixels, solid angles, sampling, resizing.

Conventions, used everywhere in this project:

* The world is right-handed with +z up. A direction has a zenith angle θ in [0, π] (0 looks up) and an
  azimuth φ in (-π, π]; its unit vector is (sin θ cos φ, sin θ sin φ, cos θ).
* A panorama of H rows and W columns shows θ from 0 (top edge) to π (bottom edge) and φ from +π (left edge)
  to -π (right edge). The middle of the image looks along +x, and +y is to its left: the mapping of
  Blender's Environment Texture node.
* Pixel coordinates are continuous with **pixel centres at whole numbers**: row i has its centre at
  θ = π (i + ½) / H and column j at φ = π (1 − 2 (j + ½) / W).
* Azimuth wraps. Going over a pole leads to the same row half a turn away.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lanet_core.image_size import image_size

#: For each index of a new axis: the first index of the old axis that counts, and the weights from there on.
Windows = tuple[np.ndarray, np.ndarray]

#: Rows and columns, whole numbers of one shape (...) → what these pixels hold, (..., C).
Texels = Callable[[np.ndarray, np.ndarray], np.ndarray]


def zenith_angles_rad(height: int) -> np.ndarray:
    """Return the zenith angle of each row's centre: (H,) float64, radians, in (0, π)."""
    return np.pi * (np.arange(height) + 0.5) / height


def azimuths_rad(width: int) -> np.ndarray:
    """Return the azimuth of each column's centre: (W,) float64, radians, falling from π to -π."""
    return np.pi * (1.0 - 2.0 * (np.arange(width) + 0.5) / width)


def pixel_directions(height: int, width: int) -> np.ndarray:
    """Return the unit direction of each pixel's centre: (H, W, 3) float64."""
    theta = zenith_angles_rad(height)[:, None]
    phi = azimuths_rad(width)[None, :]
    return np.stack(
        [
            np.sin(theta) * np.cos(phi),
            np.sin(theta) * np.sin(phi),
            np.broadcast_to(np.cos(theta), (height, width)),
        ],
        axis=-1,
    )


def directions_to_pixels(directions: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where directions fall on a panorama; the inverse of :func:`pixel_directions`.

    Args:
        directions: (..., 3) float, of any length but zero.
        height: rows of the panorama.
        width: columns of the panorama.

    Returns:
        ``(rows, columns)``, each (...) float64, continuous pixel coordinates: rows in [-½, H − ½],
        columns in [-½, W − ½].
    """
    x, y, z = np.moveaxis(np.asarray(directions, dtype=np.float64), -1, 0)
    theta = np.arctan2(np.hypot(x, y), z)
    phi = np.arctan2(y, x)
    return theta / np.pi * height - 0.5, (0.5 - phi / (2.0 * np.pi)) * width - 0.5


def pixel_solid_angles_sr(height: int, width: int) -> np.ndarray:
    """Return the exact solid angle of one pixel of each row: (H,) float64, steradians.

    The integral of sin θ dθ dφ over the pixel; all pixels of a panorama add up to 4π.
    """
    edges = np.cos(np.pi * np.arange(height + 1) / height)
    return (2.0 * np.pi / width) * (edges[:-1] - edges[1:])


def sphere_mean(panorama: np.ndarray) -> np.ndarray:
    """Return the solid-angle-weighted mean over the sphere.

    Args:
        panorama: (H, W) or (H, W, C) float, any quantity per direction.

    Returns:
        Scalar or (C,) float64.
    """
    height, width = panorama.shape[:2]
    weights = pixel_solid_angles_sr(height, width) * width / (4.0 * np.pi)
    return np.tensordot(weights, panorama.mean(axis=1, dtype=np.float64), axes=(0, 0))


def sample_bilinear(panorama: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sample a panorama bilinearly, wrapping in azimuth and crossing the poles.

    Args:
        panorama: (H, W, C) float; W even.
        rows: (...) float, continuous rows within [-½, H − ½].
        columns: (...) float, continuous columns of any value.

    Returns:
        (..., C), the panorama's dtype.
    """
    return sample_texels(lambda row, column: panorama[row, column], image_size(panorama), rows, columns)


def sample_texels(texels: Texels, size: tuple[int, int], rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sample a panorama as :func:`sample_bilinear` does, knowing nothing of it but what single pixels hold.

    Args:
        texels: gives the pixels of some rows and columns, whole numbers within the panorama: (..., C) float.
        size: rows and columns of the panorama.
        rows: (...) float, continuous rows within [-½, H − ½].
        columns: (...) float, continuous columns of any value.

    Returns:
        (..., C), the texels' dtype.
    """
    height, width = size
    row_floor = np.floor(rows).astype(np.intp)
    column_floor = np.floor(columns).astype(np.intp)

    def texel(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        beyond_pole = (row < 0) | (row >= height)
        column = np.where(beyond_pole, column + width // 2, column) % width
        row = np.where(row < 0, -1 - row, np.where(row >= height, 2 * height - 1 - row, row))
        return texels(row, column)

    top = texel(row_floor, column_floor)
    row_fraction = (rows - row_floor)[..., None].astype(top.dtype)
    column_fraction = (columns - column_floor)[..., None].astype(top.dtype)
    top = top * (1 - column_fraction)
    top += texel(row_floor, column_floor + 1) * column_fraction
    bottom = texel(row_floor + 1, column_floor) * (1 - column_fraction)
    bottom += texel(row_floor + 1, column_floor + 1) * column_fraction
    return top * (1 - row_fraction) + bottom * row_fraction


def downsample(panorama: np.ndarray, height: int, width: int) -> np.ndarray:
    """Shrink a panorama so that every new pixel is the mean radiance over its own solid angle.

    A row of the source counts by its share of solid angle, so the panorama's integral over the sphere is
    kept (to float rounding) regardless of the sizes, whole factors or not.

    Args:
        panorama: (H, W) or (H, W, C) float32.
        height: new rows, at most H.
        width: new columns, at most W.

    Returns:
        (height, width[, C]) float32.

    Raises:
        ValueError: the new size is larger than the old one.
    """
    rows, columns = downsampling_windows(image_size(panorama), (height, width))
    return apply_windows(apply_windows(panorama, rows, axis=0), columns, axis=1)


def downsampling_windows(size: tuple[int, int], new_size: tuple[int, int]) -> tuple[Windows, Windows]:
    """Return the windows along rows and along columns with which :func:`downsample` averages.

    Args:
        size: rows and columns of the panorama.
        new_size: rows and columns of the smaller panorama.

    Raises:
        ValueError: the new size is larger than the old one.
    """
    if new_size[0] > size[0] or new_size[1] > size[1]:
        raise ValueError(f"downsample from {size[1]}x{size[0]} to {new_size[1]}x{new_size[0]}")
    return overlap_windows(size, new_size)


def overlap_windows(size: tuple[int, int], new_size: tuple[int, int]) -> tuple[Windows, Windows]:
    """Return windows along rows and along columns: each old pixel counts by its share of a new one's solid angle."""
    (source_height, source_width), (height, width) = size, new_size
    # cos θ is the measure of solid angle along a meridian: equal steps of it are equal areas.
    source_edges = np.cos(np.pi * np.arange(source_height + 1) / source_height)
    edges = np.cos(np.pi * np.arange(height + 1) / height)
    rows = overlap_weights(-source_edges, -edges)
    columns = overlap_weights(np.arange(source_width + 1) / source_width, np.arange(width + 1) / width)
    return rows, columns


def overlap_weights(source_edges: np.ndarray, edges: np.ndarray) -> Windows:
    """Return windows along an axis: for each target interval its overlaps with source intervals, normalised.

    Args:
        source_edges: (n + 1,) float64, increasing: where source intervals meet.
        edges: (m + 1,) float64, the same of the targets, between the same ends.
    """
    first = np.clip(np.searchsorted(source_edges, edges[:-1] + 1e-9) - 1, 0, None)
    last = np.clip(np.searchsorted(source_edges, edges[1:] - 1e-9), 1, len(source_edges) - 1)
    window = int((last - first).max())
    first = np.minimum(first, len(source_edges) - 1 - window)
    index = first[:, None] + np.arange(window)
    overlap = np.minimum(source_edges[index + 1], edges[1:, None]) - np.maximum(source_edges[index], edges[:-1, None])
    # Edges that coincide may differ by rounding, which must not make neighbours of intervals that only touch.
    overlap[overlap < 1e-9 * overlap.max()] = 0.0
    return first, (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)


def apply_windows(array: np.ndarray, windows: Windows, axis: int) -> np.ndarray:
    """Return the weighted sums of an array's windows along one axis, which gets the windows' number as its length.

    Windows wrap round the ends of the axis.
    """
    first, weights = windows
    shape = [1] * array.ndim
    shape[axis] = len(first)
    result = np.take(array, first, axis=axis, mode="wrap") * weights[:, 0].reshape(shape)
    for offset in range(1, weights.shape[1]):
        result += np.take(array, first + offset, axis=axis, mode="wrap") * weights[:, offset].reshape(shape)
    return result


def upsample_bilinear(panorama: np.ndarray, height: int, width: int) -> np.ndarray:
    """Enlarge a panorama bilinearly, wrapping in azimuth and crossing the poles.

    Args:
        panorama: (h, w) or (h, w, C) float32; w even.
        height: new rows.
        width: new columns.

    Returns:
        (height, width[, C]) float32.
    """
    return upsampled_rows(panorama, height, width, 0, height)


def upsampled_rows(panorama: np.ndarray, height: int, width: int, first_row: int, end_row: int) -> np.ndarray:
    """Return some rows of what :func:`upsample_bilinear` makes.

    Args:
        panorama: (h, w) or (h, w, C) float32; w even.
        height: new rows.
        width: new columns.
        first_row: the first of the new rows to return.
        end_row: the one behind the last.

    Returns:
        (end_row − first_row, width[, C]) float32.
    """
    return upsampled_block(padded_sphere(panorama), (height, width), slice(first_row, end_row), slice(0, width))


def padded_sphere(panorama: np.ndarray, margin: int = 1) -> np.ndarray:
    """Return a panorama with more pixels on every side, continued on the sphere.

    Args:
        panorama: (h, w[, C]); w even.
        margin: pixels on every side, at most h.
    """
    height, width = panorama.shape[:2]
    padded = np.empty((height + 2 * margin, width + 2 * margin, *panorama.shape[2:]), dtype=panorama.dtype)
    inside = padded[:, margin : margin + width]
    inside[margin : margin + height] = panorama
    inside[:margin] = np.roll(panorama[:margin][::-1], width // 2, axis=1)
    inside[margin + height :] = np.roll(panorama[-margin:][::-1], width // 2, axis=1)
    padded[:, :margin] = inside[:, -margin:]
    padded[:, margin + width :] = inside[:, :margin]
    return padded


def neighbourhood(panorama: np.ndarray) -> np.ndarray:
    """Return each pixel of an (h, w[, C]) panorama and its eight neighbours on the sphere, (9, h, w[, C]); w even."""
    height, width = panorama.shape[:2]
    padded = padded_sphere(panorama)
    return np.stack([padded[row : row + height, column : column + width] for row, column in np.ndindex(3, 3)])


def upsampled_block(padded: np.ndarray, size: tuple[int, int], rows: slice, columns: slice) -> np.ndarray:
    """Return a block of what :func:`upsample_bilinear` makes.

    Args:
        padded: (h + 2, w + 2[, C]) float32, a panorama that :func:`padded_sphere` padded.
        size: new rows and columns.
        rows: the block's new rows.
        columns: the block's new columns.

    Returns:
        (n, m[, C]) float32.
    """
    (row, row_weights), (column, column_weights) = bilinear_windows((len(padded) - 2, padded.shape[1] - 2), size)
    column = column[columns]
    part = padded[:, column[0] : column[-1] + 2]
    part = apply_windows(part, (row[rows], row_weights[rows]), axis=0)
    return apply_windows(part, (column - column[0], column_weights[columns]), axis=1)


def bilinear_windows(size: tuple[int, int], new_size: tuple[int, int]) -> tuple[Windows, Windows]:
    """Return the windows of :func:`upsample_bilinear` into a panorama that was padded by one pixel on every side."""
    return _linear_weights(size[0], new_size[0]), _linear_weights(size[1], new_size[1])


def tent_windows(span: tuple[int, int], targets: np.ndarray, scale: float) -> Windows:
    """Return the bilinear weights that pixels have in the enlarged pixels around them, the transpose of enlarging.

    Args:
        span: the first of the enlarged pixels and the one behind the last.
        targets: (n,) whole numbers, increasing: the pixels that were enlarged.
        scale: pixels for each enlarged pixel.

    Returns:
        Windows that count from the span's first pixel. Weights beyond the span's last pixel are 0.
    """
    position = (np.arange(*span) + 0.5) * scale - 0.5
    first = np.searchsorted(position, targets - 1.0)
    index = first[:, None] + np.arange(int(np.ceil(2.0 / scale)) + 1)
    distance = np.abs(position[np.minimum(index, len(position) - 1)] - targets[:, None])
    return first, np.where(index < len(position), np.maximum(1.0 - distance, 0.0), 0.0).astype(np.float32)


def _linear_weights(source_size: int, size: int) -> Windows:
    """Return first taps and weights into an axis that was padded by one on either side."""
    position = (np.arange(size) + 0.5) * source_size / size + 0.5
    first = np.clip(np.floor(position).astype(np.intp), 0, source_size)
    fraction = position - first
    return first, np.stack([1.0 - fraction, fraction], axis=1).astype(np.float32)
