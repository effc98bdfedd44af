"""JPEG files with gain maps, as cameras write them: metadata of Ultra HDR (XMP), of ISO 21496-1, or of both."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image

OFFSET = 1 / 64
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_ISO = b"urn:iso:std:iso:ts:21496:-1\0"
_HDRGM = "http://ns.adobe.com/hdr-gain-map/1.0/"


@dataclass(frozen=True)
class MapValues:
    """Metadata of a gain map; a tuple has a value for each channel."""

    minimum: tuple[float, ...] = (0.0,)
    maximum: tuple[float, ...] = (4.0,)
    gamma: tuple[float, ...] = (1.0,)


def srgb_encode(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def packet(description: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"{description}</rdf:RDF></x:xmpmeta>"
    ).encode()


def with_segments(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    added = b"".join(struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in segments)
    return jpeg[:2] + added + jpeg[2:]


def jpeg_of(pixels: np.ndarray, quality: int = 98) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()


def box(pixels: np.ndarray, factor: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    return pixels.reshape(height // factor, factor, width // factor, factor, -1).mean(axis=(1, 3))


def map_codes(hdr: np.ndarray, values: MapValues, factor: int = 2) -> np.ndarray:
    """Return the gain map of an HDR over its copy that is cut at 1: (h, w, channels) uint8."""
    gain = np.log2((box(hdr, factor) + OFFSET) / (box(np.minimum(hdr, 1.0), factor) + OFFSET))
    if len(values.maximum) == 1:
        gain = gain.mean(axis=-1, keepdims=True)
    low, high, gamma = map(np.array, (values.minimum, values.maximum, values.gamma))
    return np.rint(255 * np.clip((gain - low) / (high - low), 0, 1) ** gamma).astype(np.uint8)


def xmp_segment(values: MapValues) -> tuple[int, bytes]:
    def word(name: str, numbers: tuple[float, ...]) -> tuple[str, str]:
        if len(numbers) == 1:
            return f' hdrgm:{name}="{numbers[0]}"', ""
        items = "".join(f"<rdf:li>{number}</rdf:li>" for number in numbers)
        return "", f"<hdrgm:{name}><rdf:Seq>{items}</rdf:Seq></hdrgm:{name}>"

    pairs = {"GainMapMin": values.minimum, "GainMapMax": values.maximum, "Gamma": values.gamma}
    pairs |= {
        "OffsetSDR": (OFFSET,),
        "OffsetHDR": (OFFSET,),
        "HDRCapacityMin": (0.0,),
        "HDRCapacityMax": (max(values.maximum),),
    }
    words = [word(name, numbers) for name, numbers in pairs.items()]
    attributes, elements = ("".join(part) for part in zip(*words, strict=True))
    return 0xE1, _XMP + packet(
        f'<rdf:Description rdf:about="" xmlns:hdrgm="{_HDRGM}" hdrgm:Version="1.0"{attributes}>{elements}'
        "</rdf:Description>"
    )


def iso_segment(values: MapValues, common_denominator: bool = False, base_is_hdr: bool = False) -> tuple[int, bytes]:
    channels = max(map(len, (values.minimum, values.maximum, values.gamma)))
    headrooms = (4.0, 0.0) if base_is_hdr else (0.0, 4.0)
    numbers = list(headrooms)
    for channel in range(channels):
        numbers += [each[channel % len(each)] for each in (values.minimum, values.maximum, values.gamma)]
        numbers += [OFFSET, OFFSET]
    scale = 1 << 16
    flags = (0x80 if channels == 3 else 0) | 0x40 | (0x08 if common_denominator else 0)
    integers = [round(number * scale) for number in numbers]
    if common_denominator:
        body = struct.pack(f">I{len(integers)}i", scale, *integers)
    else:
        body = b"".join(struct.pack(">iI", number, scale) for number in integers)
    return 0xE2, _ISO + struct.pack(">HHB", 0, 0, flags) + body


def gain_map_jpeg(
    hdr: np.ndarray,
    values: MapValues | None = None,
    *,
    kinds: tuple[str, ...] = ("xmp",),
    common_denominator: bool = False,
    base_is_hdr: bool = False,
    primary: tuple[tuple[int, bytes], ...] = (),
    factor: int = 2,
) -> bytes:
    """Return a JPEG of an HDR that is cut at 1, with its gain map behind it.

    Args:
        hdr: (H, W, 3) float, linear, 1 = SDR white.
        values: of the map.
        kinds: "xmp", "iso" or both.
        common_denominator: of the ISO metadata.
        base_is_hdr: declare (falsely) that the map leads to SDR.
        primary: more segments of the first image.
        factor: how many of the image's pixels a pixel of the map has along each side.
    """
    values = values or MapValues()
    own = {"xmp": lambda: xmp_segment(values), "iso": lambda: iso_segment(values, common_denominator, base_is_hdr)}
    gain_map = with_segments(jpeg_of(map_codes(hdr, values, factor)), *(own[kind]() for kind in kinds))
    sdr = jpeg_of(np.rint(255 * srgb_encode(np.minimum(hdr, 1.0))).astype(np.uint8))
    segments = list(primary)
    if "xmp" in kinds:
        item = "http://ns.google.com/photos/1.0/container/"
        length = f' Item:Length="{len(gain_map)}"'
        items = "".join(
            '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" '
            f'Item:Semantic="{name}"{more}/></rdf:li>'
            for name, more in (("Primary", ""), ("GainMap", length))
        )
        segments.append(
            (
                0xE1,
                _XMP
                + packet(
                    f'<rdf:Description xmlns:hdrgm="{_HDRGM}" hdrgm:Version="1.0" xmlns:Container="{item}" '
                    f'xmlns:Item="{item}item/"><Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory>'
                    "</rdf:Description>"
                ),
            )
        )
    if "iso" in kinds:
        segments.append((0xE2, _ISO + bytes(4)))
    return with_mpf(sdr, segments, len(gain_map)) + gain_map


def with_mpf(jpeg: bytes, segments: list[tuple[int, bytes]], second_size: int) -> bytes:
    """Return a JPEG with segments and the directory of a second image behind it (CIPA DC-007)."""
    mpf_size = 4 + 8 + 2 + 3 * 12 + 4 + 32
    before = with_segments(jpeg, *segments)
    size = len(before) + 4 + mpf_size
    start = 2 + sum(4 + len(data) for _, data in segments) + 4 + 4
    mpf = b"MM\0*" + struct.pack(">IH", 8, 3) + struct.pack(">HHI4s", 0xB000, 7, 4, b"0100")
    mpf += struct.pack(">HHII", 0xB001, 4, 1, 2) + struct.pack(">HHIII", 0xB002, 7, 32, 50, 0)
    mpf += struct.pack(">IIIHH", 0x030000, size, 0, 0, 0) + struct.pack(">IIIHH", 0, second_size, size - start, 0, 0)
    return with_segments(jpeg, *segments, (0xE2, b"MPF\0" + mpf))
