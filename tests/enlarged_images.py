"""Images of the repository at another size."""

from __future__ import annotations

from pathlib import Path

import OpenImageIO


def write_resized(path: Path, source: Path, size: tuple[int, int]) -> None:
    """Write an image at another size.

    Args:
        path: of the 8-bit file to write.
        source: an image file.
        size: columns and rows.
    """
    roi = OpenImageIO.ROI(0, size[0], 0, size[1], 0, 1, 0, 3)
    resized = OpenImageIO.ImageBufAlgo.resize(OpenImageIO.ImageBuf(str(source)), roi=roi)
    assert resized.write(str(path), "uint8"), resized.geterror()
