"""Writing the result: an OpenEXR environment map that says what it is and which model made it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import OpenEXR

from lanet_core.colour import REC709_CHROMATICITIES
from lanet_core.errors import OutputError
from lanet_core.images.replacing import replacing

#: The largest number that a half float holds.
HALF_MAX = 65504.0


def write_exr(
    path: str | Path,
    rgb_linear: np.ndarray,
    *,
    model_name: str,
    model_sha256: str,
    half: bool = False,
    pose_heading_deg: float | None = None,
    attributes: Mapping[str, str | float] | None = None,
) -> None:
    """Write a latitude-longitude environment map: ZIP-compressed scan lines, channels R, G, B.

    The header holds ``envmap`` = latlong, Rec.709 ``chromaticities``, ``lanetModel``, ``lanetModelSha256``,
    ``software``, ``comments`` and, if given, ``gpanoPoseHeadingDegrees``. The file appears whole or not at all.

    Args:
        path: the file to write or replace.
        rgb_linear: (H, W, 3) float, linear Rec.709, ≥ 0, finite; stored as float32 bit for bit.
        model_name: the model that made it.
        model_sha256: the model file's SHA-256, hexadecimal.
        half: store half floats instead: half the size, 11 bits of precision; light under 3e-8 becomes 0.
        pose_heading_deg: compass heading of the picture's middle, clockwise from north, None where unknown.
        attributes: more header attributes; they win over the ones above.

    Raises:
        OutputError: NaN, infinite or negative values, or half was asked for and the peak is beyond it.
        OutputNotWritableError: the folder is missing or may not be written to, or the path is no regular file.
        DiskFullError: the disk filled up.
        ValueError: the array is not (H, W, 3) float.

    Source: OpenEXR, "Standard Attributes" and "OpenEXR Environment Maps".
    """
    path = Path(path)
    if rgb_linear.ndim != 3 or rgb_linear.shape[2] != 3 or rgb_linear.dtype.kind != "f":
        raise ValueError(f"expected (H, W, 3) float, got {rgb_linear.shape} {rgb_linear.dtype}")
    rgb_linear = rgb_linear.astype(np.float32, copy=False)
    _check_values(rgb_linear, half, path)
    header = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "envmap": OpenEXR.ENVMAP_LATLONG,
        "chromaticities": REC709_CHROMATICITIES,
        "lanetModel": model_name,
        "lanetModelSha256": model_sha256,
        "software": "lanet",
        "comments": "HDR environment light estimated from an LDR panorama; relative luminance, 1.0 = LDR white",
    }
    if pose_heading_deg is not None:
        header["gpanoPoseHeadingDegrees"] = float(pose_heading_deg)
    header |= attributes or {}
    pixels = np.ascontiguousarray(rgb_linear, dtype=np.float16 if half else np.float32)
    with replacing(path) as temporary:
        OpenEXR.File(header, {"RGB": pixels}).write(str(temporary))


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
