"""What made a result: versions of programs, hashes of arrays and of this project's own source."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import numpy as np

import lanet_core

_ROOT = Path(__file__).resolve().parent.parent

#: Which files of this project decide what; a change in them makes the work again.
_IMAGES = ("lanet_core/*.py", "lanet_core/files/*.py", "lanet_core/geometry/*.py")
PHOTOGRAPHY = (*_IMAGES, "lanet_core/data/photographs.py", "lanet_core/data/virtual_camera.py")
PHOTOGRAPHY += ("render_eval/photographs.py",)
_CONVERSION = ("inference", "metrics", "networks", "pipeline", "reconstruction")
PREDICTION = (*_IMAGES, *(f"lanet_core/{name}/*.py" for name in _CONVERSION), "render_eval/methods/**/*.py")
RENDERING = tuple(f"render_eval/{name}.py" for name in ("renderer", "blender_scene", "materials", "scene_description"))
COMPARISON = ("lanet_core/metrics/*.py", "render_eval/scores.py", "render_eval/jod.py", "render_eval/images.py")
COMPARISON += ("render_eval/hdrvdp.py", "render_eval/compare_by_hdrvdp.m")

#: Packages whose versions affect the figures, where they are installed.
_PACKAGES = ("onnxruntime", "OpenEXR", "OpenImageIO", "torch", "cvvdp", "distributed")


@lru_cache
def sources_sha256(patterns: tuple[str, ...]) -> str:
    """Return one hash of this project's files that match the patterns, names included, hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in _ROOT.glob(pattern)}):
        digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def shown_path(path: Path) -> str:
    """Return a path for a report: relative inside the current folder, elsewhere the name alone: ``.../best.pt``.

    A published report thus contains no path of the machine. Files that decide figures are recorded by their SHA-256.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links out of the folder
    current = Path.cwd()
    if absolute.is_relative_to(current):
        return absolute.relative_to(current).as_posix()
    return f".../{absolute.name}"


def array_sha256(array: np.ndarray) -> str:
    """Return a hash of an array's shape, dtype and values, hexadecimal."""
    digest = hashlib.sha256(f"{array.shape} {array.dtype.str}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of this project, Python and the packages that figures depend on, and the machine's kind."""
    found = {
        "lanet-ibl": lanet_core.__version__,
        "lanet_core_sha256": sources_sha256(("lanet_core/**/*.py",)),
        "render_eval_sha256": sources_sha256(("render_eval/**/*.py", "render_eval/scenes/*.toml")),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }
    for name in _PACKAGES:
        version = package_version(name)
        if version:
            found[name] = version
    return found


def package_version(name: str) -> str:
    """Return an installed package's version, empty where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
