"""The format of a file, detected by its first bytes and never by its name."""

from __future__ import annotations

import os
import re
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

#: The largest image that is read, in pixels. A header may declare anything: this is checked before decoding.
MAX_PIXELS = 16384 * 8192

_HEAD_BYTES = 1024


class FileKind(Enum):
    """A file format that is read; the value is OpenImageIO's name for it."""

    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    WEBP = "webp"
    BMP = "bmp"
    TARGA = "targa"
    PHOTOSHOP = "psd"
    DDS = "dds"
    EXR = "openexr"
    RADIANCE = "hdr"


_SIGNATURES = {
    b"\xff\xd8\xff": FileKind.JPEG,
    b"\x89PNG\r\n\x1a\n": FileKind.PNG,
    b"II*\0": FileKind.TIFF,
    b"MM\0*": FileKind.TIFF,
    b"II+\0": FileKind.TIFF,
    b"MM\0+": FileKind.TIFF,
    b"BM": FileKind.BMP,
    b"8BPS": FileKind.PHOTOSHOP,
    b"DDS ": FileKind.DDS,
    b"\x76\x2f\x31\x01": FileKind.EXR,
    b"#?": FileKind.RADIANCE,
}
#: Formats that are recognised and not read, for the message: bytes at an offset, and the format's name.
_UNREADABLE = (
    (0, b"GIF8", "GIF"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL \r\n", "JPEG XL"),
    (4, b"jP  \r\n", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"%PDF", "PDF"),
    (0, b"\xab\x4b\x54\x58", "KTX"),
    (0, b"FUJIFILMCCD-RAW", "a camera's raw format"),
    (0, b"IIRO", "a camera's raw format"),
    (0, b"IIU\0", "a camera's raw format"),
    (0, b"SIMPLE  =", "FITS"),
    (0, b"\x1aE\xdf\xa3", "a video (Matroska or WebM)"),
    (0, b"PF\n", "PFM"),
    (0, b"Pf\n", "PFM"),
    (0, b"P5\n", "PGM"),
    (0, b"P6\n", "PPM"),
    (0, b"farbfeld", "farbfeld"),
    (0, b"qoif", "QOI"),
    (0, b"\0\0\1\0", "an icon (ICO)"),
)
#: Brands of the ISO base media file format (ISO/IEC 23008-12; AV1 Image File Format 1.1).
_BRANDS = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"hevc": "HEIC",
    b"heim": "HEIC",
    b"heis": "HEIC",
    b"mif1": "HEIF",
    b"msf1": "HEIF",
    b"crx ": "a camera's raw format (CR3)",
}
#: Files that are no images and are met in their place: the first bytes, the problem and the remedy.
_NO_IMAGES = (
    (b"version https://git-lfs", "The file is a Git LFS pointer, not the image.", "Download the image: git lfs pull."),
    (b"PK\3\4", "The file is a ZIP archive, not an image.", "Unpack it and name an image inside it."),
    (b"7z\xbc\xaf", "The file is a 7-Zip archive, not an image.", "Unpack it and name an image inside it."),
    (b"Rar!", "The file is a RAR archive, not an image.", "Unpack it and name an image inside it."),
    (b"BLENDER", "The file is a Blender file, not an image.", "Save its image to a file first."),
    (bytes(64), "The file begins with zeros: it was not completely downloaded or saved.", "Download or save it again."),
)
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|\?xml)", re.IGNORECASE | re.DOTALL)
_TARGA_IMAGE_TYPES = {1, 2, 3, 9, 10, 11}
_TARGA_FOOTER = b"TRUEVISION-XFILE.\0"
_TARGA_EXTENSIONS = {".tga", ".icb", ".vda", ".vst", ".targa"}


def file_kind(path: Path, wanted: str = "a JPEG, PNG, TIFF or WebP image") -> FileKind:
    """Return the format of an image file.

    Args:
        path: the file.
        wanted: what the user can give instead of a file of another kind.

    Returns:
        The format that the file's signature declares. Targa has none: its header and its footer or extension count.

    Raises:
        InputNotFoundError: there is nothing at the path.
        InputIsDirectoryError: the path is a folder.
        EmptyFileError: the file has no bytes.
        UnsupportedFormatError: it is not a regular file, or of a format that is not read; the message names it.
        InputError: the system does not let the file be read.
    """
    head, tail = _ends(path)
    if not head:
        raise EmptyFileError("The file is empty.", path=path, remedy="Export or download it again.")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileKind.WEBP
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return kind
    if _is_targa(head, tail, path):
        return FileKind.TARGA
    raise _unsupported(head, path, wanted)


def _is_targa(head: bytes, tail: bytes, path: Path) -> bool:
    """Return whether a header makes sense as Targa's (Truevision TGA 2.0, "The TGA file header")."""
    if len(head) < 18 or head[1] > 1 or head[2] not in _TARGA_IMAGE_TYPES or head[16] not in (8, 15, 16, 24, 32):
        return False
    has_size = int.from_bytes(head[12:14], "little") > 0 and int.from_bytes(head[14:16], "little") > 0
    return has_size and (tail.endswith(_TARGA_FOOTER) or path.suffix.lower() in _TARGA_EXTENSIONS)


def _unsupported(head: bytes, path: Path, wanted: str) -> UnsupportedFormatError:
    if _HTML.match(head) and b"<svg" not in head.lower():
        return UnsupportedFormatError(
            "The file is a web page (HTML), not an image.",
            path=path,
            remedy="Download the image itself: open the link in a browser and save the image.",
        )
    for magic, problem, remedy in _NO_IMAGES:
        if head.startswith(magic):
            return UnsupportedFormatError(problem, path=path, remedy=remedy)
    if b"<svg" in head.lower():
        return UnsupportedFormatError("The file is a drawing (SVG).", path=path, remedy="Export it as PNG.")
    name = next((name for start, magic, name in _UNREADABLE if head[start:].startswith(magic)), None)
    if head[4:8] == b"ftyp":
        name = _brand(head)
    if name is not None and name.startswith("a video"):
        return UnsupportedFormatError(f"The file is {name}.", path=path, remedy="Export its frames as PNG images.")
    if name is not None:
        return UnsupportedFormatError(
            f"The file is {name}, which cannot be read here.",
            path=path,
            remedy="Open it in an image editor and save it as PNG, TIFF or JPEG.",
        )
    return UnsupportedFormatError(
        "The contents of the file are not an image of a known format.",
        path=path,
        remedy=f"Use {wanted}.",
    )


def _brand(head: bytes) -> str:
    """Return the name of a file of ISO base media; its major brand first, then the compatible ones."""
    size = max(16, int.from_bytes(head[:4], "big"))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))]
    specific = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    return next((name for name in specific if name != "HEIF"), specific[0] if specific else "a video (MP4 or MOV)")


def _ends(path: Path) -> tuple[bytes, bytes]:
    """Return the first and the last bytes of a file."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputIsDirectoryError("This is a folder.", path=path, remedy="Name an image inside it.")
        if not stat.S_ISREG(mode):
            raise UnsupportedFormatError(
                "This is a device or pipe, not a file.", path=path, remedy="Save the image to a file first."
            )
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            file.seek(max(0, file.seek(0, os.SEEK_END) - len(_TARGA_FOOTER)))
            return head, file.read()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputNotFoundError("There is no such file.", path=path, remedy="Check the path's spelling.") from error
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}.", path=path, remedy="Check its permissions and path."
        ) from error


def check_size(width: int, height: int, path: Path) -> None:
    """Refuse an image whose header declares more pixels than :data:`MAX_PIXELS`.

    Raises:
        ImageTooLargeError: it does.
    """
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(
            f"The image is declared as {width}x{height}, more than {MAX_PIXELS} pixels.",
            path=path,
            remedy="Reduce it to at most 16384x8192.",
        )
