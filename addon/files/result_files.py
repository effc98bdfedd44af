"""Result files on disk: whose they are, and a name for a new one that takes the place of no other image's.

A result records the SHA-256 of its source image in its header. A file of the wanted name is replaced if it was made of
the same image; otherwise the new one is numbered.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from .regular_file import first_bytes

SUFFIX = "_lanet.exr"
#: The name of a result without its extension; the field stands for the name of its image.
PATTERN = "{stem}_lanet"
FIELD = "{stem}"
_EXR_SIGNATURE, _RADIANCE_SIGNATURE = b"\x76\x2f\x31\x01", b"#?RADIANCE\n"
#: A header attribute of every result, as OpenEXR stores its name and type, and as a Radiance file does.
_OUR_ATTRIBUTE, _OUR_VARIABLE = b"lanetModel\0string\0", b"\nlanetModel="
_SOURCE_ATTRIBUTE, _SOURCE_VARIABLE = b"lanetSourceSha256\0string\0", b"\nlanetSourceSha256="
_HEADER_BYTES = 1 << 14
#: The longest file name of common file systems, bytes of UTF-8.
_MAX_NAME_BYTES = 255
_NUMBER_BYTES = 6
#: What Windows does not take in a name.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')


def result_name(stem: str, pattern: str = PATTERN) -> str:
    """Return the name of a result: ``<stem>_lanet.exr``, with ``_`` for characters that no file name may have.

    Args:
        stem: a file's or an image's name, without its extension, in any script.
        pattern: the name without its extension; ``{stem}`` stands for the stem.
    """
    before, _, after = pattern.partition(FIELD)
    before, after = _FORBIDDEN.sub("_", before).lstrip(" ."), _FORBIDDEN.sub("_", after).rstrip(" .")
    stem = _FORBIDDEN.sub("_", stem).strip(" ._") or "world"  # a name may not begin with a dot or end in a space
    room = _MAX_NAME_BYTES - len(f"{before}{after}.exr".encode()) - _NUMBER_BYTES
    # A name that is not UTF-8 keeps its bytes, as Python's surrogates.
    stem = os.fsencode(stem)[:room].decode("utf-8", "ignore" if _is_text(stem) else "surrogateescape")
    return f"{before}{stem}{after}.exr"


def is_valid_pattern(pattern: str) -> bool:
    """Return whether a pattern of names contains the stem once, and neither a path nor more than half a name."""
    rest = pattern.replace(FIELD, "", 1)
    return FIELD in pattern and not re.search(r"[{}/\\]", rest) and len(rest.encode()) <= _MAX_NAME_BYTES // 2


def is_ours(path: Path) -> bool:
    """Return whether a file is a result of the converter."""
    header = _header(path)
    if header.startswith(_RADIANCE_SIGNATURE):
        return _OUR_VARIABLE in header.partition(b"\n\n")[0]
    return header.startswith(_EXR_SIGNATURE) and _OUR_ATTRIBUTE in header


def source_sha256(path: Path) -> str | None:
    """Return the SHA-256 of the image that a result was made of, None if it is unknown or the file is no result."""
    if not is_ours(path):
        return None
    header = _header(path)
    if header.startswith(_RADIANCE_SIGNATURE):
        _, found, value = header.partition(b"\n\n")[0].partition(_SOURCE_VARIABLE)
        return value.partition(b"\n")[0].decode("ascii", "replace") if found else None
    _, found, value = header.partition(_SOURCE_ATTRIBUTE)
    if not found or len(value) < 4:
        return None
    (size,) = struct.unpack_from("<i", value)
    return value[4 : 4 + size].decode("ascii", "replace")


def has_result(image: Path, place: Path) -> bool:
    """Return whether a file, or one of its numbered names, is the result of an image file as that is now."""
    return find_result(image, place) is not None


def find_result(image: Path, place: Path) -> Path | None:
    """Return the result of an image file as that is now: a file or one of its numbered names, None if there is none."""
    try:
        sha256 = hashlib.sha256(image.read_bytes()).hexdigest() if image.is_file() else None
    except OSError:
        return None
    for path in _numbered(place):
        if not path.exists():
            return None
        if sha256 is not None and source_sha256(path) == sha256:
            return path
    return None


def move_into_place(source: Path, place: Path) -> Path:
    """Move a finished result to its place, or to a numbered name next to it if another file has that name.

    A result of the same image is replaced. Two programs that do this at once get different names.

    Args:
        source: the finished file, in the same file system.
        place: the wanted path, which ends in ``_lanet.exr`` or any other suffix.

    Returns:
        The path that it has now.

    Raises:
        OSError: the folder cannot be written to.
    """
    sha256 = source_sha256(source)
    return next(path for path in _numbered(place) if _takes(source, path, sha256))


def _numbered(place: Path) -> Iterator[Path]:
    yield place
    stem, suffix = place.stem, place.suffix
    if place.name.endswith(SUFFIX):
        stem, suffix = place.name.removesuffix(SUFFIX), SUFFIX
    for number in count(2):
        yield place.with_name(f"{stem}_{number}{suffix}")


def _takes(source: Path, path: Path, sha256: str | None) -> bool:
    if not _claim(path):
        is_the_same = not path.is_symlink() and sha256 is not None and source_sha256(path) == sha256
        if not is_the_same:
            return False
        source.replace(path)
        return True
    try:
        source.replace(path)
    except OSError:
        with suppress(OSError):
            path.unlink()  # the empty file of the claim
        raise
    return True


def _claim(path: Path) -> bool:
    """Make an empty file; return whether nothing had that name."""
    try:
        path.open("xb").close()
    except FileExistsError:
        return False
    return True


def _header(path: Path) -> bytes:
    try:
        return first_bytes(path, _HEADER_BYTES)
    except OSError:
        return b""


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
