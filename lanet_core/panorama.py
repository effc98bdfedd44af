"""A picture's place on the sphere: what part of it the picture shows, and which way is up.

Conventions of the pose (Google's Photo Sphere metadata): heading turns about the vertical, clockwise from north; pitch
is the elevation of the picture's middle, up positive; roll turns the camera clockwise about its view, so that the
horizon turns counter-clockwise in the picture. They are applied to the camera in this order, each about the
axes that the one before has moved. Pitch and roll are undone here. Heading is not: it only says where north is, so
turning by it would move every pixel and level nothing; whoever needs north reads it from the picture's metadata.

Source: Google, "Photo Sphere XMP Metadata", https://developers.google.com/streetview/spherical-metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lanet_core import sphere
from lanet_core.completion import complete
from lanet_core.errors import ImageTooLargeError, ImageTooSmallError, NotEquirectangularError
from lanet_core.images.file_kind import MAX_PIXELS
from lanet_core.images.gpano import CroppedArea
from lanet_core.images.picture import Picture

MINIMUM_WIDTH_PX = 64
MINIMUM_HEIGHT_PX = 32

#: A picture this close to 2:1 is a full sphere whose stitcher rounded.
_RATIO_TOLERANCE = 0.005
#: How much a resize may have changed the picture's proportions against those of its metadata.
_RESIZE_TOLERANCE = 0.01
#: Pixels levelled at a time: the sampling positions take ten times the room of the pixels.
_BAND_PIXELS = 1 << 20


@dataclass(frozen=True)
class Panorama:
    """A full sphere.

    Attributes:
        rgb_linear: (H, W, 3) float32, linear Rec.709, [0, 1], level; 2:1 to half a per cent, W even.
        captured: (H, W) bool, which pixels come from the picture; None where all do.
        warnings: what was done to the picture that a person should know, one sentence each; the picture's own
            warnings are not repeated.
    """

    rgb_linear: np.ndarray
    captured: np.ndarray | None = None
    warnings: tuple[str, ...] = ()


def panorama_from_picture(picture: Picture) -> Panorama:
    """Put a picture on the sphere: place it, complete what is missing, level it.

    A 2:1 picture whose metadata asks for nothing comes back as it is, the same array.

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
    panorama = _full_sphere(picture) if crop is None else _placed(picture, crop)
    panorama = _levelled(panorama, picture)
    return Panorama(panorama.rgb_linear, panorama.captured, warnings + panorama.warnings)


def _check_picture(picture: Picture) -> None:
    height, width = picture.rgb_linear.shape[:2]
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
    height, width = picture.rgb_linear.shape[:2]
    stretch = (width / crop.width_px) / (height / crop.height_px)
    if abs(stretch - 1.0) <= _RESIZE_TOLERANCE:
        return crop, ()
    return None, (
        f"The panorama metadata describes a picture of {crop.width_px}x{crop.height_px}, of other proportions than "
        f"this one of {width}x{height}, and was ignored.",
    )


def _full_sphere(picture: Picture) -> Panorama:
    """Return a picture that is the whole sphere by its proportions."""
    rgb_linear = picture.rgb_linear
    height, width = rgb_linear.shape[:2]
    if width == 2 * height:
        return Panorama(rgb_linear)
    if abs(width / (2.0 * height) - 1.0) > _RATIO_TOLERANCE:
        raise NotEquirectangularError(
            f"The picture is {width}x{height}, a ratio of {width / height:.3g}:1, and nothing says which part of the "
            "sphere it shows.",
            path=picture.path,
            remedy="Crop or pad it to 2:1, or add Photo Sphere (GPano) metadata.",
        )
    warning = f"The picture is {width}x{height}, not quite 2:1; it was taken as a full sphere."
    if width % 2 == 0:
        return Panorama(rgb_linear, None, (warning,))
    # Going over a pole leads half a turn on, which must be a whole number of columns.
    seam = (rgb_linear[:, -1:] + rgb_linear[:, :1]) / 2.0
    captured = np.ones((height, width + 1), dtype=bool)
    captured[:, -1] = False
    warning += " One column was added to make its width even."
    return Panorama(np.concatenate([rgb_linear, seam], axis=1), captured, (warning,))


def _placed(picture: Picture, crop: CroppedArea) -> Panorama:
    """Return the picture in its place on a full 2:1 sphere at its own scale, the rest completed."""
    picture_height, picture_width = picture.rgb_linear.shape[:2]
    if (crop.width_px, crop.height_px) == (crop.full_width_px, crop.full_height_px):
        return _full_sphere(picture)
    # The metadata counts in pixels of the stitched panorama; the picture may have been resized since.
    scale = picture_width / crop.width_px
    width = max(2 * round(crop.full_width_px * scale / 2.0), picture_width + picture_width % 2, 2 * picture_height)
    height = width // 2
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(
            f"The whole sphere at this picture's scale would be {width}x{height}.",
            path=picture.path,
            remedy=f"Shrink the picture to at most {int(picture_width * np.sqrt(MAX_PIXELS / (width * height)))} "
            "pixels of width.",
        )
    left = min(round(crop.left_px / crop.full_width_px * width), width - picture_width)
    top = min(round(crop.top_px / crop.full_height_px * height), height - picture_height)
    place = np.s_[top : top + picture_height, left : left + picture_width]
    rgb_linear = np.zeros((height, width, 3), dtype=np.float32)
    rgb_linear[place] = picture.rgb_linear
    captured = np.zeros((height, width), dtype=bool)
    captured[place] = True
    if captured.all():
        return Panorama(rgb_linear)
    missing = 100.0 * float(sphere.sphere_mean(~captured))
    warning = f"The picture shows a part of the sphere; the other {missing:.3g} % were filled smoothly."
    return Panorama(complete(rgb_linear, captured), captured, (warning,))


def _levelled(panorama: Panorama, picture: Picture) -> Panorama:
    """Return the panorama with its pose's pitch and roll undone, itself if they move nothing by half a pixel."""
    height = panorama.rgb_linear.shape[0]
    pitch_deg = picture.gpano.pose_pitch_deg if picture.gpano is not None else 0.0
    roll_deg = picture.gpano.pose_roll_deg if picture.gpano is not None else 0.0
    if max(abs(pitch_deg), abs(roll_deg)) < 0.5 * 180.0 / height:
        return panorama
    camera = camera_axes(np.radians(pitch_deg), np.radians(roll_deg))
    rgb_linear = np.minimum(_rotated(panorama.rgb_linear, camera), 1.0)  # weights may add up to 1 + 1e-7
    captured = panorama.captured
    if captured is not None:
        # A resampled pixel comes from the picture if all four that it is made of do.
        captured = _rotated(captured[..., None].astype(np.float32), camera)[..., 0] > 1.0 - 1e-6
    warning = f"The panorama was levelled (pitch {pitch_deg:.3g}°, roll {roll_deg:.3g}°), so its pixels were resampled."
    return Panorama(rgb_linear, captured, (*panorama.warnings, warning))


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


def _rotated(panorama: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Return a sphere seen in the world's axes, given in a camera's: bilinear, in bands of rows."""
    height, width = panorama.shape[:2]
    result = np.empty_like(panorama)
    for rows, directions in _direction_bands(height, width):
        result[rows] = sphere.sample_bilinear(panorama, *sphere.directions_to_pixels(directions @ axes, height, width))
    return result


def _direction_bands(height: int, width: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield bands of rows and the unit direction of each pixel in them: (rows, W, 3) float64."""
    theta, phi = sphere.zenith_angles_rad(height), sphere.azimuths_rad(width)
    band = max(1, _BAND_PIXELS // width)
    for first in range(0, height, band):
        rows = slice(first, min(first + band, height))
        sin_theta, cos_theta = np.sin(theta[rows])[:, None], np.cos(theta[rows])[:, None]
        z = np.broadcast_to(cos_theta, (len(sin_theta), width))
        yield rows, np.stack([sin_theta * np.cos(phi), sin_theta * np.sin(phi), z], axis=-1)
