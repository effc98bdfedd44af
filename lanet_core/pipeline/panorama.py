"""An image's place on the sphere: what part of it the image shows, and which way is up.

Conventions of the pose (Google's Photo Sphere metadata): heading turns about the vertical, clockwise from north; pitch
is the elevation of the image's middle, up positive; roll turns the camera clockwise about its view, so that the
horizon turns counter-clockwise in the image. They are applied to the camera in this order, each about the
axes that the one before has moved. Pitch and roll are undone here. Heading is not: it only specifies where north is, so
turning by it would move every pixel and level nothing; north is in the image's metadata.

Source: Google, "Photo Sphere XMP Metadata", https://developers.google.com/streetview/spherical-metadata.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lanet_core.errors import ImageTooLargeError, ImageTooSmallError, NotEquirectangularError
from lanet_core.files.exr import bands_of_blocks
from lanet_core.files.file_kind import MAX_PIXELS
from lanet_core.files.gpano import CroppedArea
from lanet_core.files.ldr_image import LdrImage
from lanet_core.geometry import sphere
from lanet_core.geometry.completion import CapturedPart, CompletedSphere
from lanet_core.geometry.image_light import ImageLight, with_seam_column
from lanet_core.pipeline.arrangement import arrange, transformed_mask
from lanet_core.pipeline.black_bars import black_bars
from lanet_core.pipeline.reading_options import ReadingOptions
from lanet_core.reconstruction.measured_light import MeasuredLight

MINIMUM_WIDTH_PX = 64
MINIMUM_HEIGHT_PX = 32

#: Pixels of a band: little against the image, much against what it costs to begin one.
_BAND_PIXELS = 1 << 20
#: Pixels levelled at a time: the sampling positions take ten times the room of the pixels.
_ROTATED_PIXELS = 1 << 18


@dataclass(frozen=True)
class Panorama:
    """A full sphere, whose light is made band by band.

    Attributes:
        height: rows.
        width: columns, even; twice the rows to half a per cent.
        linear_rows: gives the light of rows from one up to, and without, another: (n, W, 3) float32, linear Rec.709,
            [0, 1], level; maybe a view. May be called from several threads.
        captured: (H, W) bool, which pixels come from the image; None where all do.
        warnings: what was done to the image that the user should note, one sentence each; the image's own
            warnings are not repeated.
        measured: light above white that was measured, None where there is none.
    """

    height: int
    width: int
    linear_rows: Callable[[int, int], np.ndarray]
    captured: np.ndarray | None = None
    warnings: tuple[str, ...] = ()
    measured: MeasuredLight | None = None

    @property
    def rgb_linear(self) -> np.ndarray:
        """The whole sphere's light: (H, W, 3) float32, linear Rec.709, [0, 1]; made anew each time."""
        return self.linear_rows(0, self.height)

    def bands(self) -> list[tuple[int, int]]:
        """Return where each of the bands begins and ends in which the sphere is best worked on."""
        return bands_of_blocks(self.height, self.width, _BAND_PIXELS)


@dataclass(frozen=True)
class _Sphere:
    """A full sphere of an image's light, with the fields of :class:`Panorama`."""

    light: ImageLight
    captured: np.ndarray | None = None
    warnings: tuple[str, ...] = ()


def panorama_from_image(image: LdrImage, options: ReadingOptions | None = None) -> Panorama:
    """Put an image on the sphere: place it, complete what is missing, level it.

    None is held as light, which takes twelve bytes a pixel: not even one that is to be levelled.

    Args:
        image: any image.
        options: how it is to be understood; by default as its contents and its metadata show.

    Returns:
        A full, level sphere. Pixels of a cropped image stay as they are unless its pose is tilted.

    Raises:
        ImageTooSmallError: less than 64x32.
        NotEquirectangularError: neither 2:1 nor placed by its metadata, of another projection, or no panorama at all.
        ImageTooLargeError: the whole sphere at the image's scale has more than ``MAX_PIXELS``.
    """
    options = options or ReadingOptions()
    if options.ignore_alpha:
        image = replace(image, transparent=None)
    _check_image(image)
    light = ImageLight(image.height, image.width, image.linear_rows, image.linear_pixels)
    bars, bar_warnings = black_bars(image)
    try:
        arrangement = arrange(image, light, options)
    except NotEquirectangularError as error:
        if bars is None:
            raise
        remedy = f"Crop the black bars at its edges, and try again. Otherwise: {error.remedy}"
        raise NotEquirectangularError(error.problem, path=error.path, remedy=remedy) from error
    masks = [mask for mask in (image.transparent, bars) if mask is not None]
    transparent = transformed_mask(np.logical_or.reduce(masks), arrangement) if masks else None

    def on_sphere(light: ImageLight) -> _Sphere:
        placed = _placed(arrangement.transform(light), arrangement.crop, transparent, image)
        return placed if options.ignore_pose else _levelled(placed, image)

    whole, measured = on_sphere(light), None
    if image.measured is not None:
        unbounded = ImageLight(image.height, image.width, image.measured_rows, image.measured_pixels)
        limits = image.measured
        measured = MeasuredLight(on_sphere(unbounded).light.rows, limits.ceiling, limits.tolerance, limits.exposure)
    return Panorama(
        *whole.light.size,
        _at_most_white(whole.light.rows),
        whole.captured,
        (*arrangement.warnings, *bar_warnings, *whole.warnings),
        measured,
    )


def _check_image(image: LdrImage) -> None:
    height, width = image.height, image.width
    if width < MINIMUM_WIDTH_PX or height < MINIMUM_HEIGHT_PX:
        raise ImageTooSmallError(
            f"The image is {width}x{height} pixels, less than {MINIMUM_WIDTH_PX}x{MINIMUM_HEIGHT_PX}.",
            path=image.path,
            remedy="Use a larger panorama.",
        )
    if image.gpano is not None and image.gpano.projection != "equirectangular":
        raise NotEquirectangularError(
            f"The metadata declares the projection {image.gpano.projection}.",
            path=image.path,
            remedy="Export an equirectangular panorama.",
        )


def _at_most_white(rows: Callable[[int, int], np.ndarray]) -> Callable[[int, int], np.ndarray]:
    """Return rows whose interpolated values do not exceed 1 by rounding."""

    def linear_rows(first: int, end: int) -> np.ndarray:
        band = rows(first, end)
        return np.minimum(band, np.float32(1.0)) if band.max() > 1.0 else band

    return linear_rows


def _placed(light: ImageLight, crop: CroppedArea | None, transparent: np.ndarray | None, image: LdrImage) -> _Sphere:
    """Return an image in its place on a full sphere at its own scale, the rest completed."""
    size, corner = light.size, (0, 0)
    warnings: tuple[str, ...] = ()
    if crop is not None and (crop.width_px, crop.height_px) != (crop.full_width_px, crop.full_height_px):
        size, corner = _place_of(light, crop, image)
    elif light.width != 2 * light.height:
        light, warnings = _evened(light)
        size = light.size
        if transparent is not None and transparent.shape != size:
            transparent = np.concatenate([transparent, transparent[:, -1:] | transparent[:, :1]], axis=1)
    if size == light.size and transparent is None:
        captured = None
        if warnings and light.width != image.width:
            captured = np.broadcast_to(np.arange(light.width) < light.width - 1, size)
        return _Sphere(light, captured, warnings)
    part = CapturedPart(light.rows, light.pixels, light.size, corner, size, transparent)
    captured = part.mask(0, size[0])
    missing = 100.0 * float(sphere.sphere_mean(~captured))
    warning = f"The image shows a part of the sphere; the other {missing:.3g} % were filled smoothly."
    completed = CompletedSphere(part)
    return _Sphere(ImageLight(*size, completed.linear_rows, completed.linear_pixels), captured, (*warnings, warning))


def _evened(light: ImageLight) -> tuple[ImageLight, tuple[str, ...]]:
    """Return a whole sphere that is not quite 2:1 with an even number of columns, and a warning."""
    warning = f"The image is {light.width}x{light.height}, not quite 2:1; it was used as a full sphere."
    if light.width % 2 == 0:
        return light, (warning,)
    return with_seam_column(light), (f"{warning} One column was added to make its width even.",)


def _place_of(light: ImageLight, crop: CroppedArea, image: LdrImage) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the size of the whole sphere at an image's scale, and the row and column where the image begins."""
    # The metadata counts in pixels of the stitched panorama; the image may have been resized since.
    scale = light.width / crop.width_px
    width = max(2 * round(crop.full_width_px * scale / 2.0), light.width + light.width % 2, 2 * light.height)
    height = width // 2
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(
            f"The whole sphere at the scale of this image would be {width}x{height}.",
            path=image.path,
            remedy=f"Reduce the image to at most {int(light.width * np.sqrt(MAX_PIXELS / (width * height)))} "
            "pixels of width.",
        )
    left = min(round(crop.left_px / crop.full_width_px * width), width - light.width)
    top = min(round(crop.top_px / crop.full_height_px * height), height - light.height)
    return (height, width), (top, left)


def _levelled(placed: _Sphere, image: LdrImage) -> _Sphere:
    """Return a sphere with its pose's pitch and roll undone, itself if they move nothing by half a pixel."""
    pitch_deg = image.gpano.pose_pitch_deg if image.gpano is not None else 0.0
    roll_deg = image.gpano.pose_roll_deg if image.gpano is not None else 0.0
    light, size = placed.light, placed.light.size
    if max(abs(pitch_deg), abs(roll_deg)) < 0.5 * 180.0 / light.height:
        return placed
    camera = camera_axes(np.radians(pitch_deg), np.radians(roll_deg))

    def rows(first: int, end: int) -> np.ndarray:
        return _rotated(light.pixels, size, camera, first, end)

    captured = known = placed.captured
    if known is not None:

        def as_light(row: np.ndarray, column: np.ndarray) -> np.ndarray:
            return known[row, column, None].astype(np.float32)

        # A resampled pixel comes from the image if all four that it is made of do.
        bands = bands_of_blocks(*size, _BAND_PIXELS)
        rotated = (_rotated(as_light, size, camera, *band)[..., 0] > 1.0 - 1e-6 for band in bands)
        captured = np.concatenate(list(rotated))
    warning = f"The panorama was levelled (pitch {pitch_deg:.3g}°, roll {roll_deg:.3g}°), so its pixels were resampled."
    return replace(placed, light=replace(light, rows=rows), captured=captured, warnings=(*placed.warnings, warning))


def camera_axes(pitch_rad: float, roll_rad: float) -> np.ndarray:
    """Return a tilted camera's axes in the level world.

    Args:
        pitch_rad: elevation of its view, up positive.
        roll_rad: turn about its view, clockwise positive.

    Returns:
        (3, 3) float64; the columns are the camera's forward (+x), left (+y) and up (+z), heading left aside.
    """
    sin_pitch, cos_pitch = np.sin(pitch_rad), np.cos(pitch_rad)
    sin_roll, cos_roll = np.sin(roll_rad), np.cos(roll_rad)
    pitch = np.array([[cos_pitch, 0.0, -sin_pitch], [0.0, 1.0, 0.0], [sin_pitch, 0.0, cos_pitch]])
    roll = np.array([[1.0, 0.0, 0.0], [0.0, cos_roll, -sin_roll], [0.0, sin_roll, cos_roll]])
    return pitch @ roll


def _rotated(texels: sphere.Texels, size: tuple[int, int], axes: np.ndarray, first: int, end: int) -> np.ndarray:
    """Return rows of a sphere seen in the world's axes, given in a camera's: bilinear, in bands."""
    band = max(1, _ROTATED_PIXELS // size[1])
    bands = []
    for start in range(first, end, band):
        directions = _directions(start, min(start + band, end), *size) @ axes
        bands.append(sphere.sample_texels(texels, size, *sphere.directions_to_pixels(directions, *size)))
    return np.concatenate(bands)


def _directions(first: int, end: int, height: int, width: int) -> np.ndarray:
    """Return the unit direction of each pixel in some rows of a panorama: (n, W, 3) float64."""
    theta = sphere.zenith_angles_rad(height)[first:end, None]
    phi = sphere.azimuths_rad(width)
    z = np.broadcast_to(np.cos(theta), (end - first, width))
    return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), z], axis=-1)
