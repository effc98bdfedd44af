"""Writing the result as a Radiance file (.hdr), which engines and viewers read that read no OpenEXR.

Three channels share an exponent: 8 bits each, relative to the largest.

Source: Ward, "Real Pixels", Graphics Gems II, 1991; "Radiance File Formats" (refer/filefmts.pdf of Radiance).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.files.row_writer import RowWriter, open_rows

#: Below this the format holds black.
_SMALLEST = 1e-32


def open_radiance(path: str | Path, size: tuple[int, int]) -> AbstractContextManager[RowWriter]:
    """Open a Radiance file to write, run-length encoded.

    Args:
        path: the file to write or replace; ``.hdr``.
        size: rows and columns.

    Returns:
        A context manager that yields what takes the bands, see :func:`lanet_core.files.row_writer.open_rows`.
    """
    height, width = size
    return open_rows(Path(path), OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.FLOAT), rounded_to_rgbe)


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
