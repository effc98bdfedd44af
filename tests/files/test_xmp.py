"""XMP packets in every container and encoding that the specification allows."""

from __future__ import annotations

import itertools
import struct
import zlib

import pytest
from image_files import random_rgb8, with_png_chunk
from PIL import Image
from test_gpano import EXPECTED, FIELDS, xmp

from lanet_core.files import read_ldr
from lanet_core.files import xmp as xmp_module
from lanet_core.files.gpano import find_gpano

GPANO = "http://ns.google.com/photos/1.0/panorama/"
PACKET = xmp(FIELDS)


def test_a_namespace_declared_on_xmpmeta():
    declared = f' xmlns:GPano="{GPANO}"'.encode()
    moved = PACKET.replace(declared, b"").replace(b"<x:xmpmeta", b"<x:xmpmeta" + declared)
    assert find_gpano(moved) == (EXPECTED, ())


@pytest.mark.parametrize("prefix", [b"r", b"RDF-ns", b"_"])
def test_any_prefix_of_rdf(prefix):
    renamed = PACKET.replace(b"rdf:", prefix + b":").replace(b"xmlns:rdf", b"xmlns:" + prefix)
    assert find_gpano(renamed) == (EXPECTED, ())


def test_rdf_as_the_default_namespace():
    bare = PACKET.replace(b"<rdf:", b"<").replace(b"</rdf:", b"</").replace(b"xmlns:rdf", b"xmlns")
    assert find_gpano(bare.replace(b'rdf:about=""', b"")) == (EXPECTED, ())


@pytest.mark.parametrize("wrapper", [True, False])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16"]
)
def test_any_encoding_in_a_tiff(tmp_path, encoding, wrapper):
    text = PACKET.decode()
    if not wrapper:
        text = text[text.index("<x:xmpmeta") : text.index("<?xpacket end")]
    path = tmp_path / "image.tif"
    Image.fromarray(random_rgb8()).save(path, tiffinfo={700: text.encode(encoding)})
    assert read_ldr(path).gpano == EXPECTED


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_big_tiff(order):
    data = PACKET
    head = {"<": b"II+\0", ">": b"MM\0+"}[order] + struct.pack(order + "HHQ", 8, 0, 16)
    directory = struct.pack(order + "QHHQQQ", 1, 700, 1, len(data), 16 + 8 + 20 + 8, 0)
    assert find_gpano(head + directory + data) == (EXPECTED, ())


def test_a_compressed_text_of_a_png(tmp_path):
    path = tmp_path / "image.png"
    Image.fromarray(random_rgb8()).save(path)
    content = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(PACKET)
    path.write_bytes(with_png_chunk(path.read_bytes(), b"iTXt", content))
    assert read_ldr(path).gpano == EXPECTED


def test_a_text_of_a_png_that_expands_without_bound_is_cut_off():
    bomb = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(1 << 26), 9)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", len(bomb), b"iTXt") + bomb + bytes(4)
    (packet,) = xmp_module.packets(png)
    assert len(packet) == 1 << 24


def extended(packet: bytes, cuts: list[int], guid: bytes = b"0123456789ABCDEF" * 2, order: int = 1) -> bytes:
    """Return a JPEG whose packet is split over segments."""
    note = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="{guid.decode()}"/>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()
    ends = [0, *cuts, len(packet)]
    parts = [
        b"http://ns.adobe.com/xmp/extension/\0" + guid + struct.pack(">II", len(packet), at) + packet[at:end]
        for at, end in itertools.pairwise(ends)
    ]
    segments = [b"http://ns.adobe.com/xap/1.0/\0" + note, *parts[::order]]
    return b"\xff\xd8" + b"".join(b"\xff\xe1" + struct.pack(">H", len(s) + 2) + s for s in segments) + b"\xff\xd9"


@pytest.mark.parametrize("order", [1, -1])
def test_extended_xmp_of_a_jpeg_is_assembled(order):
    cut = PACKET.index(b"CroppedAreaImageWidth") + 9
    assert find_gpano(extended(PACKET, [cut, cut + 40], order=order)) == (EXPECTED, ())


def test_extended_xmp_of_an_absurd_size_is_passed_over():
    data = extended(PACKET, [])
    at = data.index(b"0123456789ABCDEF" * 2 + struct.pack(">I", len(PACKET))) + 32
    assert find_gpano(data[:at] + struct.pack(">I", 1 << 31) + data[at + 4 :]) == (None, ())


@pytest.mark.parametrize("damage", [b"", b"<", b"<x:xmpmeta", bytes(100), b"\xff\xfe" + bytes(3)])
def test_damaged_packets_have_no_properties(damage):
    assert xmp_module.properties_of_packet(damage, GPANO) == {}


def test_items_of_an_array_are_joined():
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    text = (
        f'<r:RDF xmlns:r="{rdf}"><r:Description xmlns:h="urn:h/"><h:Max><r:Seq><r:li>1</r:li><r:li> 2.5</r:li></r:Seq>'
        "</h:Max></r:Description></r:RDF>"
    )
    assert xmp_module.properties_of_packet(text.encode(), "urn:h/") == {"Max": "1 2.5"}
