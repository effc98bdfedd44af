"""What a file is, judged by its first bytes and never by its name."""

from __future__ import annotations

import stat
from enum import Enum
from pathlib import Path

from lanet_core.errors import (
    EmptyFileError,
    ImageTooLargeError,
    InputError,
    InputIsDirectoryError,
    InputNotFoundError,
    UnsupportedFormatError,
)

#: The largest picture that is read, in pixels. A header may declare anything: this is checked before decoding.
MAX_PIXELS = 16384 * 8192


class FileKind(Enum):
    """A file format; the value is OpenImageIO's name for it."""

    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    WEBP = "webp"
    EXR = "openexr"
    RADIANCE = "hdr"


_SIGNATURES = {
    b"\xff\xd8\xff": FileKind.JPEG,
    b"\x89PNG\r\n\x1a\n": FileKind.PNG,
    b"II*\0": FileKind.TIFF,
    b"MM\0*": FileKind.TIFF,
    b"II+\0": FileKind.TIFF,
    b"MM\0+": FileKind.TIFF,
    b"\x76\x2f\x31\x01": FileKind.EXR,
    b"#?": FileKind.RADIANCE,
}


def file_kind(path: Path, wanted: str = "a JPEG, PNG, TIFF or WebP picture") -> FileKind:
    """Return the format of a picture file.

    Args:
        path: the file.
        wanted: what a user whose file is none of these should give instead.

    Returns:
        The format that the file's signature declares.

    Raises:
        InputNotFoundError: there is nothing at the path.
        InputIsDirectoryError: the path is a folder.
        EmptyFileError: the file has no bytes.
        UnsupportedFormatError: it is not a regular file, or no format known here.
        InputError: the system does not let the file be read.
    """
    head = _first_bytes(path)
    if not head:
        raise EmptyFileError("The file is empty.", path=path, remedy="Export or download it again.")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileKind.WEBP
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return kind
    raise UnsupportedFormatError(
        "The file's contents are not a picture of a known format, whatever its name says.",
        path=path,
        remedy=f"Give {wanted}.",
    )


def _first_bytes(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputIsDirectoryError("This is a folder.", path=path, remedy="Name a picture inside it.")
        if not stat.S_ISREG(mode):
            raise UnsupportedFormatError(
                "This is a device or pipe, not a file.", path=path, remedy="Save the picture to a file first."
            )
        with path.open("rb") as file:
            return file.read(16)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputNotFoundError("There is no such file.", path=path, remedy="Check the path's spelling.") from error
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}.", path=path, remedy="Check its permissions and path."
        ) from error


def check_size(width: int, height: int, path: Path) -> None:
    """Refuse a picture whose header declares more pixels than :data:`MAX_PIXELS`.

    Raises:
        ImageTooLargeError: it does.
    """
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(
            f"The picture is declared as {width}x{height}, more than {MAX_PIXELS} pixels.",
            path=path,
            remedy="Shrink it to at most 16384x8192.",
        )
