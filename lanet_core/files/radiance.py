"""Writing the result as a Radiance file (.hdr), which engines and viewers read that read no OpenEXR.

Three channels share an exponent: 8 bits each, relative to the largest. The header has variables of the program's own,
``NAME=value`` on a line each, as the format allows.

Source: Ward, "Real Pixels", Graphics Gems II, 1991; "Radiance File Formats" (refer/filefmts.pdf of Radiance).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.files.row_writer import RowWriter, open_rows

#: Below this the format holds black.
_SMALLEST = 1e-32
#: What a file begins with, in front of its variables.
_SIGNATURE = b"#?RADIANCE\n"
#: Longest header that is searched for a variable.
_HEADER_BYTES = 1 << 14
_BLOCK_BYTES = 1 << 20


def open_radiance(
    path: str | Path, size: tuple[int, int], variables: Mapping[str, str] | None = None
) -> AbstractContextManager[RowWriter]:
    """Open a Radiance file to write, run-length encoded.

    Args:
        path: the file to write or replace; ``.hdr``.
        size: rows and columns.
        variables: of the header: names and values without line breaks.

    Returns:
        A context manager that yields what takes the bands, see :func:`lanet_core.files.row_writer.open_rows`.
    """
    height, width = size
    spec = OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.FLOAT)
    complete = partial(_insert_variables, variables=dict(variables or {}))
    return open_rows(Path(path), spec, rounded_to_rgbe, complete=complete)


def read_variable(path: Path, name: str) -> str | None:
    """Return a variable of a Radiance file's header, None if it has none.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        header, end, _ = file.read(_HEADER_BYTES).partition(b"\n\n")
    if not end or not header.startswith(_SIGNATURE):
        return None
    for line in header.decode("utf-8", "replace").split("\n"):
        variable, equals, value = line.partition("=")
        if equals and variable == name:
            return value
    return None


def _insert_variables(path: Path, variables: Mapping[str, str]) -> None:
    """Insert variables behind the signature of a file: OpenImageIO writes none."""
    lines = "".join(f"{name}={value}\n" for name, value in variables.items()).encode()
    with path.open("r+b") as file:
        if lines and file.read(len(_SIGNATURE)) == _SIGNATURE:
            end = file.seek(0, 2)
            # From the end, so that nothing is overwritten before it has been moved.
            for start in range(end - (end - len(_SIGNATURE)) % _BLOCK_BYTES, len(_SIGNATURE) - 1, -_BLOCK_BYTES):
                file.seek(start)
                block = file.read(_BLOCK_BYTES)
                file.seek(start + len(lines))
                file.write(block)
            file.seek(len(_SIGNATURE))
            file.write(lines)


def rounded_to_rgbe(rgb_linear: np.ndarray) -> np.ndarray:
    """Return the nearest colours that a Radiance file holds. OpenImageIO would truncate, which darkens by 0.3 %.

    Args:
        rgb_linear: (..., 3) float32, ≥ 0, finite.
    """
    _, exponent = np.frexp(rgb_linear.max(axis=-1, keepdims=True))
    step = np.ldexp(np.float32(1.0), exponent - 8)
    # A largest channel that rounds up to the next power of two has steps of twice the size.
    step = np.where(np.rint(rgb_linear.max(axis=-1, keepdims=True) / step) > 255.0, 2.0 * step, step)
    rounded = np.rint(rgb_linear / step) * step
    return np.where(rgb_linear.max(axis=-1, keepdims=True) < _SMALLEST, 0.0, rounded).astype(np.float32)
