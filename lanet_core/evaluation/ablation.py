"""The paper's ablation under one small, equal budget: every row of its Tables 2 and 4, trained alike.

    python -m lanet_core.evaluation.ablation --data DIR --output runs/ablation

Each row keeps its own network, loss and target; width, images, steps, optimiser and augmentation are the same for
all. A stopped campaign resumes where it was. ``lanet-eval --method NAME=runs/ablation/NAME/best.pt`` compares.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from lanet_core.data.augmentation import AugmentationConfiguration
from lanet_core.errors import DataError, LanetError
from lanet_core.training.configuration import (
    OptimiserConfiguration,
    StageConfiguration,
    TrainingConfiguration,
    load_configuration,
)

#: The rows, each a shipped configuration. Table 4's LANet is Table 2's, so it is trained once.
ROWS = (
    "table4_unet_normalised",
    "table4_unet_calibrated",
    "table4_unet_scale_invariant",
    "table2_lanet_without_lam",
    "table2_lanet_without_segmentation",
    "table2_lanet_ldr_segmentation",
    "table4_lanet",
    "table4_panolanet_without_attention",
    "table4_panolanet",
)


@dataclasses.dataclass(frozen=True)
class Budget:
    """What every row gets.

    Attributes:
        width: factor on every channel count of the paper's network.
        crop_steps: steps on perspective crops, the paper's first stage.
        panorama_steps: steps on panoramas.
        height: rows of the panoramas and of the square crops.
        batch_size: images a step.
        learning_rate: at the start of each stage, falling along a cosine.
        seed: of weights and images.
    """

    width: float = 0.25
    crop_steps: int = 150
    panorama_steps: int = 450
    height: int = 128
    batch_size: int = 8
    learning_rate: float = 5e-4
    seed: int = 0


def under_budget(configuration: TrainingConfiguration, budget: Budget) -> TrainingConfiguration:
    """Return a row's configuration with the budget in place of its own size, steps and optimiser."""

    def stage(images: Literal["crops", "panoramas"], steps: int) -> StageConfiguration:
        warmup_steps = min(30, steps // 4)
        return StageConfiguration(
            images, budget.height, budget.batch_size, steps, budget.learning_rate, "cosine", warmup_steps
        )

    stages = (stage("crops", budget.crop_steps), stage("panoramas", budget.panorama_steps))
    return dataclasses.replace(
        configuration,
        stages=tuple(each for each in stages if each.steps),
        seed=budget.seed,
        network=dataclasses.replace(configuration.network, width=budget.width),
        augmentation=AugmentationConfiguration(),
        optimiser=OptimiserConfiguration(ema_decay=0.99),
    )


def train_rows(rows: Sequence[str], budget: Budget, data: Path, output: Path, *, bfloat16: bool | None = None) -> None:
    """Train rows one after the other, each in a folder of its name; those that are trained already are left alone.

    Args:
        rows: names of configurations.
        budget: what each row gets.
        data: folder of HDR panoramas.
        output: where the rows' folders go.
        bfloat16: compute in bfloat16 where it is safe; on GPUs by default.

    Raises:
        LanetError: a row's name, the data or a checkpoint is not usable.
    """
    from lanet_core.training.distributed import training_process
    from lanet_core.training.trainer import Trainer, TrainerOptions

    with training_process("auto") as process:
        half = process.uses_bfloat16(bfloat16, _print_line)
        options = TrainerOptions(bfloat16=half, workers=1, log_every=50, validate_every=150)
        for row in rows:
            print(f"== {row}", flush=True)
            configuration = load_configuration(row)
            if not isinstance(configuration, TrainingConfiguration):
                raise DataError(f"{row} is none of the paper's networks.", remedy=f"Use {', '.join(ROWS)}.")
            Trainer(under_budget(configuration, budget), data, output / row, process, options, report=_print_line).run()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    arguments = _parser().parse_args(argv)
    budget = Budget(**{each.name: getattr(arguments, each.name) for each in dataclasses.fields(Budget)})
    try:
        train_rows(arguments.rows, budget, arguments.data, arguments.output, bfloat16=arguments.bfloat16)
    except LanetError as error:
        print(f"ablation: error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ablation", description="Train the paper's rows under one equal budget.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of HDR panoramas")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="a folder for each row goes here")
    parser.add_argument("--rows", nargs="+", default=list(ROWS), metavar="NAME", help="(default: all)")
    parser.add_argument(
        "--bfloat16",
        action=argparse.BooleanOptionalAction,
        help="compute in bfloat16 where it is safe and the CPU has instructions for it (default: on GPUs only)",
    )
    for each in dataclasses.fields(Budget):
        option = f"--{each.name.replace('_', '-')}"
        kind = float if isinstance(each.default, float) else int
        parser.add_argument(option, type=kind, default=each.default, help=f"(default: {each.default})")
    return parser


def _print_line(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
