"""The report's charts, read back as a person reads them: by their ticks."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_evaluation import METHODS, make_evaluation
from page_reader import read_page, with_class, words

from render_eval.report import write_report
from render_eval.report.axes import linear_axis, logarithmic_axis, root_axis_percent
from render_eval.report.charts import DARK_COLOURS, LIGHT_COLOURS, Point, shape_of, trend
from render_eval.report.numerals import decimals_for, numeral
from render_eval.scores import METRICS

SCENES = [f"scene {number}" for number in range(9)]
DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

#: Machado, Oliveira and Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency":
#: severity 1, on linear RGB.
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def number_of(text: str) -> float:
    """The value of a tick's text."""
    power = re.fullmatch(r"(?:(\d)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    if power is None:
        return float(text)
    return float(power[1] or 1) * 10.0 ** int(power[2].translate(DIGITS))


def scale_from_ticks(chart, anchor: str, coordinate: str, curve) -> tuple[float, float]:
    """Slope and offset of position → curve(value), by a straight line through the ticks."""
    ticks = [each for each in chart.findall("text") if each.get("text-anchor") == anchor and each.get("class") is None]
    positions = [float(each.get(coordinate)) for each in ticks]
    values = [curve(number_of(each.text)) for each in ticks]
    slope, offset = np.polyfit(positions, values, 1)
    assert np.allclose(np.polyval([slope, offset], positions), values, atol=0.01 * np.ptp(values))
    return slope, offset


def test_every_mark_is_where_its_scene_and_score_specify(tmp_path):
    evaluation = make_evaluation(SCENES)
    write_report(evaluation, tmp_path)
    page = read_page((tmp_path / "index.html").read_text(encoding="utf-8"))
    groups = with_class(page, "charts")
    assert [group.get("data-metric") for group in groups] == list(METRICS)
    for group, (key, metric) in zip(groups, METRICS.items(), strict=True):
        values = [each.scores[key] for each in evaluation.results]
        curved = not metric.higher_is_better and max(values) > 30.0 * min(values)
        against = [(math.sqrt, [100.0 * scene.clipped_fraction for scene in evaluation.scenes])]
        against.append((float, [scene.peak_ev for scene in evaluation.scenes]))
        for chart, (x_curve, x_values) in zip(group.findall("svg"), against, strict=True):
            x_slope, x_offset = scale_from_ticks(chart, "middle", "x", x_curve)
            y_slope, y_offset = scale_from_ticks(chart, "end", "y", math.log10 if curved else float)
            for series in with_class(chart, "series"):
                method = METHODS[int(series.get("data-method"))]
                scores = [each.scores[key] for each in evaluation.results if each.method == method]
                marks = series.findall("use")
                assert [words(mark).split(",")[0] for mark in marks] == SCENES
                x = np.array([x_slope * float(mark.get("x")) + x_offset for mark in marks])
                y = np.array([y_slope * float(mark.get("y")) + y_offset + 4 * y_slope for mark in marks])
                expected = np.log10(scores) if curved else np.array(scores)
                assert np.allclose(x, [x_curve(value) for value in x_values], atol=0.01 * np.ptp(x))
                assert np.allclose(y, expected, atol=0.01 * abs(y_slope) * 270)


def test_figures_that_have_no_place_are_left_out(tmp_path):
    evaluation = make_evaluation(SCENES)
    results = list(evaluation.results)
    for index, value in enumerate((math.inf, math.nan)):
        results[index] = dataclasses.replace(results[index], scores=results[index].scores | {"psnr": value})
    scenes = (*evaluation.scenes[:-1], dataclasses.replace(evaluation.scenes[-1], peak_ev=-math.inf))
    write_report(dataclasses.replace(evaluation, scenes=scenes, results=tuple(results)), tmp_path)
    page = read_page((tmp_path / "index.html").read_text(encoding="utf-8"))
    clipped, peak = with_class(page, "charts")[0].findall("svg")
    assert len(clipped.findall("g/use")) == 27 - 2
    assert len(peak.findall("g/use")) == 27 - 2 - 3


finite = st.floats(-1e6, 1e6)


@settings(deadline=None)
@given(st.lists(finite, min_size=1, max_size=20))
def test_a_linear_axis_holds_all_values_and_has_round_even_ticks(values):
    axis = linear_axis("x", values)
    assert all(0.0 <= axis.place(value) <= 1.0 for value in values)
    ticks = np.array([value for value, _ in axis.ticks])
    assert 2 <= len(ticks) <= 11
    step = ticks[1] - ticks[0]
    assert np.allclose(np.diff(ticks), step, rtol=1e-6)
    assert float(f"{step:.0e}"[0]) in (1.0, 2.0, 5.0)


@settings(deadline=None)
@given(st.lists(st.floats(1e-8, 1e6), min_size=1, max_size=20))
def test_a_logarithmic_axis_gives_every_decade_the_same_space(values):
    axis = logarithmic_axis("x", values)
    assert all(0.0 <= axis.place(value) <= 1.0 for value in values)
    assert axis.place(1e3) - axis.place(1e2) == pytest.approx(axis.place(1e-4) - axis.place(1e-5), rel=1e-6)
    assert all(number_of(text) == pytest.approx(value, rel=1e-9) for value, text in axis.ticks)


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=20))
def test_a_root_axis_begins_at_nought(values):
    axis = root_axis_percent("x", values)
    assert all(0.0 < axis.place(value) <= 1.0 for value in values)
    assert axis.ticks[0] == (0.0, "0") and len(axis.ticks) >= 2
    whole, quarter, nought = axis.place(4.0), axis.place(1.0), axis.place(0.0)
    assert (quarter - nought) / (whole - nought) == pytest.approx(0.5)


def test_the_line_goes_through_the_medians_of_quarters():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0.0, 9.0, 20), rng.normal(size=20)
    order = np.argsort(x).reshape(4, 5)
    corners = trend([Point(*pair, "") for pair in zip(x, y, strict=True)])
    assert np.allclose(corners, np.stack([np.median(x[order], axis=1), np.median(y[order], axis=1)], axis=1))
    assert trend([Point(1.0, 2.0, "")] * 7) == []


def linear_rgb(colour: str) -> np.ndarray:
    encoded = np.array([int(colour[at : at + 2], 16) / 255.0 for at in (1, 3, 5)])
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def cielab(rgb_linear: np.ndarray) -> np.ndarray:
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ratio = np.array(to_xyz) @ np.clip(rgb_linear, 0.0, 1.0) / [0.9505, 1.0, 1.089]
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116.0 * root[1] - 16.0, 500.0 * (root[0] - root[1]), 200.0 * (root[1] - root[2])])


@pytest.mark.parametrize(("colours", "page"), [(LIGHT_COLOURS, "#ffffff"), (DARK_COLOURS, "#14171a")])
def test_colours_stand_out_from_the_page(colours, page):
    """WCAG 2.2, 1.4.11: graphics need a contrast of 3."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    for colour in colours:
        lighter, darker = sorted((linear_rgb(colour) @ weights, linear_rgb(page) @ weights), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3.0, colour


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("colours", [LIGHT_COLOURS, DARK_COLOURS])
def test_colour_blind_readers_can_distinguish_the_colours(colours, deficiency):
    seen = [cielab(np.array(DEFICIENCIES[deficiency]) @ linear_rgb(colour)) for colour in colours]
    distances = {
        (colours[i], colours[j]): np.linalg.norm(seen[i] - seen[j]) for i in range(len(seen)) for j in range(i)
    }
    # 2.3 is a just noticeable difference in CIELAB (Mahy et al. 1994); shapes and dashes help besides.
    assert min(distances.values()) > 25.0, sorted(distances.items(), key=lambda item: item[1])[:3]


def test_colour_and_shape_together_name_a_method():
    looks = {(index % len(LIGHT_COLOURS), shape_of(index)) for index in range(36)}
    assert len(looks) == 36


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([26.789, 41.2], ["26.79", "41.20"]),
        ([0.9261, 0.85], ["0.9261", "0.8500"]),
        ([1.354e-3, 4.7e-3], ["0.001354", "0.004700"]),
        ([math.nan, 3.0, math.inf], ["–", "3.000", "∞"]),
        ([2e7, 1.0, 1.5], ["2.0e+07", "1.000", "1.500"]),
        ([], []),
    ],
)
def test_a_column_of_numbers_shows_four_digits_of_its_typical_value(values, shown):
    assert [numeral(value, decimals_for(values)) for value in values] == shown
