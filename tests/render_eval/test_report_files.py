"""The report's files for programs, read back by Python's own parsers."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math

import pytest
from made_up_evaluation import METHODS, NASTY, changed, make_evaluation, with_score

from lanet_core.errors import DataError, InputNotFoundError, OutputNotWritableError
from render_eval.records import Evaluation
from render_eval.report import read_results, write_report, write_summary
from render_eval.scores import METRICS

SCENES = ["attic", "birch wood", "cellar", "dam"]


@pytest.fixture
def evaluation(tmp_path) -> Evaluation:
    return make_evaluation(SCENES, tmp_path)


def test_the_table_for_programs_holds_every_figure_exactly(evaluation, tmp_path):
    evaluation = with_score(evaluation, "attic", "ldr", "ssim", math.nan)
    evaluation = changed(evaluation, "dam", "koeo", scores={}, error=NASTY)
    kept = tuple(each for each in evaluation.results if (each.scene, each.method) != ("cellar", "ldr"))
    write_report(dataclasses.replace(evaluation, results=kept), tmp_path)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text(encoding="utf-8"), newline="")))
    facts = ["scene", "category", "clipped_fraction", "peak_ev", "method"]
    assert list(rows[0]) == [*facts, *METRICS, "predict_seconds", "render_seconds", "error"]
    assert [(row["scene"], row["method"]) for row in rows] == [
        (scene, method) for scene in SCENES for method in METHODS
    ]
    for row, result in zip(rows, evaluation.results, strict=True):
        (scene,) = [each for each in evaluation.scenes if each.name == row["scene"]]
        assert float(row["clipped_fraction"]) == scene.clipped_fraction and float(row["peak_ev"]) == scene.peak_ev
        if (result.scene, result.method) == ("cellar", "ldr"):
            assert row["psnr"] == row["render_seconds"] == "" and row["error"] == "There is no result."
            continue
        assert row["error"] == result.error and float(row["render_seconds"]) == result.render_seconds
        for key in METRICS:
            expected = result.scores.get(key, math.nan)
            assert row[key] == "" if math.isnan(expected) else float(row[key]) == expected


def test_the_record_is_strict_json_and_reads_back_the_same(evaluation, tmp_path):
    evaluation = with_score(evaluation, "attic", "ldr", "ssim", math.nan)
    evaluation = with_score(evaluation, "attic", "koeo", "psnr", math.inf)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    write_report(evaluation, tmp_path)
    text = (tmp_path / "results.json").read_text(encoding="utf-8")
    values = json.loads(text, parse_constant=refuse)
    assert values["results"][0]["scores"]["ssim"] is None
    assert values["results"][1]["scores"]["psnr"] == "Infinity"
    again = read_results(tmp_path / "results.json")
    assert again.results[1] == evaluation.results[1]
    assert math.isnan(again.results[0].scores["ssim"])
    assert with_score(again, "attic", "ldr", "ssim", 1.0) == with_score(evaluation, "attic", "ldr", "ssim", 1.0)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"scenes": 1}', "\0"])
def test_what_is_no_record_is_refused_by_name(text, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"results\.json"):
        read_results(path)
    with pytest.raises(InputNotFoundError):
        read_results(tmp_path / "none.json")


def test_a_folder_that_is_not_there_is_a_clear_error_and_nothing_is_left(evaluation, tmp_path):
    with pytest.raises(OutputNotWritableError):
        write_report(evaluation, tmp_path / "missing")
    (tmp_path / "out" / "results.csv").mkdir(parents=True)
    with pytest.raises(OutputNotWritableError):
        write_report(evaluation, tmp_path / "out")
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["results.csv", "results.json"]


def test_a_summary_is_the_reports_small_files_without_the_renders(evaluation, tmp_path):
    write_report(evaluation, tmp_path, image_of="koeo")
    (tmp_path / "small").mkdir()
    write_summary(evaluation, tmp_path, tmp_path / "small", image_of="koeo")
    names = ["best_and_worst.png", "results.csv", "results.json"]
    assert sorted(path.name for path in (tmp_path / "small").iterdir()) == names
    for name in names:
        assert (tmp_path / "small" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_the_image_is_of_the_method_asked_for(evaluation, tmp_path):
    images = {}
    for method in (None, *METHODS):
        write_summary(evaluation, tmp_path, tmp_path, image_of=method)
        images[method] = (tmp_path / "best_and_worst.png").read_bytes()
    assert images[None] == images[METHODS[-1]]
    assert len(set(images.values())) == len(METHODS)
    with pytest.raises(DataError, match="no method 'nosuch'"):
        write_summary(evaluation, tmp_path, tmp_path, image_of="nosuch")


def test_the_image_is_of_the_last_method_with_scores(evaluation, tmp_path):
    last_failed = tuple(
        dataclasses.replace(each, scores={}, error="It failed.") if each.method == METHODS[-1] else each
        for each in evaluation.results
    )
    evaluation = dataclasses.replace(evaluation, results=last_failed)
    write_summary(evaluation, tmp_path, tmp_path, image_of=METHODS[-2])
    specified = (tmp_path / "best_and_worst.png").read_bytes()
    write_summary(evaluation, tmp_path, tmp_path)
    assert (tmp_path / "best_and_worst.png").read_bytes() == specified
    write_summary(evaluation, tmp_path, tmp_path, image_of=METHODS[-1])
    assert not (tmp_path / "best_and_worst.png").exists()


def test_without_scores_there_is_no_image_and_none_of_an_earlier_run(evaluation, tmp_path):
    write_summary(evaluation, tmp_path, tmp_path)
    failed = tuple(dataclasses.replace(each, scores={}, error="It failed.") for each in evaluation.results)
    for without in (dataclasses.replace(evaluation, results=failed), Evaluation((), (), ())):
        write_summary(without, tmp_path, tmp_path)
        assert not (tmp_path / "best_and_worst.png").exists()
        assert (tmp_path / "results.csv").is_file()
