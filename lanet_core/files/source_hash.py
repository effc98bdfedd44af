"""The SHA-256 of a result's source image, in the result's header: which image a file was converted from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lanet_core.errors import InputError, LanetError
from lanet_core.files.decoder import open_image
from lanet_core.files.file_kind import FileKind, file_kind
from lanet_core.files.radiance import read_variable

#: The header's attribute or variable: 64 hexadecimal digits, of the source file's bytes.
SOURCE_SHA256_ATTRIBUTE = "lanetSourceSha256"


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal.

    Raises:
        InputError: the file is missing, a folder, a device, or may not be read.
    """
    path = Path(path)
    file_kind(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}.", path=path, remedy="Check its permissions and path."
        ) from error


def read_source_sha256(path: str | Path) -> str | None:
    """Return the SHA-256 of the image that a result was converted from.

    Args:
        path: an OpenEXR or Radiance file; nothing but its header is read.

    Returns:
        The hash, hexadecimal. None where it is unknown: the file is missing, unreadable, of another format, not a
        result of this program, or the result of a version before the hash was recorded.
    """
    path = Path(path)
    try:
        kind = file_kind(path)
        if kind is FileKind.RADIANCE:
            return read_variable(path, SOURCE_SHA256_ATTRIBUTE)
        if kind is not FileKind.EXR:
            return None
        with open_image(path, FileKind.EXR) as image:
            value = image.spec().getattribute(SOURCE_SHA256_ATTRIBUTE)
    except (LanetError, OSError):
        return None
    return value if isinstance(value, str) else None
