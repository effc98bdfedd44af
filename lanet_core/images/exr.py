"""Writing the result: an OpenEXR file that says what it is and which model made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO

from lanet_core.colour import REC709_CHROMATICITIES
from lanet_core.errors import OutputError
from lanet_core.images.file_names import utf8_name
from lanet_core.images.replacing import replacing

#: The largest number that a half float holds.
HALF_MAX = 65504.0

#: Rows that are compressed together (OpenEXR, "ZIP_COMPRESSION").
_BLOCK_ROWS = 16


class ExrWriter:
    """An OpenEXR file that is being written, strip by strip from the top; made by :func:`open_exr`."""

    def __init__(
        self, output: OpenImageIO.ImageOutput, size: tuple[int, int], channels: int, half: bool, path: Path
    ) -> None:
        self._output = output
        self._height, self._width = size
        self._channels = channels
        self._half = half
        self._path = path
        #: How much has been written, and its end: (W, C) float32.
        self.rows_written = 0
        self.last_row: np.ndarray | None = None

    def write(self, strip: np.ndarray) -> None:
        """Write the rows that come next.

        Args:
            strip: (n, W, C) float, ≥ 0, finite: linear Rec.709, then the further channels; stored as float32 bit for
                bit.

        Raises:
            OutputError: NaN, infinite or negative values, or half was asked for and the peak is beyond it.
            ValueError: the array is not (n, W, C) float, or has more rows than the picture lacks.
        """
        rows_left = self._height - self.rows_written
        row = (self._width, self._channels)
        if strip.ndim != 3 or strip.shape[1:] != row or strip.dtype.kind != "f" or len(strip) > rows_left:
            raise ValueError(
                f"expected (n, {row[0]}, {row[1]}) float, n up to {rows_left}, got {strip.shape} {strip.dtype}"
            )
        strip = np.ascontiguousarray(strip, dtype=np.float32)
        _check_values(strip, self._half, self._path)
        end = self.rows_written + len(strip)
        if not self._output.write_scanlines(self.rows_written, end, 0, strip):
            raise RuntimeError(self._output.geterror() or "a strip cannot be written")
        self.rows_written, self.last_row = end, strip[-1].copy()

    def close(self) -> str:
        """Close the file and return what was wrong with it, empty if nothing was."""
        closed = self._output.close()
        complaint = self._output.geterror()
        self._output = None
        return complaint or ("" if closed else "the file cannot be closed")


@contextmanager
def open_exr(
    path: str | Path,
    size: tuple[int, int],
    *,
    model_name: str,
    model_sha256: str,
    half: bool = False,
    is_panorama: bool = True,
    further_channels: Sequence[str] = (),
    pose_heading_deg: float | None = None,
    attributes: Mapping[str, str | float] | None = None,
    threads: int | None = None,
) -> Iterator[ExrWriter]:
    """Open a picture to write: ZIP-compressed scan lines, channels R, G, B and those that are named beside.

    The header holds Rec.709 ``chromaticities``, ``lanetModel``, ``lanetModelSha256``, ``software``, ``comments``, for a
    panorama ``envmap`` = latlong and, if given, ``gpanoPoseHeadingDegrees``. The file appears whole, on leaving
    without an error, or not at all.

    Args:
        path: the file to write or replace.
        size: rows and columns.
        model_name: the model that made it.
        model_sha256: the model file's SHA-256, hexadecimal.
        half: store half floats instead: half the size, 11 bits of precision; light under 3e-8 becomes 0.
        is_panorama: whether it is a latitude-longitude environment map.
        further_channels: names of channels beside R, G, B. Blender takes a name with a dot for a layer, and the file
            for a multilayer one, whose pixels it gives to no texture: use plain words.
        pose_heading_deg: compass heading of the picture's middle, clockwise from north, None where unknown.
        attributes: more header attributes; they win over the ones above.
        threads: how many compress; all cores by default. Holds for every file that OpenImageIO opens from then on.

    Yields:
        What takes the strips.

    Raises:
        OutputNotWritableError: the folder is missing or may not be written to, or the path is no regular file.
        DiskFullError: the disk filled up.
        OutputError: the write failed for another reason.
        ValueError: rows are missing at the end.

    Source: OpenEXR, "Standard Attributes" and "OpenEXR Environment Maps".
    """
    path = Path(path)
    kinds = ("HDR environment light", "panorama") if is_panorama else ("HDR light", "picture")
    header: dict[str, str | float] = {
        "lanetModel": model_name,
        "lanetModelSha256": model_sha256,
        "software": "lanet",
        "comments": "{} estimated from an LDR {}; relative luminance, 1.0 = LDR white".format(*kinds),
    }
    if is_panorama:
        header["textureformat"] = "LatLong Environment"  # OpenImageIO's way to say envmap = latlong
    if pose_heading_deg is not None:
        header["gpanoPoseHeadingDegrees"] = float(pose_heading_deg)
    OpenImageIO.attribute("exr_threads", threads or 0)
    with replacing(path) as temporary, utf8_name(temporary) as name:
        output = OpenImageIO.ImageOutput.create(name)
        channels = ("R", "G", "B", *further_channels)
        if not output.open(name, _spec(size, channels, half, header | dict(attributes or {}))):
            raise RuntimeError(output.geterror())
        writer = ExrWriter(output, size, len(channels), half, path)
        del output  # it holds the file's last bytes until it is gone: the writer has the only one
        try:
            yield writer
        finally:
            complaint = writer.close()
        if writer.rows_written != size[0]:
            raise ValueError(f"{writer.rows_written} of {size[0]} rows were written")
        if complaint or not _ends_with(name, writer.last_row, half):
            raise RuntimeError(complaint or "the file does not read back as it was written")


def strips_of_blocks(height: int, width: int, pixels: int) -> list[tuple[int, int]]:
    """Return where strips begin and end that are best written one after another: of whole blocks of the file.

    A strip that ends within a block would have to wait for the next one before it is compressed.

    Args:
        height: rows of the picture.
        width: its columns.
        pixels: how many a strip may have, if that makes a block.
    """
    rows = max(1, pixels // (width * _BLOCK_ROWS)) * _BLOCK_ROWS
    return [(first, min(first + rows, height)) for first in range(0, height, rows)]


def write_exr(path: str | Path, rgb_linear: np.ndarray, **options: Any) -> None:
    """Write a whole picture.

    Args:
        path: the file to write or replace.
        rgb_linear: (H, W, C) float, ≥ 0, finite: linear Rec.709, then the further channels; stored as float32 bit for
            bit.
        options: of :func:`open_exr`, ``model_name`` and ``model_sha256`` among them.

    Raises:
        OutputError: see :func:`open_exr` and :meth:`ExrWriter.write`.
        ValueError: the array is not (H, W, C) float.
    """
    channels = 3 + len(options.get("further_channels", ()))
    if rgb_linear.ndim != 3 or rgb_linear.shape[2] != channels or rgb_linear.dtype.kind != "f":
        raise ValueError(f"expected (H, W, {channels}) float, got {rgb_linear.shape} {rgb_linear.dtype}")
    with open_exr(path, rgb_linear.shape[:2], **options) as writer:
        writer.write(rgb_linear)


def _spec(
    size: tuple[int, int], channels: Sequence[str], half: bool, header: Mapping[str, str | float]
) -> OpenImageIO.ImageSpec:
    height, width = size
    spec = OpenImageIO.ImageSpec(width, height, len(channels), OpenImageIO.HALF if half else OpenImageIO.FLOAT)
    spec.channelnames = tuple(channels)
    spec.attribute("compression", "zip")
    spec.attribute("chromaticities", "float[8]", REC709_CHROMATICITIES)
    spec.attribute("DateTime", "")  # or it writes the time, and no result equals the next
    for name, value in header.items():
        spec.attribute(name, value)
    return spec


def _check_values(rgb_linear: np.ndarray, half: bool, path: Path) -> None:
    low, peak = float(rgb_linear.min()), float(rgb_linear.max())  # NaN if any value is
    if not (np.isfinite(low) and np.isfinite(peak)) or low < 0.0:
        raise OutputError(
            "The result holds negative, NaN or infinite values and was not written.",
            path=path,
            remedy="Convert again; if it persists, the model file is faulty.",
        )
    if half and peak > HALF_MAX:
        raise OutputError(
            f"The brightest value is {peak:.6g}, and half floats end at {HALF_MAX:.0f}.",
            path=path,
            remedy="Write 32-bit floats.",
        )


def _ends_with(name: str, row: np.ndarray, half: bool) -> bool:
    """Return whether a file's last row is the one given: a disk that fills up loses the end, and often says nothing."""
    image = OpenImageIO.ImageInput.open(name)
    if image is None:
        OpenImageIO.geterror()  # or it would surface in someone else's report
        return False
    height, channels = image.spec().height, image.spec().nchannels
    read = image.read_scanlines(height - 1, height, 0, 0, channels, OpenImageIO.FLOAT)
    image.close()
    return read is not None and np.array_equal(read[0], row.astype(np.float16) if half else row)
