"""Photo Sphere (GPano) metadata: which part of the sphere a picture shows, and how the camera was held.

Source: Google, "Photo Sphere XMP Metadata", https://developers.google.com/streetview/spherical-metadata; the packet is
found as in Adobe's XMP Specification Part 3 (2020), "Packet scanning", which works for every file format alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from xml.etree import ElementTree

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
    """Panorama metadata of a picture.

    Attributes:
        projection: "equirectangular", or another name as the file has it, in lower case.
        crop: the part of the sphere that the picture shows, None where the file does not say.
        pose_heading_deg: compass heading of the picture's middle, clockwise from north; None where unknown.
        pose_pitch_deg: elevation of the picture's middle above the horizon, [-90, 90].
        pose_roll_deg: how far the camera was turned clockwise about its view, (-180, 180]: with positive roll
            the horizon is turned counter-clockwise in the picture.
    """

    projection: str = "equirectangular"
    crop: CroppedArea | None = None
    pose_heading_deg: float | None = None
    pose_pitch_deg: float = 0.0
    pose_roll_deg: float = 0.0


def find_gpano(data: bytes | mmap) -> tuple[GPano | None, tuple[str, ...]]:
    """Return the panorama metadata of a picture file.

    Args:
        data: the whole file, of any format that embeds XMP unaltered: JPEG, PNG, TIFF, WebP.

    Returns:
        The metadata, None where the file has none; and warnings about what made no sense and was ignored.
    """
    for fields in _fields_of_packets(data):
        if fields:
            return _gpano_from(fields)
    return None, ()


def _fields_of_packets(data: bytes | mmap) -> Iterator[dict[str, str]]:
    if data.find(_NAMESPACE.encode()) < 0:
        return
    start = data.find(b"<rdf:RDF")
    while start >= 0:
        end = data.find(b"</rdf:RDF>", start)
        if end < 0:
            return
        yield _fields_of_rdf(data[start : end + len(b"</rdf:RDF>")])
        start = data.find(b"<rdf:RDF", end)


def _fields_of_rdf(rdf: bytes) -> dict[str, str]:
    """Return the GPano properties, be they written as attributes or as elements (XMP Part 1, 7.9.2.2)."""
    try:
        root = ElementTree.fromstring(rdf)
    except ElementTree.ParseError:
        return {}
    prefix = f"{{{_NAMESPACE}}}"
    fields = {}
    for element in root.iter():
        pairs = [*element.attrib.items(), (element.tag, element.text or "")]
        fields.update({name.removeprefix(prefix): text.strip() for name, text in pairs if name.startswith(prefix)})
    return fields


def _gpano_from(fields: dict[str, str]) -> tuple[GPano, tuple[str, ...]]:
    warnings: list[str] = []
    heading = _degrees(fields, "PoseHeadingDegrees", 360.0, warnings)
    return GPano(
        projection=fields.get("ProjectionType", "equirectangular").lower(),
        crop=_crop(fields, warnings),
        pose_heading_deg=None if heading is None else heading % 360.0 % 360.0,  # once is 360 for -1e-16
        pose_pitch_deg=_degrees(fields, "PosePitchDegrees", 90.0, warnings) or 0.0,
        pose_roll_deg=_degrees(fields, "PoseRollDegrees", 180.0, warnings) or 0.0,
    ), tuple(warnings)


def _degrees(fields: dict[str, str], name: str, limit: float, warnings: list[str]) -> float | None:
    if name not in fields:
        return None
    value = _number(fields[name])
    if value is None or abs(value) > limit:
        warnings.append(f"The panorama metadata's {name} makes no sense ({fields[name]!r}) and was ignored.")
        return None
    return value


def _crop(fields: dict[str, str], warnings: list[str]) -> CroppedArea | None:
    if not set(_CROP_FIELDS) <= set(fields):
        return None
    numbers = [_number(fields[name]) for name in _CROP_FIELDS]
    if None not in numbers:
        area = CroppedArea(*(round(number) for number in numbers))
        if _is_sensible(area):
            return area
    described = ", ".join(f"{name} {fields[name]}" for name in _CROP_FIELDS)
    warnings.append(f"The panorama metadata's crop makes no sense and was ignored ({described}).")
    return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _is_sensible(area: CroppedArea) -> bool:
    return (
        min(area.width_px, area.height_px, area.full_width_px, area.full_height_px) > 0
        and min(area.left_px, area.top_px) >= 0
        and area.left_px + area.width_px <= area.full_width_px
        and area.top_px + area.height_px <= area.full_height_px
        and abs(area.full_width_px / (2 * area.full_height_px) - 1.0) <= _RATIO_TOLERANCE
    )
