"""Small HDR panoramas and files of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
from made_up_scenes import make_scene

from lanet_core.geometry import sphere


def panorama(seed: int, height: int = 32) -> np.ndarray:
    """A sky with a sun over a ground, (height, 2 height, 3) float32."""
    return sphere.downsample(make_scene(seed), height, 2 * height)


def write_hdr(path: Path, rgb_linear: np.ndarray) -> Path:
    """Write an EXR of 32-bit floats regardless of its values, NaN included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION}, {"RGB": np.ascontiguousarray(rgb_linear)}).write(str(path))
    return path
