"""The page's plots: each metric against how much of a scene is clipped and how bright it really is."""

from __future__ import annotations

import math
from collections.abc import Callable
from xml.etree.ElementTree import Element

from render_eval.records import Evaluation, SceneRecord
from render_eval.report.axes import Axis, linear_axis, logarithmic_axis, root_axis_percent
from render_eval.report.charts import Point, Series, mark, scatter, shapes
from render_eval.report.markup import block, element
from render_eval.report.summary import Scores
from render_eval.scores import Metric

#: From this ratio of the largest to the smallest error on, its axis is logarithmic.
_LOGARITHMIC_FROM = 30.0


def plots_section(evaluation: Evaluation, scores: Scores) -> Element:
    """Return the plots with one legend and a choice of the metric; all metrics are shown where scripts do not run."""
    pairs = [pair for metric in scores.metrics if (pair := _pair(evaluation, scores, metric)) is not None]
    choices = [element("option", metric.label, value=metric.key) for metric in scores.metrics]
    choice = element("label", "Metric ", element("select", *choices, id="plotted-metric"), class_="needs-script")
    explanation = (
        "One mark for each scene and method. Lines join the medians of quarters of the scenes, from the least to the "
        "most clipped or bright."
    )
    return block(
        "section",
        [
            element("h2", "Error against clipping and brightness", id="plots"),
            element("p", explanation),
            shapes(),
            element("div", choice, _legend(evaluation), class_="controls"),
            *(pairs or [element("p", "There are no figures to plot.")]),
        ],
        aria_labelledby="plots",
    )


def _legend(evaluation: Evaluation) -> Element:
    entries = []
    for index, method in enumerate(evaluation.methods):
        box = element("input", type="checkbox", checked=True, data_method=index, class_="needs-script")
        entries.append(element("li", element("label", box, mark(index), method.label)))
    return element("ul", *entries, class_="legend", aria_label="Methods shown in the plots")


def _pair(evaluation: Evaluation, scores: Scores, metric: Metric) -> Element | None:
    charts = [
        _chart(evaluation, scores, metric, lambda scene: 100.0 * scene.clipped_fraction, _clipped_axis),
        _chart(evaluation, scores, metric, lambda scene: scene.peak_ev, _peak_axis),
    ]
    present = [chart for chart in charts if chart is not None]
    if not present:
        return None
    heading = element("h3", metric.label)
    return element("div", heading, *present, class_="charts", data_metric=metric.key)


def _chart(
    evaluation: Evaluation,
    scores: Scores,
    metric: Metric,
    abscissa: Callable[[SceneRecord], float],
    abscissa_axis: Callable[[list[float]], Axis],
) -> Element | None:
    series = []
    for index, method in enumerate(evaluation.methods):
        candidates = [
            Point(abscissa(scene), scores.score(scene.name, method.name, metric), scene.name)
            for scene in evaluation.scenes
        ]
        drawn = tuple(point for point in candidates if math.isfinite(point.x) and math.isfinite(point.y))
        series.append(Series(index, method.label, drawn))
    points = [point for each in series for point in each.points]
    if not points:
        return None
    x_axis = abscissa_axis([point.x for point in points])
    title = f"{metric.label} of every method against: {x_axis.label}"
    return scatter(series, x_axis, _metric_axis(metric, [point.y for point in points]), title)


def _clipped_axis(percentages: list[float]) -> Axis:
    return root_axis_percent("over-exposed part of the sphere / % (square-root scale)", percentages)


def _peak_axis(peaks_ev: list[float]) -> Axis:
    return linear_axis("brightest pixel / stops above the LDR's white", peaks_ev, tick_count=8)


def _metric_axis(metric: Metric, values: list[float]) -> Axis:
    unit = f" / {metric.unit}" if metric.unit else ""
    label = f"{metric.label}{unit} ({'higher' if metric.higher_is_better else 'lower'} is better)"
    if not metric.higher_is_better and min(values) > 0.0 and max(values) > _LOGARITHMIC_FROM * min(values):
        return logarithmic_axis(label, values)
    return linear_axis(label, values)
