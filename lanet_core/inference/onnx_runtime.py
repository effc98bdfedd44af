"""ONNX Runtime with telemetry disabled.

Its official builds report models and machines to their makers over the network and keep an identifier on disk, unless
telemetry is disabled before they are loaded. So all modules import it from here.

Source: ONNX Runtime, docs/Privacy.md.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # Linux and macOS

import onnxruntime

onnxruntime.disable_telemetry_events()  # Windows

__all__ = ["onnxruntime"]
