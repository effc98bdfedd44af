"""Tell how much of a model's error is the strength of its light: multiply what it adds by the best factor, and look.

    python tools/light_strength.py DATA --split val
    python tools/light_strength.py DATA --fold 1/4 --model model_of_that_fold.onnx

What is left with each photograph's own best factor is light of the wrong place or colour; what goes is strength that
the model took for another. One best factor for all photographs tells whether it is wrong on the whole.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lanet_core.converter import Converter, load_converter
from lanet_core.errors import LanetError
from lanet_core.light_benchmark import converted_photographs
from lanet_core.metrics.irradiance import irradiance_error_stops
from lanet_core.training.folds import parse_fold
from lanet_core.training.scenes import Scene, find_scenes

#: Binary logs of the factors.
FACTORS_EV = np.arange(-2.0, 2.01, 0.25)
_FACTORS = np.exp2(FACTORS_EV, dtype=np.float32)


def errors_by_factor(scenes: Sequence[Scene], converter: Converter, draws: int = 2) -> np.ndarray:
    """Return the error of diffuse irradiance of each photograph under each of :data:`FACTORS_EV`, in stops.

    Raises:
        InputError: a panorama cannot be read.
    """
    return np.array(
        [
            [irradiance_error_stops(ldr_linear + factor * (conversion.hdr - ldr_linear), hdr) for factor in _FACTORS]
            for scene in scenes
            for ldr_linear, hdr, conversion in converted_photographs(scene, converter, draws)
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print a Markdown table and return the exit status."""
    parser = argparse.ArgumentParser(prog="light_strength", description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of HDR panoramas")
    scenes_of = parser.add_mutually_exclusive_group()
    scenes_of.add_argument("--split", choices=("train", "val"), default="val", help="(default: val)")
    scenes_of.add_argument("--fold", metavar="K/N", help="what lanet train --fold K/N held out, not a split")
    parser.add_argument("--model", type=Path, metavar="FILE", help="(default: the one that comes with the program)")
    arguments = parser.parse_args(argv)
    try:
        if arguments.fold is None:
            scenes = find_scenes(arguments.data, arguments.split)
        else:
            _, scenes = parse_fold(arguments.fold).split(find_scenes(arguments.data, "train"))
        errors = errors_by_factor(scenes, load_converter(arguments.model))
    except LanetError as error:
        print(f"light_strength: error: {error}", file=sys.stderr)
        return 2
    means = errors.mean(axis=0)
    best = int(means.argmin())
    print("| light | error, stops |\n|---|---|")
    print(f"| as the model says | {means[FACTORS_EV == 0.0].item():.3f} |")
    print(f"| times 2^{FACTORS_EV[best]:g}, the best for all | {means[best]:.3f} |")
    print(f"| times each photograph's best | {errors.min(axis=1).mean():.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
