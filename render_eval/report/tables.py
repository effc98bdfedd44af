"""The page's tables: all methods over all scenes, and all methods on one scene."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.etree.ElementTree import Element

import numpy as np

from render_eval.records import Evaluation, MethodRecord, SceneRecord
from render_eval.report.markup import block, element
from render_eval.report.numerals import decimals_for, numeral
from render_eval.report.summary import (
    Scores,
    Statistics,
    best,
    best_of_equal_number,
    noise_floor,
    statistics,
)
from render_eval.scores import Metric, within_noise_floor

DOMAIN_TITLES = {
    "display": "Render for the display",
    "linear": "Render, linear light",
    "map": "Panorama itself",
    "image": "Image itself",
}
NOISE_LABEL = "Truth, another seed"

_WITHIN_NOISE = "within the noise floor: not distinguishable from the truth"


def methods_table(evaluation: Evaluation, scores: Scores) -> Element:
    """Return mean, median and standard deviation of every metric for every method."""
    columns = [_summary_column(evaluation, scores, metric) for metric in scores.metrics]
    lines = [
        element(
            "tr",
            element("th", method.label, element("small", method.source), scope="row", data_value=method.label),
            _count_cell(scores.succeeded(method.name), len(evaluation.scenes)),
            *[column[index] for column in columns],
            *_time_cells(evaluation, scores, method),
        )
        for index, method in enumerate(evaluation.methods)
    ]
    noise = [column[-1] for column in columns]
    last = element("tr", element("th", NOISE_LABEL, scope="row"), element("td"), *noise, element("td"), element("td"))
    caption = element("caption", "All methods over all scenes", class_="unseen")
    table = block("table", [caption, _head(scores.metrics, ["Scenes"]), block("tbody", lines), element("tfoot", last)])
    table.set("class", "sortable summary")
    return _scrolling(table, "All methods over all scenes")


def scene_table(evaluation: Evaluation, scores: Scores, scene: SceneRecord) -> Element:
    """Return every score on one scene, with its noise floor."""
    columns = [_scene_column(evaluation, scores, scene, metric) for metric in scores.metrics]
    lines = []
    for index, method in enumerate(evaluation.methods):
        result = scores.result(scene.name, method.name)
        times = [np.nan, np.nan]
        if result is not None and not result.error:
            times = [result.predict_seconds, result.render_seconds]
        name = element("th", method.label, scope="row", data_value=method.label)
        cells = [column[index] for column in columns]
        lines.append(element("tr", name, *cells, *[_plain_cell(value, 2) for value in times]))
    noise = [column[-1] for column in columns]
    last = element("tr", element("th", NOISE_LABEL, scope="row"), *noise, element("td"), element("td"))
    caption = element("caption", f"Scores on {scene.name}", class_="unseen")
    table = block("table", [caption, _head(scores.metrics, []), block("tbody", lines), element("tfoot", last)])
    table.set("class", "sortable")
    return _scrolling(table, f"Scores on {scene.name}")


def metric_notes(metrics: Sequence[Metric]) -> Element:
    """Return what each metric is and where it is from."""
    entries = []
    for metric in metrics:
        direction = "higher is better" if metric.higher_is_better else "lower is better"
        unit = f", in {metric.unit}" if metric.unit else ""
        term = element("dt", metric.label, element("small", f"{DOMAIN_TITLES[metric.domain]}{unit}; {direction}"))
        term.set("id", f"metric-{metric.key}")
        entries += [term, element("dd", metric.definition, element("cite", metric.source))]
    return block("dl", entries, class_="notes")


def _head(metrics: Sequence[Metric], further: Sequence[str]) -> Element:
    """Return two lines of headings: the domains, and the metrics below them."""
    above = [_sorting_heading("Method", rowspan=2)]
    above += [_sorting_heading(label, rowspan=2) for label in further]
    for domain, members in groupby(metrics, key=lambda metric: metric.domain):
        above.append(element("th", DOMAIN_TITLES[domain], scope="colgroup", colspan=len(list(members)), class_="group"))
    above.append(element("th", "Time / s", scope="colgroup", colspan=2, class_="group"))
    below = [_metric_heading(metric, first=metric in _firsts(metrics)) for metric in metrics]
    below += [_sorting_heading("predict", class_="first"), _sorting_heading("render")]
    return block("thead", [element("tr", *above), element("tr", *below)])


def _firsts(metrics: Sequence[Metric]) -> list[Metric]:
    return [next(members) for _, members in groupby(metrics, key=lambda metric: metric.domain)]


def _sorting_heading(label: str, **attributes: str | int) -> Element:
    return element("th", element("button", label, type="button"), scope="col", **attributes)


def _metric_heading(metric: Metric, first: bool) -> Element:
    arrow = "↑" if metric.higher_is_better else "↓"
    better = "higher is better" if metric.higher_is_better else "lower is better"
    direction = element("span", arrow, title=better, role="img", aria_label=better)
    note = element("a", "?", href=f"#metric-{metric.key}", title=metric.definition)
    note.set("aria-label", f"What {metric.label} is")
    unit = element("span", metric.unit, " ", note, class_="unit")
    button = element("button", metric.label, "\u00a0", direction, type="button")
    return element("th", button, unit, scope="col", class_="first" if first else None)


def _summary_column(evaluation: Evaluation, scores: Scores, metric: Metric) -> list[Element]:
    """Return a metric's cells for every method, and the noise floor's behind them."""
    by_method = {each.name: statistics(scores.of_method(each.name, metric)) for each in evaluation.methods}
    noise = statistics(scores.noise(metric))
    decimals = decimals_for([each.mean for each in (*by_method.values(), noise)])
    best_means = best_of_equal_number(by_method, "mean", metric)
    best_medians = best_of_equal_number(by_method, "median", metric)
    first = metric in _firsts(scores.metrics)
    cells = []
    for name, column in by_method.items():
        within = within_noise_floor(metric.key, column.mean, scores.noise_of(name, metric))
        mean = _figure(column.mean, decimals, best=name in best_means, within=within)
        median = _figure(column.median, decimals, best=name in best_medians, within=False)
        cells.append(_statistics_cell(column, mean, median, decimals, first))
    mean, median = (element("span", numeral(each, decimals)) for each in (noise.mean, noise.median))
    return [*cells, _statistics_cell(noise, mean, median, decimals, first)]


def _statistics_cell(column: Statistics, mean: Element, median: Element, decimals: int, first: bool) -> Element:
    style = "first" if first else None
    if not column.count:
        return element("td", "–", class_=style)
    mean.set("title", f"mean of {column.count}")
    median.set("title", "median")
    spread = element("span", f"± {numeral(column.deviation, decimals)}", title="standard deviation")
    return element("td", mean, median, spread, class_=style, data_value=_sort_key(column.mean))


def _scene_column(evaluation: Evaluation, scores: Scores, scene: SceneRecord, metric: Metric) -> list[Element]:
    values = {each.name: scores.score(scene.name, each.name, metric) for each in evaluation.methods}
    floor = noise_floor(scene, metric)
    decimals = decimals_for([*values.values(), floor])
    leaders = best(values, metric)
    style = "first" if metric in _firsts(scores.metrics) else None
    cells = []
    for name, value in values.items():
        within = within_noise_floor(metric.key, value, floor)
        figure = _figure(value, decimals, best=name in leaders, within=within)
        cells.append(element("td", figure, class_=style, data_value=_sort_key(value)))
    return [*cells, element("td", numeral(floor, decimals), class_=style)]


def _figure(value: float, decimals: int, *, best: bool, within: bool) -> Element:
    """Return a figure with its marks: one is best of its column, the other does not differ from the truth."""
    star = element("span", "★", class_="star", title="best", role="img", aria_label="best") if best else None
    wave = element("span", "≈", class_="noise", title=_WITHIN_NOISE, role="img", aria_label=_WITHIN_NOISE)
    text = numeral(value, decimals)
    return element("span", star, wave if within else None, text, class_="best" if best else None)


def _count_cell(succeeded: int, expected: int) -> Element:
    style = None if succeeded == expected else "error"
    return element("td", f"{succeeded} of {expected}", data_value=succeeded, class_=style)


def _time_cells(evaluation: Evaluation, scores: Scores, method: MethodRecord) -> list[Element]:
    found = (scores.result(scene.name, method.name) for scene in evaluation.scenes)
    results = [result for result in found if result is not None and not result.error]
    predict = statistics(result.predict_seconds for result in results).mean
    render = statistics(result.render_seconds for result in results).mean
    return [_plain_cell(predict, 2, class_="first"), _plain_cell(render, 2)]


def _plain_cell(value: float, decimals: int, **attributes: str) -> Element:
    return element("td", numeral(value, decimals), data_value=_sort_key(value), **attributes)


def _sort_key(value: float) -> str | None:
    return None if np.isnan(value) else repr(float(value))


def _scrolling(table: Element, label: str) -> Element:
    # Scrolling with the keyboard needs the focus.
    return element("div", table, class_="scrolling", role="region", aria_label=label, tabindex=0)
