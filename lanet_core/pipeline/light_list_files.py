"""The files of panoramas that are made of another: without some of its lights, or with changed light."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lanet_core.errors import HalfRangeError
from lanet_core.files import SOURCE_SHA256_ATTRIBUTE, file_sha256, write_exr


def write_rest(path: Path, rest: np.ndarray, source: Path, taken: Sequence[int]) -> None:
    """Write a panorama without some of its lights; see :func:`write_derived`.

    Args:
        path: the OpenEXR file to write.
        rest: (H, W, 3) float32, see :func:`lanet_core.reconstruction.light_list.without_lights`.
        source: the file of the whole panorama.
        taken: the numbers of the lights, of :func:`lanet_core.reconstruction.light_list.find_lights`.

    Raises:
        OutputError: the file cannot be written.
    """
    write_derived(path, rest, source, f"without {sorted(taken)}", "HDR environment light without its lamps")


def write_derived(path: Path, panorama: np.ndarray, source: Path, change: str, comments: str) -> None:
    """Write a panorama that was made of another, as half floats if they can hold it.

    Its header names the source as that of a conversion does: by a SHA-256, here of the source's and of the change.

    Args:
        path: the OpenEXR file to write.
        panorama: (H, W, 3) float32, linear Rec.709.
        source: the file that it was made of.
        change: what was changed; results of equal changes replace each other.
        comments: what the file is.

    Raises:
        OutputError: the file cannot be written.
    """
    sha256 = file_sha256(source)
    identity = hashlib.sha256(f"{sha256} {change}".encode()).hexdigest()
    options = {
        "model_name": "light list",
        "model_sha256": sha256,
        "attributes": {SOURCE_SHA256_ATTRIBUTE: identity, "comments": comments},
    }
    try:
        write_exr(path, panorama, half=True, **options)
    except HalfRangeError:
        write_exr(path, panorama, half=False, **options)
