"""Reading and writing of image files."""

from lanet_core.files.array import image_from_array
from lanet_core.files.decoder import check_file, read_size
from lanet_core.files.exr import COMPRESSIONS, open_exr, write_exr
from lanet_core.files.file_kind import MAX_PIXELS
from lanet_core.files.gpano import CroppedArea, GPano
from lanet_core.files.hdr import read_hdr
from lanet_core.files.ldr import read_ldr
from lanet_core.files.ldr_image import LdrImage
from lanet_core.files.png import write_png
from lanet_core.files.radiance import open_radiance
from lanet_core.files.source_hash import SOURCE_SHA256_ATTRIBUTE, file_sha256, read_source_sha256

__all__ = [
    "COMPRESSIONS",
    "MAX_PIXELS",
    "SOURCE_SHA256_ATTRIBUTE",
    "CroppedArea",
    "GPano",
    "LdrImage",
    "check_file",
    "file_sha256",
    "image_from_array",
    "open_exr",
    "open_radiance",
    "read_hdr",
    "read_ldr",
    "read_size",
    "read_source_sha256",
    "write_exr",
    "write_png",
]
