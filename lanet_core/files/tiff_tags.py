"""The tags of TIFF directories, in a TIFF file or in the EXIF metadata of another file.

Sources: TIFF 6.0, section 2; "BigTIFF" (AWare Systems).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import mmap

_SIGNATURES = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
#: Bytes of a value by the tag's type.
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_MAXIMUM_TAGS = 4096


@dataclass(frozen=True)
class TiffTags:
    """A TIFF structure at the beginning of some data.

    Attributes:
        data: the bytes, offsets count from their beginning.
        order: ``<`` or ``>``, as in :mod:`struct`.
        is_big: whether offsets have 64 bits.
    """

    data: bytes | mmap
    order: str
    is_big: bool

    def first_directory(self) -> int:
        """Return the offset of the first directory, 0 if there is none."""
        return self._number("Q" if self.is_big else "I", 8 if self.is_big else 4)

    def directory(self, offset: int) -> dict[int, bytes]:
        """Return the values of the tags in a directory, as they are stored; empty if it is damaged."""
        values: dict[int, bytes] = {}
        try:
            count = self._number("Q" if self.is_big else "H", offset)
            entries = offset + (8 if self.is_big else 2)
            size, inline = (20, 8) if self.is_big else (12, 4)
            for at in range(entries, entries + size * min(count, _MAXIMUM_TAGS), size):
                tag, kind, length = struct.unpack_from(self.order + ("HHQ" if self.is_big else "HHI"), self.data, at)
                length *= _TYPE_BYTES.get(kind, 0)
                start = at + size - inline
                if length > inline:
                    start = self._number("Q" if self.is_big else "I", start)
                values[tag] = bytes(self.data[start : start + length])
        except (struct.error, OverflowError):
            return values
        return values

    def number(self, value: bytes) -> int:
        """Return a stored value as an unsigned number, regardless of its size; 0 if it is empty."""
        return int.from_bytes(value[:8], "little" if self.order == "<" else "big")

    def _number(self, kind: str, offset: int) -> int:
        return struct.unpack_from(self.order + kind, self.data, offset)[0]


def tiff_tags(data: bytes | mmap) -> TiffTags | None:
    """Return the TIFF structure that data begin with, None if there is none."""
    layout = _SIGNATURES.get(bytes(data[:4]))
    return TiffTags(data, *layout) if layout is not None and len(data) >= 16 else None
