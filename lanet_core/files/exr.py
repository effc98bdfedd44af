"""Writing the result: an OpenEXR file with metadata of its contents and of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO

from lanet_core.colour import REC709_CHROMATICITIES
from lanet_core.errors import HalfRangeError
from lanet_core.files.row_writer import RowWriter, open_rows
from lanet_core.image_size import image_size
from lanet_core.parallel import bounded

#: The largest number that a half float holds.
HALF_MAX = 65504.0

#: Rows that are compressed together (OpenEXR, "ZIP_COMPRESSION").
_BLOCK_ROWS = 16

#: Compressions by name. PIZ is smaller than ZIP for noisy images and slower to read; DWAB is lossy and by far the
#: smallest, and stores half floats.
COMPRESSIONS = ("zip", "piz", "dwab")


def open_exr(
    path: str | Path,
    size: tuple[int, int],
    *,
    model_name: str,
    model_sha256: str,
    half: bool = False,
    compression: str = "zip",
    is_panorama: bool = True,
    further_channels: Sequence[str] = (),
    pose_heading_deg: float | None = None,
    attributes: Mapping[str, str | float] | None = None,
    threads: int | None = None,
) -> AbstractContextManager[RowWriter]:
    """Open an image to write: compressed scan lines, channels R, G, B and further ones.

    The header holds Rec.709 ``chromaticities``, ``lanetModel``, ``lanetModelSha256``, ``software``, ``comments``, for a
    panorama ``envmap`` = latlong and, if given, ``gpanoPoseHeadingDegrees``. The file appears whole, on leaving
    without an error, or not at all.

    Args:
        path: the file to write or replace.
        size: rows and columns.
        model_name: the model that made it.
        model_sha256: the model file's SHA-256, hexadecimal.
        half: store half floats instead: half the size, 11 bits of precision; light under 3e-8 becomes 0.
        compression: one of :data:`COMPRESSIONS`; ``dwab`` implies ``half``.
        is_panorama: whether it is a latitude-longitude environment map.
        further_channels: further names of channels. Blender takes a name with a dot for a layer, and the file
            for a multilayer one, whose pixels it gives to no texture: use plain words.
        pose_heading_deg: compass heading of the image's middle, clockwise from north, None where unknown.
        attributes: more header attributes; they win over the ones above.
        threads: how many compress; all cores by default. Holds for every file that OpenImageIO opens from then on.

    Returns:
        A context manager that yields what takes the bands, see :func:`lanet_core.files.row_writer.open_rows`.

    Source: OpenEXR, "Standard Attributes" and "OpenEXR Environment Maps".
    """
    path = Path(path)
    kinds = ("HDR environment light", "panorama") if is_panorama else ("HDR light", "image")
    header: dict[str, str | float] = {
        "lanetModel": model_name,
        "lanetModelSha256": model_sha256,
        "software": "lanet",
        "comments": "{} estimated from an LDR {}; relative luminance, 1.0 = LDR white".format(*kinds),
    }
    if is_panorama:
        header["textureformat"] = "LatLong Environment"  # OpenImageIO's name of envmap = latlong
    if pose_heading_deg is not None:
        header["gpanoPoseHeadingDegrees"] = float(pose_heading_deg)
    OpenImageIO.attribute("exr_threads", bounded(threads) if threads else 0)
    half = half or compression == "dwab"
    channels = ("R", "G", "B", *further_channels)
    spec = _spec(size, channels, half, compression, header | dict(attributes or {}))
    return open_rows(path, spec, partial(_as_half, path=path) if half else np.asarray, lossy=compression == "dwab")


def bands_of_blocks(height: int, width: int, pixels: int) -> list[tuple[int, int]]:
    """Return where bands begin and end that are best written one after another: of whole blocks of the file.

    A band that ends within a block would have to wait for the next one before it is compressed.

    Args:
        height: rows of the image.
        width: its columns.
        pixels: how many a band may have, if that makes a block.
    """
    rows = max(1, pixels // (width * _BLOCK_ROWS)) * _BLOCK_ROWS
    return [(first, min(first + rows, height)) for first in range(0, height, rows)]


def write_exr(path: str | Path, rgb_linear: np.ndarray, **options: Any) -> None:
    """Write a whole image.

    Args:
        path: the file to write or replace.
        rgb_linear: (H, W, C) float, ≥ 0, finite: linear Rec.709, then the further channels; stored as float32 bit for
            bit.
        options: of :func:`open_exr`, ``model_name`` and ``model_sha256`` among them.

    Raises:
        OutputError: see :func:`open_exr` and :meth:`RowWriter.write`.
        ValueError: the array is not (H, W, C) float.
    """
    channels = 3 + len(options.get("further_channels", ()))
    if rgb_linear.ndim != 3 or rgb_linear.shape[2] != channels or rgb_linear.dtype.kind != "f":
        raise ValueError(f"expected (H, W, {channels}) float, got {rgb_linear.shape} {rgb_linear.dtype}")
    with open_exr(path, image_size(rgb_linear), **options) as writer:
        writer.write(rgb_linear)


def _spec(
    size: tuple[int, int], channels: Sequence[str], half: bool, compression: str, header: Mapping[str, str | float]
) -> OpenImageIO.ImageSpec:
    height, width = size
    spec = OpenImageIO.ImageSpec(width, height, len(channels), OpenImageIO.HALF if half else OpenImageIO.FLOAT)
    spec.channelnames = tuple(channels)
    spec.attribute("compression", compression)
    spec.attribute("chromaticities", "float[8]", REC709_CHROMATICITIES)
    spec.attribute("DateTime", "")  # or it writes the time, and no result equals the next
    for name, value in header.items():
        spec.attribute(name, value)
    return spec


def _as_half(rgb_linear: np.ndarray, path: Path) -> np.ndarray:
    """Return values as half floats, in float32, which OpenImageIO converts again without loss."""
    peak = float(rgb_linear.max())
    if peak > HALF_MAX:
        raise HalfRangeError(
            f"The brightest value is {peak:.6g}, and half floats end at {HALF_MAX:.0f}.",
            path=path,
            remedy="Write 32-bit floats.",
        )
    return rgb_linear.astype(np.float16).astype(np.float32)
