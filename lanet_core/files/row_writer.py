"""Writing an image file band by band; it appears whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.errors import OutputError
from lanet_core.files.file_names import utf8_name
from lanet_core.files.replacing import replacing

#: Rows that lossy compression changes by more than this, relative and on the mean, were not written whole.
_LOSSY_TOLERANCE = 0.1


class RowWriter:
    """An image file that is being written, band by band from the top; made by :func:`open_rows`."""

    def __init__(
        self,
        output: OpenImageIO.ImageOutput,
        spec: OpenImageIO.ImageSpec,
        path: Path,
        stored: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        self._output: OpenImageIO.ImageOutput | None = output
        self._height, self._width, self._channels = spec.height, spec.width, spec.nchannels
        self._path = path
        self._stored = stored
        #: How much has been written, and its end as the file stores it: (W, C).
        self.rows_written = 0
        self.last_row: np.ndarray | None = None

    def write(self, band: np.ndarray) -> None:
        """Write the rows that come next.

        Args:
            band: (n, W, C) float, ≥ 0, finite: linear Rec.709, then the further channels.

        Raises:
            OutputError: NaN, infinite or negative values, or values beyond what the file's samples hold.
            ValueError: the array is not (n, W, C) float, or has more rows than the image lacks.
        """
        rows_left = self._height - self.rows_written
        row = (self._width, self._channels)
        if band.ndim != 3 or band.shape[1:] != row or band.dtype.kind != "f" or len(band) > rows_left:
            raise ValueError(
                f"expected (n, {row[0]}, {row[1]}) float, n up to {rows_left}, got {band.shape} {band.dtype}"
            )
        band = np.ascontiguousarray(band, dtype=np.float32)
        _check_values(band, self._path)
        band = self._stored(band)
        end = self.rows_written + len(band)
        assert self._output is not None, "the file is open"
        if not self._output.write_scanlines(self.rows_written, end, 0, band):
            raise RuntimeError(self._output.geterror() or "a band cannot be written")
        self.rows_written, self.last_row = end, band[-1].copy()

    def close(self) -> str:
        """Close the file and return what was wrong with it, empty if nothing was."""
        assert self._output is not None, "the file is open"
        closed = self._output.close()
        complaint = self._output.geterror()
        self._output = None
        return complaint or ("" if closed else "the file cannot be closed")


@contextmanager
def open_rows(
    path: Path,
    spec: OpenImageIO.ImageSpec,
    stored: Callable[[np.ndarray], np.ndarray] = lambda band: band,
    *,
    lossy: bool = False,
    complete: Callable[[Path], None] | None = None,
) -> Iterator[RowWriter]:
    """Open an image file to write.

    Args:
        path: the file to write or replace; its extension names the format.
        spec: size, channels, sample type and header.
        stored: from (n, W, C) float32 to what the file's samples hold of it; raises ``OutputError`` if they cannot.
        lossy: whether compression changes the samples further.
        complete: changes the closed file before it takes its place.

    Yields:
        What takes the bands.

    Raises:
        OutputNotWritableError: the folder is missing or may not be written to, or the path is no regular file.
        DiskFullError: the disk filled up.
        OutputError: the write failed for another reason.
        ValueError: rows are missing at the end.
    """
    with replacing(path) as temporary, utf8_name(temporary) as name:
        output = OpenImageIO.ImageOutput.create(name)
        if not output.open(name, spec):
            raise RuntimeError(output.geterror())
        writer = RowWriter(output, spec, path, stored)
        del output  # it holds the file's last bytes until it is gone: the writer has the only one
        try:
            yield writer
        finally:
            complaint = writer.close()
        if writer.rows_written != spec.height:
            raise ValueError(f"{writer.rows_written} of {spec.height} rows were written")
        if complaint or writer.last_row is None or not _ends_with(name, writer.last_row, lossy):
            raise RuntimeError(complaint or "the file does not read back as it was written")
        if complete is not None:
            complete(temporary)


def _check_values(rgb_linear: np.ndarray, path: Path) -> None:
    low, peak = float(rgb_linear.min()), float(rgb_linear.max())  # NaN if any value is
    if not (np.isfinite(low) and np.isfinite(peak)) or low < 0.0:
        raise OutputError(
            "The result contains negative, NaN or infinite values and was not written.",
            path=path,
            remedy="Convert again; if it persists, the model file is faulty.",
        )


def _ends_with(name: str, row: np.ndarray, lossy: bool) -> bool:
    """Return whether a file's last row is the one given: a disk that fills up loses the end, often without an error."""
    image = OpenImageIO.ImageInput.open(name)
    if image is None:
        OpenImageIO.geterror()  # or it would surface in someone else's report
        return False
    height, channels = image.spec().height, image.spec().nchannels
    read = image.read_scanlines(height - 1, height, 0, 0, channels, OpenImageIO.FLOAT)
    image.close()
    if read is None or not lossy:
        return read is not None and np.array_equal(read[0], row)
    return bool(np.abs(read[0] - row).mean() <= _LOSSY_TOLERANCE * np.abs(row).mean() + 1e-6)
