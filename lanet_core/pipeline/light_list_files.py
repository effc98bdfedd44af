"""The file of a panorama without some of its lights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lanet_core.errors import HalfRangeError
from lanet_core.files import SOURCE_SHA256_ATTRIBUTE, file_sha256, write_exr


def write_rest(path: Path, rest: np.ndarray, source: Path, taken: Sequence[int]) -> None:
    """Write a panorama without some of its lights, as half floats if they can hold it.

    Its header names the source as that of a conversion does: by a SHA-256, here of the source's and of what was taken.

    Args:
        path: the OpenEXR file to write.
        rest: (H, W, 3) float32, see :func:`lanet_core.reconstruction.light_list.without_lights`.
        source: the file of the whole panorama.
        taken: the numbers of the lights, of :func:`lanet_core.reconstruction.light_list.find_lights`.

    Raises:
        OutputError: the file cannot be written.
    """
    sha256 = file_sha256(source)
    identity = hashlib.sha256(f"{sha256} without {sorted(taken)}".encode()).hexdigest()
    options = {
        "model_name": "light list",
        "model_sha256": sha256,
        "attributes": {SOURCE_SHA256_ATTRIBUTE: identity, "comments": "HDR environment light without its lamps"},
    }
    try:
        write_exr(path, rest, half=True, **options)
    except HalfRangeError:
        write_exr(path, rest, half=False, **options)
