"""The report's page, read back by Python's own parser and counted again with numpy."""

from __future__ import annotations

import dataclasses
import math
import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from made_up_evaluation import METHODS, NASTY, RENDER_SIZE, changed, make_evaluation, with_score
from page_reader import read_page, with_class, words

from render_eval.records import Evaluation, ResultRecord
from render_eval.report import read_results, write_report
from render_eval.scores import METRICS

SCENES = ["attic", "birch wood", "cellar", "dam"]
WRITTEN = datetime(2031, 2, 3, 4, 5, tzinfo=UTC)


def page_of(evaluation: Evaluation, folder: Path):
    write_report(evaluation, folder, written=WRITTEN)
    return read_page((folder / "index.html").read_text(encoding="utf-8"))


def column_of(evaluation: Evaluation, method: str, key: str) -> np.ndarray:
    return np.array([each.scores.get(key, np.nan) for each in evaluation.results if each.method == method])


def summary_rows(page) -> dict[str, list]:
    """The cells of the table of methods by the method's label; two columns stand before the metrics."""
    (table,) = with_class(page, "summary")
    return {(row[0].text or ""): list(row)[2:] for row in [*table.find("tbody"), *table.find("tfoot")]}


def figures(cell) -> list[str]:
    return [words(each).strip("★≈± ") for each in cell]


@pytest.fixture
def evaluation(tmp_path) -> Evaluation:
    return make_evaluation(SCENES, tmp_path)


def test_the_page_needs_nothing_but_the_images_next_to_it(evaluation, tmp_path):
    page = page_of(evaluation, tmp_path)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    ids = [each.get("id") for each in page.iter() if each.get("id")]
    assert len(set(ids)) == len(ids)
    addresses = [
        each.get(name) for each in page.iter() for name in ("src", "href", "srcset", "action") if each.get(name)
    ]
    assert len(addresses) > 60
    for address in addresses:
        parts = urlsplit(address)
        assert not parts.scheme and not parts.netloc
        if parts.path:
            assert (tmp_path / unquote(parts.path)).is_file()
        else:
            assert unquote(parts.fragment) in ids
    assert not page.findall(".//link") and not [each for each in page.iter("script") if each.get("src")]
    assert "@import" not in text and "url(" not in text and "fetch(" not in text


def test_the_head_shows_what_was_measured_when_and_with_what(evaluation, tmp_path):
    page = page_of(evaluation, tmp_path)
    header = words(page.find(".//header"))
    for expected in ("4 scenes, 3 methods", "2031-02-03 04:05 UTC", "four_balls", np.__version__, "split val"):
        assert expected in header


def test_mean_median_and_deviation_are_numpys(evaluation, tmp_path):
    rows = summary_rows(page_of(evaluation, tmp_path))
    for method in evaluation.methods:
        for cell, key in zip(rows[method.label], METRICS, strict=False):
            values = column_of(evaluation, method.name, key)
            exact = [np.mean(values), np.median(values), np.std(values, ddof=1)]
            for shown, expected in zip(figures(cell), exact, strict=True):
                last_digit = 10.0 ** -len(shown.partition(".")[2])
                assert abs(float(shown) - expected) <= 0.5000001 * last_digit
            assert float(cell.get("data-value")) == pytest.approx(exact[0], rel=1e-12)
    floors = [scene.noise_floor["psnr"] for scene in evaluation.scenes]
    assert float(figures(rows["Truth, another seed"][0])[0]) == pytest.approx(np.mean(floors), abs=0.0051)


def test_the_best_of_each_column_is_marked_and_no_other(evaluation, tmp_path):
    rows = summary_rows(page_of(evaluation, tmp_path))
    for position, statistic in ((0, np.mean), (1, np.median)):
        for index, (key, metric) in enumerate(METRICS.items()):
            values = [statistic(column_of(evaluation, name, key)) for name in METHODS]
            winner = int(np.argmax(values) if metric.higher_is_better else np.argmin(values))
            marked = ["★" in words(rows[method.label][index][position]) for method in evaluation.methods]
            assert marked == [number == winner for number in range(len(METHODS))]


def test_a_method_spared_the_hard_scenes_is_not_called_best(evaluation, tmp_path):
    for scene in SCENES[1:]:
        evaluation = changed(evaluation, scene, "koeo", scores={}, error="out of memory")
    rows = summary_rows(page_of(with_score(evaluation, SCENES[0], "koeo", "psnr", 99.0), tmp_path))
    assert figures(rows["KOEO"][0])[:2] == ["99.00", "99.00"] and "–" in figures(rows["KOEO"][0])[2]
    assert "★" not in words(rows["KOEO"][0])


def test_tables_have_headings_for_every_cell_and_show_the_direction(evaluation, tmp_path):
    page = page_of(evaluation, tmp_path)
    tables = page.findall(".//table")
    assert len(tables) == 1 + len(SCENES)
    for table in tables:
        above, below = table.find("thead")
        assert all(heading.get("scope") in ("col", "colgroup") for heading in [*above, *below])
        tall = sum(heading.get("rowspan") == "2" for heading in above)
        assert sum(int(heading.get("colspan", 0)) for heading in above) == len(below) == len(METRICS) + 2
        for row in [*table.find("tbody"), *table.find("tfoot")]:
            assert len(row) == tall + len(below)
            assert row[0].tag == "th" and row[0].get("scope") == "row"
        for heading, metric in zip(below, METRICS.values(), strict=False):
            assert words(heading).startswith(f"{metric.label} {'↑' if metric.higher_is_better else '↓'}")
    groups = [words(each) for each in with_class(tables[0], "group")]
    assert groups == ["Render for the display", "Render, linear light", "Panorama itself", "Image itself", "Time / s"]


def test_every_metric_is_explained(evaluation, tmp_path):
    (notes,) = with_class(page_of(evaluation, tmp_path), "notes")
    shown = words(notes)
    for metric in METRICS.values():
        assert " ".join(metric.definition.split()) in shown and metric.source in shown


def test_figures_within_the_noise_floor_are_marked_and_no_others(evaluation, tmp_path):
    page = page_of(evaluation, tmp_path)
    seen = set()
    for scene, section in zip(evaluation.scenes, with_class(page, "scene"), strict=True):
        for row, method in zip(section.find(".//tbody"), METHODS, strict=True):
            for cell, (key, metric) in zip(list(row)[1:], METRICS.items(), strict=False):
                (score,) = [
                    each.scores[key] for each in evaluation.results if (each.scene, each.method) == (scene.name, method)
                ]
                floor = scene.noise_floor.get(key)
                within = floor is not None and (score >= floor if metric.higher_is_better else score <= floor)
                assert ("≈" in words(cell)) == within
                seen.add((within, metric.higher_is_better))
    assert len(seen) == 4


def test_each_scene_shows_its_images_at_their_size_when_they_are_needed(evaluation, tmp_path):
    page = page_of(evaluation, tmp_path)
    for scene, section in zip(evaluation.scenes, with_class(page, "scene"), strict=True):
        images = section.findall(".//img")
        assert all(each.get("loading") == "lazy" and each.get("alt") for each in images)
        shown = {unquote(each.get("src")) for each in images}
        results = [each for each in evaluation.results if each.scene == scene.name]
        assert shown == {scene.ldr_png, scene.truth_png} | {
            path for each in results for path in (each.render_png, each.difference_png)
        }
        sizes = {(each.get("width"), each.get("height")) for each in images if each.get("width")}
        assert sizes == {("64", "32"), tuple(str(length) for length in RENDER_SIZE)}
        (comparison,) = with_class(section, "comparison")
        assert comparison.find(".//input").get("type") == "range" and comparison.find(".//input").get("aria-label")
        assert [unquote(each.get("value")) for each in comparison.findall(".//option")] == [
            each.render_png for each in results
        ]


def test_names_from_files_are_text_and_never_markup(tmp_path):
    evaluation = make_evaluation(["a" + NASTY.replace("/", "∕")], tmp_path)
    evaluation = changed(evaluation, evaluation.scenes[0].name, "koeo", error=NASTY, scores={}, render_png="")
    method = dataclasses.replace(evaluation.methods[0], label=NASTY, source=NASTY)
    evaluation = dataclasses.replace(
        evaluation, methods=(method, *evaluation.methods[1:]), settings={NASTY: NASTY, "nested": {NASTY: [NASTY]}}
    )
    page = page_of(evaluation, tmp_path)
    assert len(page.findall(".//script")) == 1
    assert words(page.find(".//h3[@id='scene-0']")) == evaluation.scenes[0].name
    assert any(each.text == NASTY for each in with_class(page, "error"))
    assert next(each.text for each in page.findall(".//tbody/tr/th")) == NASTY
    assert all((tmp_path / unquote(each.get("src"))).is_file() for each in page.findall(".//img"))


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_a_file_name_that_is_no_text_is_shown_all_the_same(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    evaluation = make_evaluation([name], tmp_path)
    page = page_of(evaluation, tmp_path)
    sources = [unquote(each.get("src"), errors="surrogateescape") for each in page.findall(".//img")]
    assert evaluation.scenes[0].truth_png in sources
    assert read_results(tmp_path / "results.json").scenes[0].name == name


def test_missing_and_failed_results_are_shown_in_their_place(evaluation, tmp_path):
    failed = changed(evaluation, "cellar", "ldr", error="The prediction holds NaN.", scores={}, render_png="")
    kept = [each for each in failed.results if (each.scene, each.method) != ("dam", "koeo")]
    page = page_of(dataclasses.replace(failed, results=tuple(kept)), tmp_path)
    assert "2 of 12 results are missing" in words(page.find(".//header"))
    cellar, dam = with_class(page, "scene")[2:]
    for section, index, parts in (
        (cellar, 0, ["The prediction holds NaN.", "LDR as it is"]),
        (dam, 1, ["There is no result.", "KOEO"]),
    ):
        assert [words(part) for part in with_class(section, "card")[index]] == parts
    assert len(with_class(dam, "comparison")[0].findall(".//option")) == 2
    counts = [words(row[1]) for row in with_class(page, "summary")[0].find("tbody")]
    assert counts == ["3 of 4", "3 of 4", "4 of 4"]


def test_a_scene_that_failed_does_not_take_the_page_with_it(evaluation, tmp_path):
    bad = dataclasses.replace(
        evaluation.scenes[1], error="The file is damaged.", noise_floor={}, truth_png="", ldr_png="", peak_ev=np.nan
    )
    scenes = (evaluation.scenes[0], bad, *evaluation.scenes[2:])
    kept = tuple(each for each in evaluation.results if each.scene != bad.name)
    page = page_of(dataclasses.replace(evaluation, scenes=scenes, results=kept), tmp_path)
    section = with_class(page, "scene")[1]
    assert "This scene was not evaluated: The file is damaged." in words(section)
    assert not section.findall(".//img") and not with_class(section, "comparison")
    assert len(with_class(page, "scene")[2].findall(".//img")) > 6


def test_an_evaluation_of_nothing_but_errors_still_has_a_page(evaluation, tmp_path):
    results = tuple(
        ResultRecord(scene=each.scene, method=each.method, error="No Cycles in this Blender.")
        for each in evaluation.results
    )
    scenes = tuple(dataclasses.replace(each, noise_floor={}) for each in evaluation.scenes)
    page = page_of(dataclasses.replace(evaluation, scenes=scenes, results=results), tmp_path)
    assert "12 of 12 results are missing" in words(page.find(".//header"))
    assert "No method has a result." in words(page)


def test_an_evaluation_of_nothing_at_all_still_has_a_page(tmp_path):
    page = page_of(Evaluation((), (), ()), tmp_path)
    assert "0 scenes, 0 methods" in words(page.find(".//header"))


def test_images_that_are_not_there_are_named_instead(tmp_path):
    page = page_of(make_evaluation(["attic"]), tmp_path)
    assert not page.findall(".//img")
    assert len(with_class(page, "missing")) == 2 + 2 * len(METHODS)
    assert with_class(page, "missing")[0].get("aria-label") == "LDR panorama of attic: no image"


def test_nan_and_infinity_are_neither_hidden_nor_spread(evaluation, tmp_path):
    evaluation = with_score(evaluation, "attic", "ldr", "ssim", math.nan)
    evaluation = with_score(evaluation, "attic", "koeo", "psnr", math.inf)
    page = page_of(evaluation, tmp_path)
    rows = summary_rows(page)
    mean = np.nanmean(column_of(evaluation, "ldr", "ssim"))
    assert float(figures(rows["LDR as it is"][1])[0]) == pytest.approx(mean, abs=0.0051)
    assert figures(rows["KOEO"][0])[0] == "∞" and figures(rows["KOEO"][0])[2] == "–"
    first = with_class(page, "scene")[0].find(".//tbody")
    assert words(first[0][2]) == "–" and first[0][2].get("data-value") is None
    assert words(first[1][1]).endswith("∞")
    assert "nan" not in words(page.find(".//main")).lower().split()
