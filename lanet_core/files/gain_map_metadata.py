"""Metadata of gain maps: how a map's samples become a ratio of HDR to SDR light.

Sources: Adobe, "Gain Map Specification" 1.0 (XMP, namespace hdrgm); Google, "Ultra HDR Image Format v1.1"; ISO
21496-1:2025, Annex C (binary metadata of a JPEG's APP2 segment).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import mmap

import numpy as np

from lanet_core.files import jpeg, xmp

HDRGM_NAMESPACE = "http://ns.adobe.com/hdr-gain-map/1.0/"
ISO_IDENTIFIER = b"urn:iso:std:iso:ts:21496:-1\0"

_IS_MULTICHANNEL, _HAS_COMMON_DENOMINATOR = 0x80, 0x08
#: Beyond these a gain map makes no sense: the sun is 2^17 times a sunlit white.
_MAXIMUM_STOPS = 24.0


@dataclass(frozen=True)
class GainMapMetadata:
    """Metadata of a gain map, each a tuple of one value or of three, for R, G and B.

    Attributes:
        minimum_stops: log2 of the gain where the map is 0.
        maximum_stops: log2 of the gain where the map is 1.
        gamma: the map's samples are the normalised log2 gain to the power of this.
        base_offset: added to the base image's linear light before the gain is applied.
        alternate_offset: subtracted afterwards.
        base_is_hdr: whether the file's own image is the HDR and the map leads to the SDR.
    """

    minimum_stops: tuple[float, ...]
    maximum_stops: tuple[float, ...]
    gamma: tuple[float, ...]
    base_offset: tuple[float, ...]
    alternate_offset: tuple[float, ...]
    base_is_hdr: bool = False

    def log2_gain(self, samples: np.ndarray) -> np.ndarray:
        """Return log2 of the gain: (..., C) samples in [0, 1] to (..., max(C, values)) float32."""
        low, high, gamma = (
            np.array(values, np.float32) for values in (self.minimum_stops, self.maximum_stops, self.gamma)
        )
        return low + (high - low) * samples ** (1.0 / gamma)

    def check(self) -> None:
        """Raise ``ValueError`` where the values make no sense."""
        values = np.array([*self.minimum_stops, *self.maximum_stops, *self.base_offset, *self.alternate_offset])
        if not np.isfinite(values).all() or np.abs(values).max() > _MAXIMUM_STOPS:
            raise ValueError("its metadata are out of range")
        if np.any(np.array(self.maximum_stops) < np.array(self.minimum_stops)):
            raise ValueError("its largest gain is below its smallest")
        if min(self.gamma) <= 0.0 or not np.isfinite(self.gamma).all():
            raise ValueError("its gamma is not positive")


def metadata_at(data: bytes | mmap, start: int) -> GainMapMetadata | None:
    """Return the gain map metadata of a JPEG in a file; ISO 21496-1 takes precedence.

    Args:
        data: the whole file.
        start: the offset of the gain map's JPEG.

    Returns:
        The metadata, None where the JPEG is no gain map.

    Raises:
        ValueError: the metadata are damaged. The message is a clause.
    """
    for marker, content in jpeg.segments(data, start):
        if marker == jpeg.APP2 and content.startswith(ISO_IDENTIFIER) and len(content) > len(ISO_IDENTIFIER) + 4:
            return _checked(_from_iso(content[len(ISO_IDENTIFIER) :]))
    for packet in xmp.jpeg_packets_at(data, start):
        fields = xmp.properties_of_packet(packet, HDRGM_NAMESPACE)
        if "GainMapMax" in fields:
            return _checked(_from_xmp(fields))
    return None


def _checked(metadata: GainMapMetadata) -> GainMapMetadata:
    metadata.check()
    return metadata


def _from_xmp(fields: dict[str, str]) -> GainMapMetadata:
    def values(name: str, default: float) -> tuple[float, ...]:
        try:
            numbers = tuple(float(word) for word in fields.get(name, str(default)).split())
        except ValueError:
            raise ValueError(f"its {name} is not a number") from None
        if len(numbers) not in (1, 3):
            raise ValueError(f"its {name} has {len(numbers)} values")
        return numbers

    return GainMapMetadata(
        minimum_stops=values("GainMapMin", 0.0),
        maximum_stops=values("GainMapMax", 1.0),
        gamma=values("Gamma", 1.0),
        base_offset=values("OffsetSDR", 1 / 64),
        alternate_offset=values("OffsetHDR", 1 / 64),
        base_is_hdr=fields.get("BaseRenditionIsHDR", "False").lower() == "true",
    )


def _from_iso(content: bytes) -> GainMapMetadata:
    flags = content[4]
    channels = 3 if flags & _IS_MULTICHANNEL else 1
    signs = "II" + "iiIii" * channels  # headrooms; minimum, maximum, gamma and the two offsets of each channel
    try:
        if flags & _HAS_COMMON_DENOMINATOR:
            denominator, *numerators = struct.unpack_from(f">I{signs}", content, 5)
            numbers = [numerator / denominator for numerator in numerators]
        else:
            pairs = struct.unpack_from(">" + "".join(f"{sign}I" for sign in signs), content, 5)
            numbers = [pairs[at] / pairs[at + 1] for at in range(0, len(pairs), 2)]
    except (struct.error, ZeroDivisionError) as error:
        raise ValueError("its metadata are cut short") from error
    base_headroom, alternate_headroom, *rest = numbers
    minimum, maximum, gamma, base_offset, alternate_offset = (tuple(rest[first::5]) for first in range(5))
    return GainMapMetadata(
        minimum, maximum, gamma, base_offset, alternate_offset, base_is_hdr=base_headroom > alternate_headroom
    )
