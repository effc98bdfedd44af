"""``lanet export``: a checkpoint, or an ensemble of several, as an ONNX model that the other commands run."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

NAME = "export"
HELP = "write a checkpoint, or the ensemble of several, as an ONNX model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "checkpoints",
        type=Path,
        nargs="+",
        metavar="CHECKPOINT",
        help="best.pt or checkpoint.pt of a training run; several panoLANets become one model, their mean, "
        "with its light as strong as light networks among them say",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .onnx file to write")
    parser.add_argument("--height", type=int, metavar="ROWS", help="of the network (default: the last stage's)")
    parser.add_argument("--model-version", default="0.1.0", help="version of the weights (default: 0.1.0)")
    parser.add_argument("--training-data", required=True, help="what it was trained on, one sentence")
    parser.add_argument("--licence", default="GPL-3.0-or-later", help="of the weights (default: GPL-3.0-or-later)")
    parser.add_argument(
        "--light-exponent",
        type=float,
        default=1.0,
        metavar="POWER",
        help="raise the network's gain over the LDR to this power, chosen on val (default: 1)",
    )
    parser.add_argument(
        "--confidence-scale",
        type=_positive,
        default=1.0,
        metavar="FACTOR",
        help="multiply the errors that the network expects, so that they are right on val (default: 1)",
    )
    parser.add_argument(
        "--half-weights", action="store_true", help="round the weights to 16-bit floats: half the file, the same speed"
    )


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no finite number above 0")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Export and return the exit status."""
    from lanet_core.training.checkpoints import load_checkpoint
    from lanet_core.training.export import export_checkpoints

    difference = export_checkpoints(
        [load_checkpoint(path) for path in arguments.checkpoints],
        arguments.output,
        height=arguments.height,
        version=arguments.model_version,
        training_data=arguments.training_data,
        licence=arguments.licence,
        light_exponent=arguments.light_exponent,
        confidence_scale=arguments.confidence_scale,
        half_weights=arguments.half_weights,
    )
    print(f"{arguments.output}: radiance differs from torch by at most {difference:.1e} of its value")
    return 0
