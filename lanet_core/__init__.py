"""From an LDR panorama to calibrated HDR light.

    from lanet_core import load_converter

    conversion = load_converter().convert_file("street.jpg", "street.exr")

The names below are loaded when they are first used: training and evaluation share this package's ground floor and
need no ONNX Runtime.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lanet_core.errors import LanetError
    from lanet_core.pipeline.image_converter import ImageConverter, load_image_converter
    from lanet_core.pipeline.panorama_converter import Converter, load_converter
    from lanet_core.pipeline.result import Conversion

_HOMES = {
    "load_converter": "pipeline.panorama_converter",
    "Converter": "pipeline.panorama_converter",
    "Conversion": "pipeline.result",
    "load_image_converter": "pipeline.image_converter",
    "ImageConverter": "pipeline.image_converter",
    "LanetError": "errors",
}

__all__ = ["Conversion", "Converter", "ImageConverter", "LanetError", "load_converter", "load_image_converter"]


def __getattr__(name: str):
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def _version() -> str:
    from importlib import metadata  # slow, and seldom requested

    try:
        return metadata.version("lanet-ibl")
    except metadata.PackageNotFoundError:  # run from a folder, not installed
        return "unknown"


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
