"""The sheet of best and worst scenes, with images of one colour each to find them by."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from made_up_evaluation import METHODS, make_evaluation, render_colour
from PIL import Image

from lanet_core.errors import DataError, OutputNotWritableError
from render_eval.records import Evaluation
from render_eval.report import write_contact_sheet
from render_eval.scores import METRICS

SCENES = [f"scene {number}" for number in range(7)]
CELL, GAP, GUTTER, LINE = (240, 135), 8, 290, 22


@pytest.fixture
def evaluation(tmp_path) -> Evaluation:
    return make_evaluation(SCENES, tmp_path)


def sheet_of(evaluation: Evaluation, folder, **options) -> np.ndarray:
    write_contact_sheet(evaluation, folder, folder / "sheet.png", **options)
    with Image.open(folder / "sheet.png") as image:
        assert image.mode == "RGB"
        return np.asarray(image)


def colours_of_row(sheet: np.ndarray, row: int) -> list[tuple[int, ...]]:
    """The colour in the middle of each cell; row 0 is the LDR's, and methods have a line of text below."""
    top = 4 * LINE + GAP + row * (CELL[1] + GAP) + max(row - 1, 0) * LINE
    columns = (sheet.shape[1] - GUTTER) // (CELL[0] + GAP)
    return [
        tuple(sheet[top + CELL[1] // 2, GUTTER + column * (CELL[0] + GAP) + CELL[0] // 2].tolist())
        for column in range(columns)
    ]


@pytest.mark.parametrize("key", ["psnr", "mse"])
@pytest.mark.parametrize("method", METHODS)
def test_best_scenes_stand_left_and_worst_right(evaluation, tmp_path, key, method):
    sheet = sheet_of(evaluation, tmp_path, metric=key, method=method, best=2, worst=3)
    scores = np.array([each.scores[key] for each in evaluation.results if each.method == method])
    best_first = np.argsort(-scores if METRICS[key].higher_is_better else scores)
    expected = [*best_first[:2], *best_first[-3:]]
    for index in range(len(METHODS)):
        assert colours_of_row(sheet, 1 + index) == [render_colour(scene, index) for scene in expected]
    assert colours_of_row(sheet, 0) == [(9, 9, 9)] * 5
    assert colours_of_row(sheet, 1 + len(METHODS)) == [(250, 250, 250)] * 5


def test_the_last_method_and_the_first_metric_decide_if_nothing_is_specified(evaluation, tmp_path):
    specified = sheet_of(evaluation, tmp_path, metric="psnr", method="panolanet", best=3, worst=5)
    assert np.array_equal(sheet_of(evaluation, tmp_path), specified)


def test_few_scenes_are_shown_once(evaluation, tmp_path):
    few = dataclasses.replace(evaluation, scenes=evaluation.scenes[:4])
    assert len(colours_of_row(sheet_of(few, tmp_path, best=3, worst=3), 0)) == 4


def test_a_image_keeps_its_shape_in_its_cell(evaluation, tmp_path):
    sheet = sheet_of(evaluation, tmp_path, best=1, worst=1)
    cell = sheet[4 * LINE + GAP :, GUTTER:][: CELL[1], : CELL[0]]
    black = np.all(cell == 9, axis=-1)
    rows, columns = np.nonzero(black)
    # A panorama is 2:1 and a cell 16:9, so the panorama fills its width.
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (120, 240)
    assert black.sum() == 120 * 240


def test_names_and_scores_are_written(evaluation, tmp_path):
    sheet = sheet_of(evaluation, tmp_path, best=1, worst=1)
    heading = sheet[: 4 * LINE, GUTTER : GUTTER + CELL[0]]
    renamed = [dataclasses.replace(scene, name=f"{scene.name}, renamed" * 9) for scene in evaluation.scenes]
    results = [dataclasses.replace(each, scene=f"{each.scene}, renamed" * 9) for each in evaluation.results]
    other = sheet_of(
        dataclasses.replace(evaluation, scenes=tuple(renamed), results=tuple(results)), tmp_path, best=1, worst=1
    )
    assert other.shape == sheet.shape
    changed = np.any(
        other[: 4 * LINE, GUTTER : GUTTER + CELL[0] + GAP] != sheet[: 4 * LINE, GUTTER : GUTTER + CELL[0] + GAP],
        axis=-1,
    )
    assert np.nonzero(changed.any(axis=1))[0].min() >= 2 * LINE and np.nonzero(changed.any(axis=1))[0].max() < 3 * LINE
    assert not changed[:, CELL[0] :].any()
    assert (heading < 100).any()


def test_a_missing_render_leaves_its_cell_grey(evaluation, tmp_path):
    results = [
        dataclasses.replace(each, scores={}, render_png="", error="failed") if each.method == "koeo" else each
        for each in evaluation.results
    ]
    (tmp_path / evaluation.scenes[0].truth_png).write_bytes(b"no image")
    sheet = sheet_of(dataclasses.replace(evaluation, results=tuple(results)), tmp_path, best=9, worst=9)
    assert set(colours_of_row(sheet, 2)) == {(235, 235, 235)}
    assert colours_of_row(sheet, 4).count((235, 235, 235)) == 1


def test_what_cannot_be_ranked_is_a_clear_error(evaluation, tmp_path):
    path = tmp_path / "sheet.png"
    for options in ({"metric": "beauty"}, {"method": "magic"}):
        with pytest.raises(DataError, match="It has"):
            write_contact_sheet(evaluation, tmp_path, path, **options)
    scoreless = tuple(dataclasses.replace(each, scores={}) for each in evaluation.results)
    with pytest.raises(DataError, match="no PSNR"):
        write_contact_sheet(dataclasses.replace(evaluation, results=scoreless), tmp_path, path)
    with pytest.raises(DataError, match="no scores"):
        write_contact_sheet(Evaluation((), evaluation.methods, ()), tmp_path, path)
    with pytest.raises(OutputNotWritableError):
        write_contact_sheet(evaluation, tmp_path, tmp_path / "missing" / "sheet.png")
    assert not path.exists()


def test_an_infinite_score_is_the_best(evaluation, tmp_path):
    results = list(evaluation.results)
    last = len(results) - 1
    results[last] = dataclasses.replace(results[last], scores=results[last].scores | {"psnr": math.inf})
    sheet = sheet_of(dataclasses.replace(evaluation, results=tuple(results)), tmp_path, best=1, worst=1)
    assert colours_of_row(sheet, 3)[0] == render_colour(6, 2)
