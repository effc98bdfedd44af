"""``lanet export``: a checkpoint as an ONNX model that the other commands run."""

from __future__ import annotations

import argparse
from pathlib import Path

from lanet_core.cli.streams import print_result
from lanet_core.pipeline.json_record import conversion_record, line_of

NAME = "export"
HELP = "write a checkpoint as an ONNX model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt or best.pt of a training run")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .onnx file to write")
    parser.add_argument(
        "--height",
        type=int,
        metavar="ROWS",
        help="rows of the input, for the networks of the paper (default: rows of the last stage)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, see docs/json.md")
    parser.add_argument(
        "--model-version", default="0.1.0", metavar="VERSION", help="version of the weights (default: 0.1.0)"
    )
    parser.add_argument(
        "--training-data",
        required=True,
        metavar="SENTENCE",
        help="one sentence on the training data, stored in the model",
    )
    parser.add_argument(
        "--licence",
        default="GPL-3.0-or-later",
        metavar="NAME",
        help="licence of the weights (default: GPL-3.0-or-later)",
    )
    parser.add_argument(
        "--folds",
        type=Path,
        nargs="+",
        metavar="CHECKPOINT",
        help="checkpoints of runs with --fold 1/N to N/N, in this order: the model predicts its uncertainty, fitted to "
        "their errors on held-out scenes; requires --data",
    )
    parser.add_argument(
        "--fold-count",
        type=int,
        metavar="N",
        help="number of folds, if only the first ones are given (default: as many as --folds)",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of HDR panoramas that the folds were trained on"
    )
    parser.add_argument(
        "--half-weights",
        action="store_true",
        help="round the weights to 16-bit floats: half the file size, the same speed",
    )


def run(arguments: argparse.Namespace) -> int:
    """Export and return the exit status."""
    from lanet_core.errors import DataError
    from lanet_core.training.checkpoints import load_checkpoint
    from lanet_core.training.export import export_checkpoint
    from lanet_core.training.lite.uncertainty import uncertainty_of_folds
    from lanet_core.training.lite_configuration import LiteTrainingConfiguration

    checkpoint = load_checkpoint(arguments.checkpoint)
    is_lite = isinstance(checkpoint.configuration, LiteTrainingConfiguration)
    if (arguments.folds is None) != (arguments.data is None):
        raise DataError("--folds requires --data, and --data requires --folds.", remedy="Pass both, or neither.")
    if is_lite and arguments.height is not None:
        raise DataError(
            "--height applies to the networks of the paper only.",
            remedy="Omit it: the configuration defines the height.",
        )
    if not is_lite and arguments.folds is not None:
        raise DataError("--folds applies to panoLANet on the pretrained encoder only.", remedy="Omit it.")
    uncertainty = None
    if arguments.folds is not None:
        folds = [load_checkpoint(path) for path in arguments.folds]
        uncertainty = uncertainty_of_folds(folds, arguments.fold_count or len(folds), arguments.data)
    difference = export_checkpoint(
        checkpoint,
        arguments.output,
        height=arguments.height,
        uncertainty=uncertainty,
        version=arguments.model_version,
        training_data=arguments.training_data,
        licence=arguments.licence,
        half_weights=arguments.half_weights,
    )
    if arguments.json:
        facts = {"largest_difference": float(difference)}
        print_result(line_of(conversion_record(arguments.checkpoint, arguments.output, "written", facts)))
        return 0
    print(f"{arguments.output}: radiance differs from torch by at most {difference:.1e} of its value")
    return 0
