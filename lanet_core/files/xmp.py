"""XMP metadata: the packets of an image file and the properties in them.

Sources: Adobe, "XMP Specification Part 3, Storage in Files" (2020): 1.1.3 (JPEG, extended XMP), 1.1.4 (PSD), 1.1.5
(PNG), 1.1.6 (TIFF), 1.1.7 (packet scanning, for all other formats); Google, "WebP Container Specification" (the chunk
``XMP ``); ISO 16684-1, 7 (the RDF/XML serialisation).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from mmap import mmap
from xml.etree import ElementTree

from lanet_core.files import jpeg, png_chunks, riff
from lanet_core.files.tiff_tags import tiff_tags

_PACKET = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_PNG_KEYWORD = b"XML:com.adobe.xmp"
_TIFF_TAG = 700
_RDF_LIST_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
#: An element that encloses all properties, with any prefix. The name ends where the prefix is declared.
_ROOT = re.compile(rb"<(?:[\w.-]+:)?(xmpmeta|RDF)[\s>]")
#: The packet's wrapper, and a declaration of the encoding that no longer holds once the text is decoded.
_PROCESSING_INSTRUCTION = re.compile(r"<\?.*?\?>", re.DOTALL)
_ENCODINGS = (
    ("utf-8-sig", b"\xef\xbb\xbf"),
    ("utf-32-le", b"\xff\xfe\0\0"),
    ("utf-32-be", b"\0\0\xfe\xff"),
    ("utf-16-le", b"\xff\xfe"),
    ("utf-16-be", b"\xfe\xff"),
    ("utf-32-le", b"<\0\0\0"),
    ("utf-32-be", b"\0\0\0<"),
    ("utf-16-le", b"<\0"),
    ("utf-16-be", b"\0<"),
)


def properties(data: bytes | mmap, namespace: str) -> dict[str, str]:
    """Return the properties of one namespace in a file, from all its packets; the first packet wins.

    Args:
        data: the whole file, of any format that embeds XMP.
        namespace: the namespace's URI.

    Returns:
        Local names and values; the items of an ordered array are separated by a space. A property may be an attribute
        or an element of the XML.
    """
    found: dict[str, str] = {}
    for packet in packets(data):
        found = properties_of_packet(packet, namespace) | found
    return found


def properties_of_packet(packet: bytes, namespace: str) -> dict[str, str]:
    """Return the properties of one namespace in a packet, see :func:`properties`; none if it is not well-formed."""
    root = _parsed(packet)
    prefix = f"{{{namespace}}}"
    found: dict[str, str] = {}
    for element in root.iter() if root is not None else ():
        text = " ".join((item.text or "").strip() for item in element.iter(_RDF_LIST_ITEM)) or element.text or ""
        for name, value in (*element.attrib.items(), (element.tag, text)):
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = value.strip()
    return found


def _parsed(packet: bytes) -> ElementTree.Element | None:
    text = _PROCESSING_INSTRUCTION.sub("", _decoded(packet)).strip()
    if "<!DOCTYPE" in text:  # XMP has no document type; entities could expand without bound
        return None
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None


def _decoded(packet: bytes) -> str:
    """Return a packet's text: UTF-8, or UTF-16 or UTF-32 as its byte-order mark or its first character shows."""
    packet = packet.strip(b" \t\r\n") if packet[:1] in b" \t\r\n" else packet
    encoding = next((name for name, start in _ENCODINGS if packet.startswith(start)), "utf-8")
    return packet.decode(encoding, errors="replace").strip("\ufeff\0 \t\r\n")


def packets(data: bytes | mmap) -> Iterator[bytes]:
    """Yield the XMP packets of a file, each as it is stored; extended XMP is assembled."""
    if data[:2] == b"\xff\xd8":
        yield from _jpeg_packets(data)
    elif data[:4] == b"\x89PNG":
        parts = (content for name, content in png_chunks.contents(data) if name == b"iTXt")
        texts = map(png_chunks.international_text, parts)
        yield from (text for keyword, text in texts if keyword == _PNG_KEYWORD)
    elif (tags := tiff_tags(data)) is not None:
        packet = tags.directory(tags.first_directory()).get(_TIFF_TAG)
        yield from [packet] if packet else []
    elif data[:4] == b"RIFF":
        yield from (content for name, content in riff.chunks(data) if name == b"XMP ")
    else:
        yield from _scanned_packets(data)


def _jpeg_packets(data: bytes | mmap, start: int = 0) -> Iterator[bytes]:
    extended: dict[bytes, bytearray] = {}
    for marker, content in jpeg.segments(data, start):
        if marker == jpeg.APP1 and content.startswith(_PACKET):
            yield content[len(_PACKET) :]
        elif marker == jpeg.APP1 and content.startswith(_EXTENSION):
            head = len(_EXTENSION)
            guid = content[head : head + 32]
            length, offset = struct.unpack_from(">II", content.ljust(head + 40, b"\0"), head + 32)
            part = content[head + 40 :]
            if offset + len(part) <= length <= len(data):
                extended.setdefault(guid, bytearray(length))[offset : offset + len(part)] = part
    yield from (bytes(packet) for packet in extended.values())


def jpeg_packets_at(data: bytes | mmap, start: int) -> Iterator[bytes]:
    """Yield the XMP packets of a JPEG that begins at an offset in a file."""
    return _jpeg_packets(data, start)


def _scanned_packets(data: bytes | mmap) -> Iterator[bytes]:
    position = 0
    while found := _ROOT.search(data, position):
        name = found.group()[1:-1]
        end = data.find(b"</" + name + b">", found.start())
        if end < 0:
            return
        yield bytes(data[found.start() : end + len(name) + 3])
        position = end
