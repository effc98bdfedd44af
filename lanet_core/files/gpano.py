"""Photo Sphere (GPano) metadata: which part of the sphere an image shows, and how the camera was held.

Source: Google, "Photo Sphere XMP Metadata", https://developers.google.com/streetview/spherical-metadata.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from mmap import mmap

from lanet_core.files import xmp

_NAMESPACE = "http://ns.google.com/photos/1.0/panorama/"
_CROP_FIELDS = (
    "CroppedAreaLeftPixels",
    "CroppedAreaTopPixels",
    "CroppedAreaImageWidthPixels",
    "CroppedAreaImageHeightPixels",
    "FullPanoWidthPixels",
    "FullPanoHeightPixels",
)
#: How far from 2:1 the declared full panorama may be: stitchers round.
_RATIO_TOLERANCE = 0.005


@dataclass(frozen=True)
class CroppedArea:
    """A rectangle of a full 2:1 panorama, in pixels of the panorama as it was stitched."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    full_width_px: int
    full_height_px: int


@dataclass(frozen=True)
class GPano:
    """Panorama metadata of an image.

    Attributes:
        projection: "equirectangular", or another name as the file has it, in lower case.
        crop: the part of the sphere that the image shows, None where the file does not specify it.
        pose_heading_deg: compass heading of the image's middle, clockwise from north; None where unknown.
        pose_pitch_deg: elevation of the image's middle above the horizon, [-90, 90].
        pose_roll_deg: how far the camera was turned clockwise about its view, (-180, 180]: with positive roll
            the horizon is turned counter-clockwise in the image.
    """

    projection: str = "equirectangular"
    crop: CroppedArea | None = None
    pose_heading_deg: float | None = None
    pose_pitch_deg: float = 0.0
    pose_roll_deg: float = 0.0


def find_gpano(data: bytes | mmap) -> tuple[GPano | None, tuple[str, ...]]:
    """Return the panorama metadata of an image file.

    Args:
        data: the whole file, of any format that embeds XMP, see :mod:`lanet_core.files.xmp`.

    Returns:
        The metadata, None where the file has none; and warnings that name each field that was ignored.
    """
    fields = xmp.properties(data, _NAMESPACE)
    return _gpano_from(fields) if fields else (None, ())


def _gpano_from(fields: dict[str, str]) -> tuple[GPano, tuple[str, ...]]:
    warnings: list[str] = []
    heading = _angle(fields, "PoseHeadingDegrees", warnings)
    roll = _angle(fields, "PoseRollDegrees", warnings) or 0.0
    return GPano(
        projection=fields.get("ProjectionType", "equirectangular").lower(),
        crop=_crop(fields, warnings),
        pose_heading_deg=None if heading is None else heading % 360.0 % 360.0,  # once is 360 for -1e-16
        pose_pitch_deg=_pitch(fields, warnings),
        pose_roll_deg=180.0 - (180.0 - roll) % 360.0,
    ), tuple(warnings)


def _pitch(fields: dict[str, str], warnings: list[str]) -> float:
    pitch = _angle(fields, "PosePitchDegrees", warnings) or 0.0
    wrapped = (pitch + 180.0) % 360.0 - 180.0
    if abs(wrapped) <= 90.0:
        return wrapped
    warnings.append(_ignored("PosePitchDegrees", fields, "a pitch is between -90 and 90"))
    return 0.0


def _angle(fields: dict[str, str], name: str, warnings: list[str]) -> float | None:
    if name not in fields:
        return None
    value = _number(fields[name])
    if value is None:
        warnings.append(_ignored(name, fields, "it is not a number"))
    return value


def _ignored(name: str, fields: dict[str, str], reason: str) -> str:
    return f"The panorama metadata {name} = {fields[name]!r} was ignored: {reason}."


def _crop(fields: dict[str, str], warnings: list[str]) -> CroppedArea | None:
    present = [name for name in _CROP_FIELDS if name in fields]
    if not present:
        return None
    described = ", ".join(f"{name} {fields[name]}" for name in present)
    missing = [name for name in _CROP_FIELDS if name not in fields]
    numbers = {name: _number(fields[name]) for name in present}
    unreadable = [name for name, number in numbers.items() if number is None]
    if missing:
        reason = f"{', '.join(missing)} is missing" if len(missing) == 1 else f"{', '.join(missing)} are missing"
    elif unreadable:
        reason = f"{unreadable[0]} is not a number"
    else:
        area = CroppedArea(*(round(number) for number in numbers.values() if number is not None))
        reason = _contradiction(area)
        if not reason:
            return area
    warnings.append(f"The panorama metadata's crop was ignored: {reason} ({described}).")
    return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _contradiction(area: CroppedArea) -> str:
    """Return why an area is no part of a 2:1 panorama, empty if it is one."""
    if min(area.width_px, area.height_px, area.full_width_px, area.full_height_px) <= 0:
        return "a width or height is not positive"
    ratio = area.full_width_px / area.full_height_px
    if abs(ratio / 2.0 - 1.0) > _RATIO_TOLERANCE:
        return f"the full panorama would be {ratio:.3g}:1, not 2:1"
    if (
        min(area.left_px, area.top_px) < 0
        or area.left_px + area.width_px > area.full_width_px
        or area.top_px + area.height_px > area.full_height_px
    ):
        return "the fields contradict each other: the image would extend beyond the full panorama"
    return ""
