"""Completing a partly captured sphere: the missing part becomes the smoothest surface through the rim of the rest.

That surface solves Laplace's equation on the sphere (a membrane), which by the maximum principle is nowhere brighter
than the rim. It is solved from coarse to fine (a cascade): each level starts from the coarser one and is relaxed by
red-black Gauss–Seidel on the finite-volume grid of the equirectangular map, which wraps in azimuth and
closes at the poles. A membrane has no detail, so on a large sphere it is solved on a smaller one and enlarged.

Source: Pérez, Gangnet and Blake, "Poisson Image Editing", 2003, Eq. 2 (the membrane); Bornemann and Deuflhard,
"The cascadic multigrid method for elliptic problems", 1996.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.geometry import sphere
from lanet_core.geometry.bands import BandDownsampler

#: The channel mean that no completed pixel passes: inventing light is the network's task, not this one's.
CEILING = 0.95 * OVEREXPOSURE_THRESHOLD

#: Rows of the largest sphere that is completed at its own size.
MAXIMUM_HEIGHT = 1024

_BAND_PIXELS = 1 << 20
_COARSEST_HEIGHT = 8
#: Up to this height a level is solved everywhere, above it only within reach of the rim: the rest is smooth already.
_SOLVED_HEIGHT = 64
_REACH_PX = 15
_SWEEPS_SOLVED = 128
_SWEEPS_AT_RIM = 24


@dataclass(frozen=True)
class CapturedPart:
    """A rectangle of a sphere, all that was captured of it but for its transparent pixels.

    Attributes:
        linear_rows: gives the light of the rectangle's rows, as ``LdrImage.linear_rows`` does.
        linear_pixels: gives the light of its single pixels, as ``LdrImage.linear_pixels`` does.
        size: the rectangle's rows and columns.
        corner: the sphere's row and column where it begins.
        sphere_size: rows and columns of the sphere; columns even.
        transparent: (H, W) bool, pixels of the rectangle that were not captured; None where all were.
    """

    linear_rows: Callable[[int, int], np.ndarray]
    linear_pixels: sphere.Texels
    size: tuple[int, int]
    corner: tuple[int, int]
    sphere_size: tuple[int, int]
    transparent: np.ndarray | None = None

    def paste(self, rows: np.ndarray, first: int) -> None:
        """Put what was captured of some rows of the sphere, from the first on, over them: (n, W, 3) float32."""
        (height, width), (top, left) = self.size, self.corner
        start, end = max(first, top), min(first + len(rows), top + height)
        if start < end:
            target = rows[start - first : end - first, left : left + width]
            light = self.linear_rows(start - top, end - top)
            if self.transparent is None:
                target[...] = light
            else:
                np.copyto(target, light, where=~self.transparent[start - top : end - top, :, None])

    def mask(self, first: int, end: int) -> np.ndarray:
        """Return which pixels of some rows of the sphere were captured: (end − first, W) bool."""
        (height, width), (top, left) = self.size, self.corner
        captured = np.zeros((end - first, self.sphere_size[1]), dtype=bool)
        part = captured[max(top - first, 0) : max(top + height - first, 0), left : left + width]
        part[...] = True
        if self.transparent is not None:
            start = max(first - top, 0)
            part[...] = ~self.transparent[start : start + len(part)]
        return captured

    def contains(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return which of some pixels of the sphere were captured: (...) bool."""
        (height, width), (top, left) = self.size, self.corner
        inside = (rows >= top) & (rows < top + height) & (columns >= left) & (columns < left + width)
        if self.transparent is not None:
            inside[inside] = ~self.transparent[rows[inside] - top, columns[inside] - left]
        return inside


class CompletedSphere:
    """A sphere of which a part was captured, completed without being held.

    Captured pixels are as they are, the others as by :func:`complete`, at :data:`MAXIMUM_HEIGHT` rows if the sphere has
    more. Light is float32, linear Rec.709.

    Args:
        part: what was captured.
    """

    def __init__(self, part: CapturedPart) -> None:
        self._part = part
        self._fill = _fill(part)

    def linear_rows(self, first: int, end: int) -> np.ndarray:
        """Return the light of the rows from one up to another: (n, W, 3)."""
        result = sphere.upsampled_rows(self._fill, *self._part.sphere_size, first, end)
        self._part.paste(result, first)
        return result

    def linear_pixels(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the light of single pixels, given by their rows and columns (...): (..., 3)."""
        fill_rows, fill_columns = (
            (pixels + 0.5) * small / large - 0.5
            for pixels, small, large in zip((rows, columns), self._fill.shape, self._part.sphere_size, strict=False)
        )
        result = sphere.sample_bilinear(self._fill, fill_rows, fill_columns)
        (top, left), inside = self._part.corner, self._part.contains(rows, columns)
        result[inside] = self._part.linear_pixels(rows[inside] - top, columns[inside] - left)
        return result


def _fill(part: CapturedPart) -> np.ndarray:
    """Return the completed sphere, all of it under the ceiling, at a size of at most ``MAXIMUM_HEIGHT`` rows."""
    height, width = part.sphere_size
    small_height = min(height, MAXIMUM_HEIGHT)
    small_width = width if small_height == height else 2 * small_height
    small = BandDownsampler((height, width), (small_height, small_width), channels=4)
    band_rows = max(1, _BAND_PIXELS // width)
    for first in range(0, height, band_rows):
        end = min(first + band_rows, height)
        band = np.zeros((end - first, width, 4), dtype=np.float32)
        part.paste(band[..., :3], first)
        band[..., :3] = dimmed(band[..., :3])
        band[..., 3] = part.mask(first, end)
        small.add(band, first)
    light, coverage = small.result[..., :3], small.result[..., 3]
    known = coverage >= min(0.5, coverage.max())
    return complete(light / np.maximum(coverage, 1e-6)[..., None], known)


def complete(rgb_linear: np.ndarray, captured: np.ndarray) -> np.ndarray:
    """Fill the pixels that were not captured, smoothly and without inventing light.

    Args:
        rgb_linear: (H, W, 3) float32, linear Rec.709, [0, 1], a whole sphere; W even. Pixels that were not captured
            may hold anything finite.
        captured: (H, W) bool, at least one true.

    Returns:
        (H, W, 3) float32: captured pixels as they were, the others a membrane through their rim, with a channel mean
        of at most :data:`CEILING`.
    """
    if captured.all():
        return rgb_linear
    levels = _pyramid(dimmed(rgb_linear), captured)
    values, known = levels[-1]
    estimate = np.broadcast_to(values[known].mean(axis=0), values.shape)
    for values, known in reversed(levels):
        estimate = sphere.upsample_bilinear(estimate, *known.shape)
        estimate = np.where(known[..., None], values, estimate)
        _relax(estimate, ~known)
    return np.where(captured[..., None], rgb_linear, estimate)


def dimmed(rgb_linear: np.ndarray) -> np.ndarray:
    """Return an image with every pixel's channel mean brought under :data:`CEILING`, hue kept."""
    mean = rgb_linear.mean(axis=-1, keepdims=True)
    return rgb_linear * (CEILING / np.maximum(mean, CEILING))


def _pyramid(rgb_linear: np.ndarray, captured: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return captured light and which pixels are captured at each level, the image's own first.

    A coarse pixel's light is the mean over what is captured of it; it counts as captured if half of it is, or if
    it is as much captured as any.
    """
    light, coverage = rgb_linear * captured[..., None], captured.astype(np.float32)
    levels = [(light, captured)]
    while coverage.shape[0] > _COARSEST_HEIGHT:
        height = coverage.shape[0] // 2
        width = min(2 * height, coverage.shape[1])
        light = sphere.downsample(light, height, width)
        coverage = sphere.downsample(coverage, height, width)
        known = coverage >= min(0.5, coverage.max())
        levels.append((light / np.maximum(coverage, 1e-6)[..., None], known))
    return levels


def _relax(estimate: np.ndarray, unknown: np.ndarray) -> None:
    """Bring the unknown pixels of a level closer to the membrane, in place."""
    height, width = unknown.shape
    solved = height <= _SOLVED_HEIGHT
    active = unknown if solved else unknown & _dilated(~unknown)
    colours = [_stencil(active & parity) for parity in _checkerboard(height, width)]
    flat = estimate.reshape(height * width, -1)
    for _ in range(_SWEEPS_SOLVED if solved else _SWEEPS_AT_RIM):
        for pixels, neighbours, weights in colours:
            flat[pixels] = sum(flat[n] * w for n, w in zip(neighbours, weights, strict=True))


def _checkerboard(height: int, width: int) -> Iterator[np.ndarray]:
    parity = (np.arange(height)[:, None] + np.arange(width)) % 2 == 0
    yield parity
    yield ~parity


def _stencil(mask: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Return the pixels of a mask, their four neighbours and the neighbours' weights, as flat indices.

    A weight is the length of the shared edge over the distance between the centres, normalised. At a pole the edge has
    no length, so nothing is beyond it.
    """
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    step_theta, step_phi = np.pi / height, 2.0 * np.pi / width
    north = np.sin(step_theta * rows) * step_phi / step_theta
    south = np.sin(step_theta * (rows + 1)) * step_phi / step_theta
    side = step_theta / (np.sin(step_theta * (rows + 0.5)) * step_phi)
    total = north + south + 2.0 * side
    weights = [(w / total).astype(np.float32)[:, None] for w in (north, south, side, side)]
    neighbours = [
        np.maximum(rows - 1, 0) * width + columns,
        np.minimum(rows + 1, height - 1) * width + columns,
        rows * width + (columns - 1) % width,
        rows * width + (columns + 1) % width,
    ]
    return rows * width + columns, neighbours, weights


def _dilated(mask: np.ndarray) -> np.ndarray:
    """Return a mask grown by ``_REACH_PX`` (a power of two less one) in rows and columns, wrapping in azimuth."""
    step = 1
    while step <= _REACH_PX:
        mask = mask | np.roll(mask, step, axis=1) | np.roll(mask, -step, axis=1)
        grown = mask.copy()
        grown[step:] |= mask[:-step]
        grown[:-step] |= mask[step:]
        mask, step = grown, 2 * step
    return mask
