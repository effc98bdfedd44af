"""Writing previews as PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.files.file_names import utf8_name
from lanet_core.files.replacing import replacing


def write_png(path: str | Path, rgb_srgb8: np.ndarray) -> None:
    """Write an 8-bit sRGB image; it appears whole or not at all.

    Args:
        path: the file to write or replace; ``.png``.
        rgb_srgb8: (H, W, 3) uint8, sRGB-encoded Rec.709.

    Raises:
        OutputNotWritableError: the folder is missing or may not be written to, or the path is no regular file.
        DiskFullError: the disk filled up.
        OutputError: the write failed for another reason.
        ValueError: the array is not (H, W, 3) uint8, or the path does not end in ``.png``.
    """
    path = Path(path)
    if rgb_srgb8.ndim != 3 or rgb_srgb8.shape[2] != 3 or rgb_srgb8.dtype != np.uint8:
        raise ValueError(f"expected (H, W, 3) uint8, got {rgb_srgb8.shape} {rgb_srgb8.dtype}")
    if path.suffix.lower() != ".png":
        raise ValueError(f"not a .png path: {path}")
    with replacing(path) as temporary, utf8_name(temporary) as name:
        _write(name, np.ascontiguousarray(rgb_srgb8))


def _write(name: str, rgb_srgb8: np.ndarray) -> None:
    height, width = rgb_srgb8.shape[:2]
    spec = OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.UINT8)
    spec.attribute("oiio:ColorSpace", "sRGB")
    output = OpenImageIO.ImageOutput.create(name)
    done = output.open(name, spec) and output.write_image(rgb_srgb8) and output.close()
    complaint = output.geterror()
    # On a full disk every step reports success, so only reading it back is proof.
    stored = _read_back(name) if done and not complaint else None
    if stored is None or not np.array_equal(stored, rgb_srgb8):
        raise RuntimeError(complaint or "the file does not read back as it was written")


def _read_back(name: str) -> np.ndarray | None:
    image = OpenImageIO.ImageInput.open(name)
    if image is None:
        OpenImageIO.geterror()  # or it would surface in someone else's report
        return None
    pixels = image.read_image(0, 0, 0, 3, OpenImageIO.UINT8)
    image.close()
    return pixels
