"""The options of every command that runs a model."""

from __future__ import annotations

import argparse


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``, ``--provider`` and ``--threads``."""
    group = parser.add_argument_group("model")
    group.add_argument(
        "--model",
        metavar="FILE",
        help="an ONNX model (default: $LANET_MODEL or, for single pictures, $LANET_IMAGE_MODEL; else the one supplied)",
    )
    group.add_argument(
        "--provider",
        default="auto",
        metavar="NAME",
        help="cuda, directml, coreml or cpu; auto (the default) takes the best that works",
    )
    group.add_argument("--threads", type=_positive, metavar="N", help="CPU threads (default: all cores)")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value
