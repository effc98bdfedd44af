"""A picture's place on the sphere: what part of it the picture shows, and which way is up.

Conventions of the pose (Google's Photo Sphere metadata): heading turns about the vertical, clockwise from north; pitch
is the elevation of the picture's middle, up positive; roll turns the camera clockwise about its view, so that the
horizon turns counter-clockwise in the picture. They are applied to the camera in this order, each about the
axes that the one before has moved. Pitch and roll are undone here. Heading is not: it only says where north is, so
turning by it would move every pixel and level nothing; whoever needs north reads it from the picture's metadata.

Source: Google, "Photo Sphere XMP Metadata", https://developers.google.com/streetview/spherical-metadata.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lanet_core import sphere
from lanet_core.calibration import overexposure_ramp
from lanet_core.completion import CapturedPart, CompletedSphere
from lanet_core.errors import ImageTooLargeError, ImageTooSmallError, NotEquirectangularError
from lanet_core.images.exr import strips_of_blocks
from lanet_core.images.file_kind import MAX_PIXELS
from lanet_core.images.gpano import CroppedArea
from lanet_core.images.picture import Picture

MINIMUM_WIDTH_PX = 64
MINIMUM_HEIGHT_PX = 32

#: A picture this close to 2:1 is a full sphere whose stitcher rounded.
_RATIO_TOLERANCE = 0.005
#: How much a resize may have changed the picture's proportions against those of its metadata.
_RESIZE_TOLERANCE = 0.01
#: Pixels of a strip: little against the picture, much against what it costs to begin one.
_STRIP_PIXELS = 1 << 20
#: Pixels levelled at a time: the sampling positions take ten times the room of the pixels.
_BAND_PIXELS = 1 << 18


@dataclass(frozen=True)
class Panorama:
    """A full sphere, whose light is made strip by strip.

    Attributes:
        height: rows.
        width: columns, even; twice the rows to half a per cent.
        linear_rows: gives the light of rows from one up to, and without, another: (n, W, 3) float32, linear Rec.709,
            [0, 1], level; maybe a view. May be called from several threads.
        captured: (H, W) bool, which pixels come from the picture; None where all do.
        warnings: what was done to the picture that a person should know, one sentence each; the picture's own
            warnings are not repeated.
    """

    height: int
    width: int
    linear_rows: Callable[[int, int], np.ndarray]
    captured: np.ndarray | None = None
    warnings: tuple[str, ...] = ()

    @property
    def rgb_linear(self) -> np.ndarray:
        """The whole sphere's light: (H, W, 3) float32, linear Rec.709, [0, 1]; made anew each time."""
        return self.linear_rows(0, self.height)

    def strips(self) -> list[tuple[int, int]]:
        """Return where each of the strips begins and ends in which the sphere is best worked on."""
        return strips_of_blocks(self.height, self.width, _STRIP_PIXELS)

    def clipped_fraction(self) -> float:
        """Return the share of the sphere's solid angle that is over-exposed, [0, 1]."""
        by_row = [(overexposure_ramp(self.linear_rows(*strip)) > 0.0).mean(axis=1) for strip in self.strips()]
        return float(sphere.sphere_mean(np.concatenate(by_row)[:, None]))


def panorama_from_picture(picture: Picture) -> Panorama:
    """Put a picture on the sphere: place it, complete what is missing, level it.

    None is held as light, which takes twelve bytes a pixel: not even one that is to be levelled.

    Args:
        picture: any picture.

    Returns:
        A full, level sphere. Pixels of a cropped picture stay as they are unless its pose is tilted.

    Raises:
        ImageTooSmallError: less than 64x32.
        NotEquirectangularError: neither 2:1 nor placed by its metadata, or of another projection.
        ImageTooLargeError: the whole sphere at the picture's scale has more than ``MAX_PIXELS``.
    """
    _check_picture(picture)
    crop, warnings = _usable_crop(picture)
    panorama, linear_pixels = _full_sphere(picture) if crop is None else _placed(picture, crop)
    panorama = _levelled(panorama, linear_pixels, picture)
    return replace(panorama, warnings=warnings + panorama.warnings)


def _check_picture(picture: Picture) -> None:
    height, width = picture.height, picture.width
    if width < MINIMUM_WIDTH_PX or height < MINIMUM_HEIGHT_PX:
        raise ImageTooSmallError(
            f"The picture is {width}x{height} pixels, less than {MINIMUM_WIDTH_PX}x{MINIMUM_HEIGHT_PX}.",
            path=picture.path,
            remedy="Give a larger panorama.",
        )
    if picture.gpano is not None and picture.gpano.projection != "equirectangular":
        raise NotEquirectangularError(
            f"The picture's metadata says that its projection is {picture.gpano.projection}.",
            path=picture.path,
            remedy="Export an equirectangular panorama.",
        )


def _usable_crop(picture: Picture) -> tuple[CroppedArea | None, tuple[str, ...]]:
    """Return the crop of the picture's metadata, unless the picture has been cut or stretched since."""
    crop = picture.gpano.crop if picture.gpano is not None else None
    if crop is None:
        return None, ()
    height, width = picture.height, picture.width
    stretch = (width / crop.width_px) / (height / crop.height_px)
    if abs(stretch - 1.0) <= _RESIZE_TOLERANCE:
        return crop, ()
    return None, (
        f"The panorama metadata describes a picture of {crop.width_px}x{crop.height_px}, of other proportions than "
        f"this one of {width}x{height}, and was ignored.",
    )


def _full_sphere(picture: Picture) -> tuple[Panorama, sphere.Texels]:
    """Return a picture that is the whole sphere by its proportions, and what gives the light of its single pixels."""
    height, width = picture.height, picture.width
    if width == 2 * height:
        return Panorama(height, width, picture.linear_rows), picture.linear_pixels
    if abs(width / (2.0 * height) - 1.0) > _RATIO_TOLERANCE:
        raise NotEquirectangularError(
            f"The picture is {width}x{height}, a ratio of {width / height:.3g}:1, and nothing says which part of the "
            "sphere it shows.",
            path=picture.path,
            remedy="Crop or pad it to 2:1, or add Photo Sphere (GPano) metadata.",
        )
    warning = f"The picture is {width}x{height}, not quite 2:1; it was taken as a full sphere."
    if width % 2 == 0:
        return Panorama(height, width, picture.linear_rows, None, (warning,)), picture.linear_pixels
    warning += " One column was added to make its width even."
    captured = np.broadcast_to(np.arange(width + 1) < width, (height, width + 1))
    panorama = Panorama(height, width + 1, partial(_rows_with_seam, picture), captured, (warning,))
    return panorama, partial(_pixels_with_seam, picture)


def _rows_with_seam(picture: Picture, first: int, end: int) -> np.ndarray:
    """Return rows with one column more: going over a pole leads half a turn on, a whole number of columns."""
    rows = picture.linear_rows(first, end)
    return np.concatenate([rows, (rows[:, -1:] + rows[:, :1]) / 2.0], axis=1)


def _pixels_with_seam(picture: Picture, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return single pixels of what :func:`_rows_with_seam` gives."""
    last, first = np.minimum(columns, picture.width - 1), np.where(columns == picture.width, 0, columns)
    return (picture.linear_pixels(rows, last) + picture.linear_pixels(rows, first)) / 2.0


def _placed(picture: Picture, crop: CroppedArea) -> tuple[Panorama, sphere.Texels]:
    """Return the picture in its place on a full 2:1 sphere at its own scale, the rest completed, and its pixels."""
    if (crop.width_px, crop.height_px) == (crop.full_width_px, crop.full_height_px):
        return _full_sphere(picture)
    # The metadata counts in pixels of the stitched panorama; the picture may have been resized since.
    scale = picture.width / crop.width_px
    width = max(2 * round(crop.full_width_px * scale / 2.0), picture.width + picture.width % 2, 2 * picture.height)
    height = width // 2
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(
            f"The whole sphere at this picture's scale would be {width}x{height}.",
            path=picture.path,
            remedy=f"Shrink the picture to at most {int(picture.width * np.sqrt(MAX_PIXELS / (width * height)))} "
            "pixels of width.",
        )
    left = min(round(crop.left_px / crop.full_width_px * width), width - picture.width)
    top = min(round(crop.top_px / crop.full_height_px * height), height - picture.height)
    if (picture.height, picture.width) == (height, width):
        return Panorama(height, width, picture.linear_rows), picture.linear_pixels
    part = CapturedPart(
        picture.linear_rows,
        picture.linear_pixels,
        size=(picture.height, picture.width),
        corner=(top, left),
        sphere_size=(height, width),
    )
    captured = part.mask(0, height)
    missing = 100.0 * float(sphere.sphere_mean(~captured))
    warning = f"The picture shows a part of the sphere; the other {missing:.3g} % were filled smoothly."
    completed = CompletedSphere(part)
    return Panorama(height, width, completed.linear_rows, captured, (warning,)), completed.linear_pixels


def _levelled(panorama: Panorama, linear_pixels: sphere.Texels, picture: Picture) -> Panorama:
    """Return the panorama with its pose's pitch and roll undone, itself if they move nothing by half a pixel."""
    pitch_deg = picture.gpano.pose_pitch_deg if picture.gpano is not None else 0.0
    roll_deg = picture.gpano.pose_roll_deg if picture.gpano is not None else 0.0
    if max(abs(pitch_deg), abs(roll_deg)) < 0.5 * 180.0 / panorama.height:
        return panorama
    camera = camera_axes(np.radians(pitch_deg), np.radians(roll_deg))
    size, captured = (panorama.height, panorama.width), panorama.captured

    def linear_rows(first: int, end: int) -> np.ndarray:
        return np.minimum(_rotated(linear_pixels, size, camera, first, end), 1.0)  # weights may add up to 1 + 1e-7

    if captured is not None:

        def as_light(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
            return panorama.captured[rows, columns, None].astype(np.float32)

        # A resampled pixel comes from the picture if all four that it is made of do.
        rotated = (_rotated(as_light, size, camera, *strip)[..., 0] > 1.0 - 1e-6 for strip in panorama.strips())
        captured = np.concatenate(list(rotated))
    warning = f"The panorama was levelled (pitch {pitch_deg:.3g}°, roll {roll_deg:.3g}°), so its pixels were resampled."
    return replace(panorama, linear_rows=linear_rows, captured=captured, warnings=(*panorama.warnings, warning))


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
    band = max(1, _BAND_PIXELS // size[1])
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
