"""What a file contains besides the image that is read: frames of an animation and further images, by its structure.

Sources: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 11.3.6 (acTL); CIPA DC-007, 5
(MPF, APP2 segment).
"""

from __future__ import annotations

from mmap import mmap

from lanet_core.files import jpeg, png_chunks
from lanet_core.files.file_kind import FileKind
from lanet_core.files.jpeg_frame import Frame, read_frame

#: Of every format whose animations are read.
ANIMATION_WARNING = "The file is an animation; only its first frame was read."
_START_OF_IMAGE = b"\xff\xd8\xff"
_INDEX = b"MPF\0"
#: Share of the first image's width from which on another one is no preview.
_LEAST_WIDTH = 0.5
#: Bytes of a further image that are searched for its frame header: those of its metadata.
_HEADER_BYTES = 1 << 20


def further_image_warnings(data: mmap, kind: FileKind, used: int | None = None) -> tuple[str, ...]:
    """Return a sentence on what a PNG or JPEG contains besides its first image, none if that is all.

    Args:
        data: the whole file.
        kind: its format.
        used: the offset of a further JPEG that is read, a gain map.
    """
    if kind is FileKind.PNG and _animation_frames(data) > 1:
        return (ANIMATION_WARNING,)
    if kind is FileKind.JPEG:
        others = _further_jpegs(data, used)
        if others:
            return (f"The file contains {1 + others} images; only the first was read.",)
    return ()


def _animation_frames(data: mmap) -> int:
    for kind, first, length in png_chunks.chunks(data):
        if kind == b"acTL" and length >= 4:
            return int.from_bytes(data[first : first + 4], "big")
        if kind == b"IDAT":
            break
    return 0


def _further_jpegs(data: mmap, used: int | None) -> int:
    """Return how many images follow the first one, previews and gain maps left out."""
    if not any(marker == jpeg.APP2 and part.startswith(_INDEX) for marker, part in jpeg.segments(data)):
        return 0
    first, end = read_frame(data), jpeg.first_image_end(data)
    count = 0
    while first is not None and end is not None:
        start = data.find(_START_OF_IMAGE, end)
        if start < 0:
            break
        frame: Frame | None = read_frame(data[start : start + _HEADER_BYTES])
        end = jpeg.first_image_end(data, start) or start + 2
        if start != used and frame is not None and frame.width >= _LEAST_WIDTH * first.width:
            count += 1
    return count
