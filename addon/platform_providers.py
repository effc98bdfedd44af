"""The execution providers that the preferences offer on this system."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .manifest import MANIFEST, read_manifest

#: Name, label, tooltip and the systems that have it; the places in the list are stored in preferences.
_PROVIDERS = (
    ("auto", "Automatic", "The fastest that works here, else the CPU", ("linux", "win32", "darwin")),
    ("cpu", "CPU", "Works everywhere", ("linux", "win32", "darwin")),
    ("cuda", "CUDA", "An NVIDIA GPU, with CUDA 13 and cuDNN 9", ("linux", "win32")),
    ("directml", "DirectML", "Any GPU under Windows", ("win32",)),
    ("coreml", "Core ML", "Apple's GPU and Neural Engine", ("darwin",)),
)
#: The project of the wheel that a provider needs; others come with every ONNX Runtime of their system.
_WHEELS = {"cuda": "onnxruntime_gpu", "directml": "onnxruntime_directml"}


def providers_here(
    platform: str = sys.platform, wheels: Sequence[str] | None = None
) -> tuple[tuple[str, str, str, str, int], ...]:
    """Return the items of the preferences' enumeration: name, label, tooltip, icon and number.

    Args:
        platform: as ``sys.platform``.
        wheels: names of the wheels of the extension, by default of the installed one; they decide about CUDA and
            DirectML. Without wheels, as in a checkout of the sources, all providers of the system are offered.
    """
    if wheels is None:
        wheels = read_manifest().get("wheels", ()) if MANIFEST.is_file() else ()
    return tuple(
        (name, label, tooltip, "NONE", number)
        for number, (name, label, tooltip, platforms) in enumerate(_PROVIDERS)
        if platform in platforms
        and (not wheels or name not in _WHEELS or any(_WHEELS[name] in each for each in wheels))
    )
