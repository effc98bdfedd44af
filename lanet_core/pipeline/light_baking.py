"""What an artist changed of a panorama's light in Blender, baked into the panorama itself.

The formulas are those of the node group 'LANet Light', which the extension for Blender puts after the texture; a test
renders both.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lanet_core.colour import luminance
from lanet_core.geometry import sphere
from lanet_core.reconstruction.surface_calibration import above_white

#: Rows of a band.
_BAND_ROWS = 256
#: Where a limit applies: rows of a band, and samples of a pixel along each axis.
_FINE_ROWS, _SAMPLES = 32, 4
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class LightChange:
    """Changes of a panorama's light. As they begin, they change nothing.

    Attributes:
        highlights_ev: stops added to the radiance above white.
        gains: factors of the colour above white, whose luminance is kept afterwards.
        saturation: of the colour above white; 0 is grey, 1 changes nothing.
        peak_limit: the brightest that a channel may be, all channels alike; 0 is no limit.
        strength: factor of the whole panorama.
        rotation: 3×3 matrix, row by row, from a direction of the result to the direction that is looked up.
    """

    highlights_ev: float = 0.0
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    saturation: float = 1.0
    peak_limit: float = 0.0
    strength: float = 1.0
    rotation: tuple[float, ...] = field(default=_IDENTITY)

    def description(self) -> str:
        """Return all values in a line: equal changes have equal descriptions."""
        values = (self.highlights_ev, *self.gains, self.saturation, self.peak_limit, self.strength, *self.rotation)
        return " ".join(f"{value:.6g}" for value in values)


def bake(hdr: np.ndarray, change: LightChange) -> np.ndarray:
    """Return a panorama with changed light.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0, 1 = LDR white.
        change: the changes.

    Returns:
        (H, W, 3) float32, linear Rec.709.
    """
    result = np.empty(hdr.shape, np.float32)
    padded = None
    for first in range(0, len(hdr), _BAND_ROWS):
        rows = slice(first, min(first + _BAND_ROWS, len(hdr)))
        result[rows] = changed(hdr[rows], change)
        if change.peak_limit > 0.0 and _exceeds_limit(hdr[rows], change).any():
            padded = sphere.padded_sphere(hdr) if padded is None else padded
            _limit_between_pixels(result[rows], padded, rows, change)
    return turned(result, np.reshape(change.rotation, (3, 3)))


def _limit_between_pixels(result: np.ndarray, padded: np.ndarray, rows: slice, change: LightChange) -> None:
    """Replace pixels at the peak limit and their neighbours by means over their areas.

    Renderers interpolate the panorama before the limit applies, so that an edge of a limited light stays brighter than
    between limited pixels.
    """
    height, width = padded.shape[0] - 2, padded.shape[1] - 2
    size = (height * _SAMPLES, width * _SAMPLES)
    for first in range(rows.start, rows.stop, _FINE_ROWS):
        end = min(first + _FINE_ROWS, rows.stop)
        beyond = _exceeds_limit(padded[first : end + 2], change)
        near = beyond[:-2] | beyond[1:-1] | beyond[2:]
        near = near[:, :-2] | near[:, 1:-1] | near[:, 2:]
        if near.any():
            fine = slice(first * _SAMPLES, end * _SAMPLES)
            samples = changed(sphere.upsampled_block(padded, size, fine, slice(0, size[1])), change)
            means = samples.reshape(end - first, _SAMPLES, width, _SAMPLES, 3).mean(axis=(1, 3))
            part = result[first - rows.start : end - rows.start]
            part[near] = means[near]


def _exceeds_limit(band: np.ndarray, change: LightChange) -> np.ndarray:
    """Return which pixels of a band the peak limit changes: (H, W) bool."""
    brightest = changed(band, LightChange(highlights_ev=change.highlights_ev)).max(axis=-1)
    return brightest > change.peak_limit


def turned(panorama: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Return a panorama that holds in every direction d what is looked up in the direction of rotation @ d.

    A turn around the vertical axis interpolates along rows, which keeps the energy of each row. Any other turn samples
    each pixel at four places.

    Args:
        panorama: (H, W, 3) float32.
        rotation: (3, 3), a rotation matrix.

    Returns:
        (H, W, 3) float32.
    """
    height, width = panorama.shape[:2]
    if np.allclose(rotation, np.eye(3), atol=1e-7):
        return panorama
    if abs(rotation[2, 2] - 1.0) < 1e-7:
        columns = -np.arctan2(rotation[1, 0], rotation[0, 0]) * width / (2.0 * np.pi)
        whole = int(np.floor(columns))
        share = np.float32(columns - whole)
        left = np.roll(panorama, -whole, axis=1)
        return left * (np.float32(1.0) - share) + np.roll(left, -1, axis=1) * share
    result = np.empty(panorama.shape, np.float32)
    for first in range(0, height, _BAND_ROWS):
        count = min(_BAND_ROWS, height - first)
        directions = _directions(2 * height, 2 * width, 2 * first, 2 * (first + count)) @ rotation.T
        rows, columns = sphere.directions_to_pixels(directions, height, width)
        samples = sphere.sample_bilinear(panorama, rows, columns)
        result[first : first + count] = samples.reshape(count, 2, width, 2, 3).mean(axis=(1, 3))
    return result


def _directions(height: int, width: int, first: int, end: int) -> np.ndarray:
    """Return the rows of :func:`lanet_core.geometry.sphere.pixel_directions` from one to another."""
    theta, phi = sphere.zenith_angles_rad(height)[first:end, None], sphere.azimuths_rad(width)
    across = np.broadcast_to(np.cos(theta), (end - first, width))
    return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), across], axis=-1)


def changed(band: np.ndarray, change: LightChange) -> np.ndarray:
    """Return (H, W, 3) float32 light as the node group 'LANet Light' changes it, in the same order; not turned."""
    added = above_white(band)
    result = band - added + 2.0**change.highlights_ev * added
    if change.peak_limit > 0.0:
        peak = result.max(axis=-1, keepdims=True)
        result = result * (change.peak_limit / np.maximum(peak, change.peak_limit))
    return (_tinted(result, change) * change.strength).astype(np.float32)


def _tinted(light: np.ndarray, change: LightChange) -> np.ndarray:
    """Change the colour of what is above white, at the same luminance."""
    if change.gains == (1.0, 1.0, 1.0) and change.saturation == 1.0:
        return light
    added = above_white(light)
    before = luminance(added)[..., None]
    tinted = np.maximum(added + (1.0 - change.saturation) * (before - added), 0.0) * np.array(change.gains, np.float32)
    after = luminance(tinted)[..., None]
    return light - added + tinted * np.divide(before, after, out=np.zeros_like(before), where=after > 0.0)
