"""``lanet train``: train a configuration on one process, or on those that torchrun started; resume a stopped run."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from lanet_core.cli.model_arguments import whole_number
from lanet_core.cli.streams import print_message, print_result
from lanet_core.pipeline.json_record import line_of

if TYPE_CHECKING:
    from lanet_core.training.configuration import Configuration

NAME = "train"
HELP = "train a model, or resume a stopped run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("configuration", help="training configuration: a .toml file, or the name of a supplied one")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of HDR panoramas (EXR or .hdr)")
    parser.add_argument(
        "--supplement",
        type=Path,
        metavar="DIR",
        help="folder of rendered panoramas, used for the share synthetic_share of the photographs",
    )
    parser.add_argument(
        "--fold",
        metavar="K/N",
        help="validate on the K-th of N parts of the train split, and train on the others",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of checkpoints and logs; an existing run in it is resumed",
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="replace a value of the configuration, such as schedule.steps=200 or loss.glossy=0.5; repeatable",
    )
    parser.add_argument(
        "--seed",
        type=whole_number(0, 2**32 - 1),
        metavar="N",
        help="seed of the weights and images (default: the configuration's)",
    )
    parser.add_argument("--device", default="auto", help="auto (the default), cpu, cuda or cuda:N")
    parser.add_argument(
        "--bfloat16",
        action=argparse.BooleanOptionalAction,
        help="compute in bfloat16 where it is safe and the CPU has instructions for it (default: on GPUs only)",
    )
    parser.add_argument(
        "--workers",
        type=whole_number(0),
        default=1,
        metavar="N",
        help="processes that make the images on a CPU (default: 1); a GPU makes them itself",
    )
    parser.add_argument("--threads", type=whole_number(1), metavar="N", help="CPU threads (default: all cores)")
    parser.add_argument(
        "--log-every",
        type=whole_number(1),
        default=25,
        metavar="STEPS",
        help="steps between lines of the log (default: 25)",
    )
    parser.add_argument(
        "--validate-every",
        type=whole_number(1),
        default=200,
        metavar="STEPS",
        help="steps between validations and checkpoints (default: 200)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object at the end, see docs/json.md; the log goes to standard error",
    )
    parser.add_argument(
        "--stop-after", type=whole_number(0), metavar="STEPS", help="stop after this many steps; the run can be resumed"
    )


def run(arguments: argparse.Namespace) -> int:
    """Train and return the exit status."""
    import torch

    from lanet_core.cli.train_checks import check_run
    from lanet_core.data.folds import parse_fold
    from lanet_core.parallel import bounded
    from lanet_core.training.configuration import load_configuration
    from lanet_core.training.distributed import training_process
    from lanet_core.training.overrides import override, write_record
    from lanet_core.training.trainer import Trainer, TrainerOptions

    fold = parse_fold(arguments.fold) if arguments.fold else None
    configuration = override(load_configuration(arguments.configuration), arguments.overrides)
    if arguments.seed is not None:
        configuration = dataclasses.replace(configuration, seed=arguments.seed)
    check_run(configuration, arguments, torch.cuda.device_count())
    if arguments.threads:
        torch.set_num_threads(bounded(arguments.threads))
    with training_process(arguments.device) as process:
        report = print_message if arguments.json else _print_line
        bfloat16 = process.uses_bfloat16(arguments.bfloat16, report)
        options = TrainerOptions(bfloat16, arguments.workers, arguments.log_every, arguments.validate_every)
        where = (arguments.data, arguments.output)
        trainer = Trainer(configuration, *where, process, options, report, synthetic=arguments.supplement, fold=fold)
        if process.is_first:
            write_record(arguments.output, configuration, arguments.overrides)
        trainer.run(stop_after=arguments.stop_after)
        if arguments.json and process.is_first:
            print_result(line_of(_record(configuration, arguments.output)))
    return 0


def _record(configuration: Configuration, output: Path) -> dict[str, object]:
    """Return what ``--json`` reports of a run."""
    from lanet_core.training.trainer import BEST_CHECKPOINT, LAST_CHECKPOINT

    return {
        "output": str(output),
        "configuration": configuration.name,
        "configuration_sha256": configuration.sha256,
        "checkpoints": [str(output / name) for name in (LAST_CHECKPOINT, BEST_CHECKPOINT) if (output / name).is_file()],
    }


def _print_line(line: str) -> None:
    print(line, flush=True)
