"""A picture as it came from its file: linear pixels and what the file says about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core.images.gpano import GPano


@dataclass(frozen=True)
class Picture:
    """An LDR picture, upright and in linear light.

    Attributes:
        rgb_linear: (H, W, 3) float32, linear Rec.709, [0, 1], EXIF orientation applied.
        path: the file it was read from, None if it was made in memory.
        bit_depth: bits per channel in the file.
        gpano: the file's panorama metadata, None where it has none that is usable.
        warnings: what a person should know about how the file was read, one sentence each.
    """

    rgb_linear: np.ndarray
    path: Path | None = None
    bit_depth: int = 8
    gpano: GPano | None = None
    warnings: tuple[str, ...] = ()
