"""A before/after image that shows the light: panoramas at two exposures, and three balls lit by them.

The balls stand in the middle of the panorama and are seen from the side that the panorama's middle shows, so the mirror
ball holds the panorama's middle, left and right exchanged as in any mirror. Light is summed over the whole sphere by
solid angle, with no sampling noise and no importance map.
"""

from __future__ import annotations

import numpy as np

from lanet_core import colour
from lanet_core.geometry import sphere

#: The darker exposure of a panorama, in stops: at it, only lights are left.
DARK_EXPOSURE_EV = -5.0

#: The glossy ball's Phong exponent, as how often the cosine is squared: cos⁶⁴, which halves at 8.4 degrees.
GLOSSY_SQUARINGS = 6

_PANORAMA_HEIGHT = 256
_GAP = 8
_BACKGROUND = 0.03
_MATTE_TARGET = 0.7
_LIGHT_HEIGHT = 64
_SUPERSAMPLING = 2


def before_after(ldr_linear: np.ndarray, hdr: np.ndarray) -> np.ndarray:
    """Return an image of what conversion did to the light: the LDR's row above the HDR's.

    A row holds the panorama at 0 EV, the panorama at :data:`DARK_EXPOSURE_EV` and a mirror, a glossy and a diffuse
    ball. The balls of a row are exposed so that its diffuse ball is well exposed: the rows differ in the
    light's direction, hardness and colour, and not its amount.

    Args:
        ldr_linear: (H, W, 3) float32, linear Rec.709, [0, 1].
        hdr: (H, W, 3) float32, linear Rec.709, 1 = LDR white.

    Returns:
        (h, w, 3) uint8, sRGB-encoded.
    """
    rows = [_row(ldr_linear), _row(hdr)]
    return _stack(rows, axis=0)


def small_balls(ldr_linear: np.ndarray, hdr: np.ndarray, size: int) -> np.ndarray:
    """Return a diffuse and a mirror ball lit by the photograph, above the same balls lit by the HDR.

    The balls of a row are exposed so that its diffuse ball is well exposed, as in :func:`before_after`.

    Args:
        ldr_linear: (H, W, 3) float32, linear Rec.709, [0, 1].
        hdr: (H, W, 3) float32, linear Rec.709, 1 = LDR white.
        size: rows and columns of a ball.

    Returns:
        (2 size, 2 size, 4) uint8, sRGB-encoded, transparent outside the balls.
    """
    return np.concatenate([_small_row(ldr_linear, size), _small_row(hdr, size)])


def _small_row(panorama: np.ndarray, size: int) -> np.ndarray:
    balls, mask = lit_balls(panorama, size * _SUPERSAMPLING)
    exposure = _exposure_of(balls[-1], mask)
    coverage = _reduced(mask[..., None].astype(np.float32))
    row = []
    for ball in (balls[-1], balls[0]):
        colours = _reduced(np.where(mask[..., None], np.minimum(ball * exposure, 1.0), 0.0))
        colours = colours / np.maximum(coverage, 1e-6)
        alpha = np.round(coverage * 255.0).astype(np.uint8)
        row.append(np.concatenate([colour.quantise_srgb8(colours), alpha], axis=-1))
    return np.concatenate(row, axis=1)


def _exposure_of(diffuse_ball: np.ndarray, mask: np.ndarray) -> float:
    """Return the factor by which a diffuse ball is well exposed."""
    brightest = float(colour.luminance(diffuse_ball[mask]).max())
    return _MATTE_TARGET / brightest if brightest > 0.0 else 1.0


def lit_balls(panorama: np.ndarray, size: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Return a mirror, a glossy and a diffuse ball lit by a panorama, each filling its image.

    All three reflect every bit of light (albedo 1): in a panorama of 1 everywhere each is 1 everywhere.

    Args:
        panorama: (H, W, 3) float32, linear Rec.709, W = 2 H.
        size: rows and columns of a ball's image.

    Returns:
        The three balls, (size, size, 3) float32, linear Rec.709 in the panorama's units, and where they are,
        (size, size) bool.
    """
    normals, mask = _ball_normals(size)
    view = np.array([1.0, 0.0, 0.0])  # from a ball to the viewer
    mirrored = 2.0 * (normals @ view)[..., None] * normals - view
    balls = [
        _sample(_shrunk(panorama, size), mirrored),
        _sample(lobe_table(panorama, GLOSSY_SQUARINGS, 48), mirrored),
        _sample(lobe_table(panorama, 0, 24), normals),
    ]
    return balls, mask


def lobe_table(panorama: np.ndarray, squarings: int, height: int) -> np.ndarray:
    """Return a panorama seen through a cosine-power lobe: ∫ L cosⁿ dω / ∫ cosⁿ dω over each direction's hemisphere.

    With n = 1 this is irradiance over π: what a diffuse surface of albedo 1 sends out. Higher powers are Phong lobes
    around a mirror direction.

    Args:
        panorama: (H, W, 3) float32, linear Rec.709, W = 2 H.
        squarings: how often the cosine is squared: n = 2 ** squarings.
        height: rows of the result; the narrower the lobe, the more are needed.

    Returns:
        (height, 2 * height, 3) float32, linear Rec.709, by the lobe's direction.
    """
    light = _shrunk(panorama, _LIGHT_HEIGHT)
    light_directions = sphere.pixel_directions(*light.shape[:2]).reshape(-1, 3).astype(np.float32)
    solid_angles = np.repeat(sphere.pixel_solid_angles_sr(*light.shape[:2]), light.shape[1]).astype(np.float32)
    table = np.empty((height, 2 * height, 3), dtype=np.float32)
    for row, lobe_directions in zip(table, sphere.pixel_directions(height, 2 * height), strict=True):
        lobes = np.maximum(lobe_directions.astype(np.float32) @ light_directions.T, 0.0)
        for _ in range(squarings):
            np.square(lobes, out=lobes)
        lobes *= solid_angles
        row[:] = lobes @ light.reshape(-1, 3) / lobes.sum(axis=1, keepdims=True)
    return table


def _row(panorama: np.ndarray) -> np.ndarray:
    shown = _fitted(panorama, _PANORAMA_HEIGHT)
    balls, mask = lit_balls(panorama, _PANORAMA_HEIGHT * _SUPERSAMPLING)
    exposure = _exposure_of(balls[-1], mask)
    images = [shown, shown * np.float32(2.0**DARK_EXPOSURE_EV)]
    # Clipped before the samples are averaged: a rim brighter than white would stay jagged.
    images += [_reduced(np.where(mask[..., None], np.minimum(ball * exposure, 1.0), _BACKGROUND)) for ball in balls]
    return _stack([colour.quantise_srgb8(image) for image in images], axis=1)


def _stack(images: list[np.ndarray], axis: int) -> np.ndarray:
    """Put images side by side or one above the other, with a gap between and around."""
    background = colour.quantise_srgb8(np.array(_BACKGROUND, np.float32))
    margin = [(0, _GAP) if axis == 0 else (0, 0), (0, _GAP) if axis == 1 else (0, 0), (0, 0)]
    padded = [np.pad(image, margin, constant_values=background) for image in images]
    before = [tuple(reversed(pair)) for pair in margin]
    return np.pad(np.concatenate(padded, axis=axis), before, constant_values=background)


def _ball_normals(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal seen at each pixel, (size, size, 3), and where the ball is, (size, size) bool."""
    centres = (2.0 * np.arange(size) + 1.0) / size - 1.0
    right, up = centres[None, :], -centres[:, None]
    across = np.hypot(right, up)
    mask = across < 1.0
    towards_viewer = np.sqrt(np.maximum(1.0 - across**2, 0.0))
    # The viewer is at +x and looks back, so +y is on the right (see lanet_core.geometry.sphere).
    normals = np.stack(np.broadcast_arrays(towards_viewer, right, up), axis=-1)
    return normals / np.linalg.norm(normals, axis=-1, keepdims=True), mask


def _sample(panorama: np.ndarray, directions: np.ndarray) -> np.ndarray:
    rows, columns = sphere.directions_to_pixels(directions, *panorama.shape[:2])
    return sphere.sample_bilinear(panorama, rows, columns)


def _shrunk(panorama: np.ndarray, height: int) -> np.ndarray:
    height = min(height, panorama.shape[0])
    return sphere.downsample(panorama, height, 2 * height)


def _fitted(panorama: np.ndarray, height: int) -> np.ndarray:
    if panorama.shape[0] >= height:
        return sphere.downsample(panorama, height, 2 * height)
    return sphere.upsample_bilinear(panorama, height, 2 * height)


def _reduced(image: np.ndarray) -> np.ndarray:
    size = image.shape[0] // _SUPERSAMPLING
    blocks = image.reshape(size, _SUPERSAMPLING, size, _SUPERSAMPLING, -1)
    return blocks.mean(axis=(1, 3)).astype(np.float32)
