"""The options of every command that runs a model."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def add_model_arguments(parser: argparse.ArgumentParser, *, of_photographs: bool = False) -> None:
    """Add ``--model``, ``--provider`` and ``--threads``; ``of_photographs`` for a command with ``--image``."""
    variables = "$LANET_MODEL, or $LANET_IMAGE_MODEL with --image," if of_photographs else "$LANET_MODEL,"
    group = parser.add_argument_group("model")
    group.add_argument(
        "--model",
        metavar="FILE",
        help=f"an ONNX model (default: {variables} or the supplied model)",
    )
    group.add_argument(
        "--provider",
        default="auto",
        metavar="NAME",
        help="execution provider: cuda, directml, coreml or cpu; auto (the default) uses the fastest that works",
    )
    group.add_argument(
        "--threads",
        type=whole_number(1),
        metavar="N",
        help="number of CPU threads, at most the number of cores (default: all)",
    )


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads an option that is a whole number within bounds."""
    bounds = f"{least} or more" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"must be a whole number, {bounds}, not {text!r}")
        return value

    return read
