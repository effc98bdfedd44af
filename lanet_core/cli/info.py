"""``lanet info``: the model, what it runs on and the versions, for bug reports and for the curious."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
from dataclasses import asdict
from pathlib import Path

from lanet_core.cli.model_arguments import add_model_arguments

NAME = "info"
HELP = "show the model, its execution provider, and versions"

_PACKAGES = ("numpy", "OpenEXR", "OpenImageIO")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_model_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the facts and return the exit status; what is known without a model is printed even if there is none."""
    facts = {"versions": _versions(), "providers": _providers()}
    try:
        facts |= _model(arguments)
    finally:
        print(json.dumps(facts, indent=1) if arguments.json else _as_text(facts))
    return 0


def _versions() -> dict[str, str]:
    import lanet_core
    from lanet_core.inference.onnx_runtime import onnxruntime

    return {
        "lanet": lanet_core.__version__,
        "onnxruntime": onnxruntime.__version__,
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _providers() -> dict[str, object]:
    from lanet_core.inference.providers import compiled_providers

    return {"compiled": list(compiled_providers())}


def _model(arguments: argparse.Namespace) -> dict[str, object]:
    from lanet_core.inference.providers import compiled_providers
    from lanet_core.inference.session import Session
    from lanet_core.pipeline.panorama_converter import find_model

    path = find_model(arguments.model)
    session = Session(path, arguments.provider, arguments.threads)
    compiled = compiled_providers()
    reasons = list(session.warnings)
    if compiled == ("cpu",):
        reasons.append("No GPU is used, because this ONNX Runtime is built for the CPU only.")
    elif session.provider == "cpu" and not reasons:
        reasons.append("No GPU is used, because the CPU was requested.")
    return {
        "providers": {"compiled": list(compiled), "running": session.provider, "why_no_gpu": reasons},
        "model": {
            "path": str(path.absolute()),
            "size_bytes": Path(path).stat().st_size,
            "sha256": session.sha256,
            **asdict(session.metadata),
        },
    }


def _as_text(facts: dict[str, dict]) -> str:
    """Return the facts as indented lines, in the order model, providers, versions."""
    lines = []
    for title in ("model", "providers", "versions"):
        if title in facts:
            lines.append(title)
            width = max(map(len, facts[title]))
            lines += [f"  {name.replace('_', ' '):<{width}}  {_plain(value)}" for name, value in facts[title].items()]
    return "\n".join(lines)


def _plain(value: object) -> str:
    return (", ".join(value) or "-") if isinstance(value, (list, tuple)) else str(value)
