"""Where the worker's Python finds what it needs, and what it shall not inherit from Blender's surroundings.

``lanet_core`` is inside the extension's folder in the built zip, and next to ``addon`` in the repository. In both it
is a top-level package of a process of its own, never a part of Blender's: so its absolute imports hold, and Blender's
``sys.path`` stays as it is.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import AddonError

_EXTENSION = Path(__file__).resolve().parents[1]
#: A wheel of the extension's that no Blender brings along: the others were installed into the same folder.
_WHEEL = "onnxruntime"


def worker_command(*, model: str | None = None, provider: str = "auto", threads: int | None = None) -> list[str]:
    """Return the command that runs the worker.

    Args:
        model: an ONNX file in place of the one that comes with the extension.
        provider: ``auto``, ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        threads: CPU threads; all cores by default.
    """
    # -P: a file of the artist's next to their .blend must not take the place of a module.
    command = [sys.executable, "-P", "-s", "-m", "lanet_core.pipeline.worker", "--provider", provider]
    if model:
        command += ["--model", model]
    if threads:
        command += ["--threads", str(threads)]
    return command


def worker_environment() -> dict[str, str]:
    """Return the environment of the worker: the inherited one without what would lead its Python astray.

    Raises:
        AddonError: the installation is incomplete.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {
        "PYTHONPATH": os.pathsep.join(map(str, _module_folders())),
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
    }


def _module_folders() -> Sequence[Path]:
    for folder in (_EXTENSION, _EXTENSION.parent):
        if (folder / "lanet_core" / "pipeline" / "worker.py").is_file():
            break
    else:
        raise AddonError("The installation is incomplete: its converter is missing. Install it again.")
    wheel = importlib.util.find_spec(_WHEEL)  # does not import it
    if wheel is None or not wheel.origin:
        raise AddonError(f"The installation is incomplete: {_WHEEL} is missing. Install it again.")
    return folder, Path(wheel.origin).parent.parent
