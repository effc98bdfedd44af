"""``lanet evaluate``: the light benchmark over a folder of HDR panoramas."""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path

from lanet_core.cli.destinations import check_file_target
from lanet_core.cli.model_arguments import add_model_arguments, whole_number

NAME = "evaluate"
HELP = "measure the error of diffuse irradiance on HDR panoramas, in stops"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("data", type=Path, help="folder of HDR panoramas, with or without a scenes.csv")
    parser.add_argument(
        "--split",
        action="append",
        choices=("train", "val", "test"),
        help="split to evaluate; repeatable (default: val)",
    )
    parser.add_argument(
        "--draws", type=whole_number(1), default=2, metavar="N", help="photographs per scene (default: 2)"
    )
    parser.add_argument(
        "--edited",
        action="store_true",
        help="edit the photographs first: white level, tint, contrast, curves, patches (fixed seed)",
    )
    parser.add_argument(
        "--fold", metavar="K/N", help="evaluate the scenes that the K-th of N folds of the train split holds out"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="CSV", help="also write the errors of each photograph to this file"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    add_model_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the summary, and return the exit status."""
    from tqdm import tqdm

    from lanet_core.data.folds import parse_fold
    from lanet_core.evaluation.light_benchmark import (
        best_boost_ev,
        run_light_benchmark,
        summarise,
        summarise_concentrated_light,
        summarise_confidence,
    )
    from lanet_core.pipeline.panorama_converter import load_converter

    if arguments.output is not None:
        check_file_target(arguments.output)
    converter = load_converter(arguments.model, arguments.provider, arguments.threads)
    # The constant boost is a choice, and choices are made on val alone.
    fold = parse_fold(arguments.fold) if arguments.fold else None
    wanted = ["train"] if fold else arguments.split or ["val"]
    splits = list(dict.fromkeys(["val", *wanted]))
    results = {}
    for split in splits:
        with tqdm(desc=split, unit="scene", disable=None) as bar:

            def advance(done: int, total: int, bar: tqdm = bar) -> None:
                bar.total = total
                bar.update(done - bar.n)

            results[split] = run_light_benchmark(
                arguments.data,
                split,
                converter,
                draws=arguments.draws,
                edited=arguments.edited,
                fold=fold if split == "train" else None,
                progress=advance,
            )
    boost_ev = best_boost_ev(results["val"])
    asked = {f"fold {arguments.fold}" if fold else split: results[split] for split in wanted}
    groups = {**asked, " and ".join(asked): [each for photographs in asked.values() for each in photographs]}
    summary = {
        "model": f"{converter.session.metadata.name} {converter.session.metadata.version}",
        "model_sha256": converter.session.sha256,
        "draws": arguments.draws,
        "edited": arguments.edited,
        "best_boost_ev": boost_ev,
        "splits": {
            group: {
                "photographs": len(photographs),
                **summarise(photographs, boost_ev),
                "concentrated_light": summarise_concentrated_light(photographs),
                "confidence": summarise_confidence(photographs),
            }
            for group, photographs in groups.items()
        },
    }
    if arguments.output is not None:
        _write_csv(arguments.output, asked, boost_ev)
    print(json.dumps(summary, indent=1) if arguments.json else _as_table(summary))
    return 0


def _as_table(summary: dict) -> str:
    lines = [
        "Diffuse irradiance, mean absolute error in stops; "
        f"{summary['model']}, {summary['draws']} {'edited ' if summary['edited'] else ''}photographs a scene.",
        "",
        f"| split | | LDR as is | constant boost ({summary['best_boost_ev']:g} EV) | model | model / LDR |",
        "|---|---|---|---|---|---|",
    ]
    for split, figures in summary["splits"].items():
        for statistic in ("mean", "median"):
            ldr, boost, model = (figures[name][statistic] for name in ("ldr", "boost", "model"))
            lines.append(f"| {split} | {statistic} | {ldr:.3f} | {boost:.3f} | {model:.3f} | {model / ldr:.2f} |")
    for split, figures in summary["splits"].items():
        if figures["concentrated_light"]:
            lines += ["", _concentrated_light_in_words(split, figures["concentrated_light"])]
        if figures["confidence"]:
            lines += ["", _confidence_in_words(split, figures["confidence"])]
    return "\n".join(lines)


def _concentrated_light_in_words(split: str, figures: dict) -> str:
    return (
        f"Brightest light on {split}, median of {figures['photographs']} photographs with a concentrated light: "
        f"{figures['degrees']:.1f}° off; light within 3° of it {figures['stops']:.2f} stops off."
    )


def _confidence_in_words(split: str, confidence: dict) -> str:
    return (
        f"Predicted uncertainty on {split}: {confidence['expected']:.3f} stops; true over predicted error "
        f"{confidence['scale']:.2f} (mean), rank correlation {confidence['rank_correlation']:.2f}."
    )


def _write_csv(path: Path, results: dict, boost_ev: float) -> None:
    from lanet_core.evaluation.light_benchmark import BOOSTS_EV
    from lanet_core.files.replacing import replacing

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    columns = ["split", "scene", "category", "clipped_fraction", "ldr_stops", "boost_stops", "model_stops"]
    predicted = all(each.expected_stops is not None for photographs in results.values() for each in photographs)
    rows.writerow([*columns, "expected_stops"] if predicted else columns)
    boost = BOOSTS_EV.index(boost_ev)
    for split, photographs in results.items():
        for each in photographs:
            figures = [each.clipped_fraction, each.ldr_stops, each.boost_stops[boost], each.model_stops]
            figures += [each.expected_stops] if predicted else []
            rows.writerow([split, each.scene, each.category, *(f"{value:.5f}" for value in figures)])
    with replacing(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")
