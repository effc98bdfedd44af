"""Gain maps of JPEG files: HDR light that the camera measured, in addition to the SDR image.

A map is a small JPEG behind the image's own, with metadata of Ultra HDR (hdrgm) or of ISO 21496-1. It is found by these
metadata and not by the directory of the file (MPF), which editors and messengers break.

    HDR = (SDR + base offset) 2^gain − alternate offset          in linear light of the image's primaries
"""

from __future__ import annotations

from dataclasses import dataclass
from mmap import mmap

import numpy as np

from lanet_core.files import jpeg, xmp
from lanet_core.files.gain_map_metadata import HDRGM_NAMESPACE, ISO_IDENTIFIER, GainMapMetadata, metadata_at
from lanet_core.files.gain_map_upsampling import GuidedGain, Rows

_START_OF_IMAGE = b"\xff\xd8\xff"
_APPLE_GAIN_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"
#: How near to the largest gain counts as it: some of 255 codes.
_NEAR_MAXIMUM = 0.9


@dataclass(frozen=True)
class FoundGainMap:
    """A gain map in a file.

    Attributes:
        start: the offset of its JPEG.
        end: the offset behind it, None where the file ends before it.
        metadata: of the map.
    """

    start: int
    end: int | None
    metadata: GainMapMetadata


def find_gain_map(data: bytes | mmap) -> FoundGainMap | None:
    """Return the gain map of a JPEG file, None without one.

    Raises:
        ValueError: there is a gain map whose metadata cannot be used. The message is a clause.
    """
    end = jpeg.first_image_end(data)
    start = data.find(_START_OF_IMAGE, end) if end is not None else -1
    while start >= 0:
        metadata = metadata_at(data, start)
        if metadata is not None:
            if metadata.base_is_hdr:
                raise ValueError("it leads from HDR to SDR")
            return FoundGainMap(start, jpeg.first_image_end(data, start), metadata)
        start = data.find(_START_OF_IMAGE, start + 2)
    return None


def declares_gain_map(data: bytes | mmap) -> bool:
    """Return whether the metadata of a JPEG's own image announce a gain map, which may be missing."""
    if any(marker == jpeg.APP2 and content.startswith(ISO_IDENTIFIER) for marker, content in jpeg.segments(data)):
        return True
    return any(
        "Version" in xmp.properties_of_packet(packet, HDRGM_NAMESPACE) for packet in xmp.jpeg_packets_at(data, 0)
    )


def has_apple_gain_map(data: bytes | mmap) -> bool:
    """Return whether a file holds a gain map of Apple's own kind, whose scale is in undocumented maker notes."""
    return data.find(_APPLE_GAIN_MAP) >= 0


class GainMap:
    """A gain map over an image of any size.

    Args:
        samples: (h, w, 1) or (h, w, 3) uint8, upright as the image.
        metadata: of the map.
        light: gives rows of the image's light: (n, W, 3) float32, linear, of its own primaries, 1 = SDR white.
        size: rows and columns of the image.
    """

    def __init__(self, samples: np.ndarray, metadata: GainMapMetadata, light: Rows, size: tuple[int, int]) -> None:
        self.metadata = metadata

        def log2_gain(first: int, end: int) -> np.ndarray:
            return metadata.log2_gain(samples[first:end].astype(np.float32) / np.float32(np.iinfo(samples.dtype).max))

        self._gain = GuidedGain(
            log2_gain,
            (samples.shape[0], samples.shape[1], log2_gain(0, 1).shape[-1]),
            light,
            size,
            offset=np.array(metadata.base_offset, np.float32),
            limits=(np.array(metadata.minimum_stops, np.float32), np.array(metadata.maximum_stops, np.float32)),
        )

    def ends_at_its_maximum(self, peak: float) -> bool:
        """Return whether a level of light is what the largest gain makes of white, so that real light may exceed it."""
        white = self._applied(np.ones(3, np.float32), np.array(self.metadata.maximum_stops, np.float32))
        return peak >= _NEAR_MAXIMUM * float(white.max())

    def applied_to_rows(self, rgb_linear: np.ndarray, first: int) -> np.ndarray:
        """Return the HDR light of some rows of the image.

        Args:
            rgb_linear: (n, W, 3) float32, linear, of the image's own primaries, 1 = SDR white.
            first: the row of the image that they begin with.

        Returns:
            (n, W, 3) float32, in the same space, ≥ 0.
        """
        return self._applied(rgb_linear, self._gain.rows(rgb_linear, first))

    def applied_to_pixels(self, rgb_linear: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the HDR light of single pixels: (..., 3) of rows and columns (...), see :meth:`applied_to_rows`."""
        return self._applied(rgb_linear, self._gain.pixels(rgb_linear, rows, columns))

    def _applied(self, rgb_linear: np.ndarray, log2_gain: np.ndarray) -> np.ndarray:
        base_offset = np.array(self.metadata.base_offset, np.float32)
        alternate_offset = np.array(self.metadata.alternate_offset, np.float32)
        hdr = (rgb_linear + base_offset) * np.exp2(log2_gain) - alternate_offset
        return np.maximum(hdr, 0.0, out=hdr)
