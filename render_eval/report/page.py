"""The page: one HTML file that needs no network and nothing but the images next to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from render_eval.images import DIFFERENCE_RANGE_EV
from render_eval.records import Evaluation
from render_eval.report.charts import colour_rules
from render_eval.report.markup import block, document, element
from render_eval.report.numerals import numeral, percent
from render_eval.report.plots import plots_section
from render_eval.report.scene_section import scene_anchor, scene_section
from render_eval.report.summary import NO_RESULT, Scores
from render_eval.report.tables import methods_table, metric_notes
from render_eval.scores import METRICS

_TITLES = {
    "renders": "Reconstructed light against true light",
    "maps": "Reconstructed HDR images against the true ones",
}
_MEASURED = {
    "renders": "Every panorama lights the same scene twice: as the true HDR, and as each method makes it from the LDR. "
    "Both are calibrated to the LDR, rendered in Cycles and compared.",
    "maps": "Each method converts the same LDR images to HDR. The result is scaled to the true HDR, with the LDR's "
    "white at 255 cd/m², and compared with it. Images are shown as they are, and below four stops darker.",
}
_HERE = Path(__file__).parent


def page(evaluation: Evaluation, folder: Path, written: datetime) -> str:
    """Return the page's text.

    Args:
        evaluation: what to show.
        folder: where the page will be; the images' paths start there.
        written: the date to print.
    """
    scores = Scores(evaluation)
    style = (_HERE / "page.css").read_text(encoding="utf-8") + colour_rules()
    head = block(
        "head",
        [
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("title", _TITLES[_kind(evaluation)]),
            element("style", style),
        ],
    )
    main = block(
        "main",
        [
            _header(evaluation, scores, written),
            _methods_section(evaluation, scores),
            plots_section(evaluation, scores),
            _scenes_section(evaluation, scores, folder),
        ],
    )
    script = element("script", (_HERE / "page.js").read_text(encoding="utf-8"))
    return document(block("html", [head, block("body", [main, script])], lang="en"))


def _header(evaluation: Evaluation, scores: Scores, written: datetime) -> Element:
    date = element("time", written.strftime("%Y-%m-%d %H:%M %Z"), datetime=written.isoformat(timespec="seconds"))
    count = f"{len(evaluation.scenes)} scenes, {len(evaluation.methods)} methods, written "
    kind = _kind(evaluation)
    parts: list[Element | None] = [element("h1", _TITLES[kind]), element("p", _MEASURED[kind])]
    parts.append(element("p", count, date, class_="count"))
    links = {"#methods": "Methods", "#plots": "Plots", "#scenes": "Scenes", "results.csv": "results.csv"}
    links["results.json"] = "results.json"
    parts.append(element("nav", *[element("a", text, href=target) for target, text in links.items()]))
    parts.append(_failures(evaluation, scores))
    parts.append(_folded("Settings", _definitions(evaluation.settings)))
    parts.append(_folded("Versions", _definitions(evaluation.versions)))
    return block("header", [part for part in parts if part is not None])


def _failures(evaluation: Evaluation, scores: Scores) -> Element | None:
    """Return what is missing, with its reason, None if everything is there."""
    entries = []
    for number, scene in enumerate(evaluation.scenes):
        anchor = f"#{scene_anchor(number)}"
        if scene.error:
            entries.append(element("li", element("a", scene.name, href=anchor), f": {scene.error}"))
            continue
        for method in evaluation.methods:
            result = scores.result(scene.name, method.name)
            reason = NO_RESULT if result is None else result.error
            if reason:
                link = element("a", f"{scene.name}, {method.label}", href=anchor)
                entries.append(element("li", link, f": {reason}"))
    if not entries:
        return None
    expected = len(evaluation.scenes) * len(evaluation.methods)
    missing = expected - sum(scores.succeeded(method.name) for method in evaluation.methods)
    folded = _folded(f"{missing} of {expected} results are missing", block("ul", entries))
    folded.set("class", "error")
    return folded


def _methods_section(evaluation: Evaluation, scores: Scores) -> Element:
    parts = [element("h2", "Methods", id="methods")]
    if scores.metrics:
        marks = (
            "In each cell: mean, median, ± standard deviation (n − 1). Headings sort by the mean. ★ best of its "
            "column, among the methods with figures for the most scenes. ≈ within the noise floor: as close to the "
            "truth as the truth rendered with another seed, so not distinguishable from it. The last line is that "
            "noise floor."
        )
        parts += [element("p", marks, class_="key"), methods_table(evaluation, scores)]
        parts += [
            element("p", f"{METRICS[key].label} is not among them. {reason}", class_="key")
            for key, reason in evaluation.settings.get("absent", {}).items()
        ]
        parts.append(_folded("What the metrics are", metric_notes(scores.metrics)))
    else:
        parts.append(element("p", "No method has a result."))
    return block("section", parts, aria_labelledby="methods")


def _scenes_section(evaluation: Evaluation, scores: Scores, folder: Path) -> Element:
    index = []
    for number, scene in enumerate(evaluation.scenes):
        link = element("a", scene.name, href=f"#{scene_anchor(number)}")
        facts = f"{percent(scene.clipped_fraction)}, {numeral(scene.peak_ev, 1)} EV"
        index.append(element("li", link, element("small", facts), class_="error" if scene.error else None))
    sections = [
        scene_section(evaluation, scores, scene, number, folder) for number, scene in enumerate(evaluation.scenes)
    ]
    key = (
        f"Below each render is its difference from the truth: red where it is too bright, blue where it is too dark, "
        f"full at {DIFFERENCE_RANGE_EV:g} stops; light grey where it is right."
    )
    heading = [element("h2", "Scenes", id="scenes"), element("p", key), block("ol", index, class_="index")]
    return block("section", [*heading, *sections], aria_labelledby="scenes")


def _kind(evaluation: Evaluation) -> str:
    return evaluation.settings.get("metrics", "renders")


def _definitions(values: Mapping[str, Any]) -> Element:
    entries = []
    for name, value in values.items():
        nested = isinstance(value, dict | list | tuple)
        text = json.dumps(value, indent=1, ensure_ascii=False, default=str) if nested else str(value)
        entries += [element("dt", name), element("dd", element("pre", text) if nested else text)]
    return block("dl", entries, class_="definitions-of-values")


def _folded(summary: str, content: Element) -> Element:
    return element("details", element("summary", summary), content)
