"""What the tests of the commands share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenImageIO

ROOT = Path(__file__).resolve().parents[1]


def run_apart(*arguments, **options) -> subprocess.CompletedProcess:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "lanet_core.cli.main", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, **options)


def names(folder: Path) -> list[str]:
    """Return the sorted names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def pixels(path: Path) -> np.ndarray:
    """Return an image's samples as OpenImageIO reads them."""
    return OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT)
