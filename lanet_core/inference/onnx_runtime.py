"""ONNX Runtime, which sends no word of its use to anybody.

Its official builds report models and machines to their makers over the network and keep an identifier on disk, unless
they are told otherwise before they are loaded. So everybody imports it from here.

Source: ONNX Runtime, docs/Privacy.md.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # Linux and macOS

import onnxruntime

onnxruntime.disable_telemetry_events()  # Windows

__all__ = ["onnxruntime"]
