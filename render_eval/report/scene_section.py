"""The page's row for a scene: photograph, truth, what each method made of it, a slider between them, and the scores."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from render_eval.records import Evaluation, MethodRecord, SceneRecord
from render_eval.report.markup import address, block, element, image, png_size
from render_eval.report.numerals import decimals_for, numeral, percent
from render_eval.report.summary import NO_RESULT, Scores, noise_floor
from render_eval.report.tables import scene_table
from render_eval.scores import within_noise_floor

#: How many of the first metrics stand below each render.
_METRICS_OF_A_CARD = 2


def scene_section(evaluation: Evaluation, scores: Scores, scene: SceneRecord, number: int, folder: Path) -> Element:
    """Return everything about one scene.

    Args:
        evaluation: the evaluation.
        scores: its scores.
        scene: one of its scenes.
        number: the scene's number, for its anchor.
        folder: where the page will be and the images are.
    """
    anchor = scene_anchor(number)
    heading = element("h3", scene.name, id=anchor)
    parts = [heading, _facts(scene)]
    if scene.error:
        parts.append(element("p", f"This scene was not evaluated: {scene.error}", class_="error"))
    cards = [_card(scores, scene, method, folder) for method in evaluation.methods]
    left = block("div", [_comparison(evaluation, scores, scene, folder), *_references(scene, folder)], class_="left")
    parts.append(element("div", left, block("div", cards, class_="cards"), class_="row"))
    parts.append(scene_table(evaluation, scores, scene))
    return block("section", parts, class_="scene", aria_labelledby=anchor)


def scene_anchor(number: int) -> str:
    """Return a scene's anchor on the page."""
    return f"scene-{number}"


def _facts(scene: SceneRecord) -> Element:
    facts = [
        scene.category,
        f"{percent(scene.clipped_fraction)} over-exposed",
        f"brightest pixel {numeral(scene.peak_ev, 1)} stops above white",
        f"{scene.width} × {scene.height}",
        f"LDR: {scene.ldr_source}" if scene.ldr_source else "",
        scene.hdr_file,
    ]
    return element("ul", *[element("li", fact) for fact in facts if fact], class_="facts")


def _references(scene: SceneRecord, folder: Path) -> list[Element]:
    return [
        _captioned("LDR panorama", image(folder, scene.ldr_png, f"LDR panorama of {scene.name}")),
        _captioned("Truth: lit by the HDR", image(folder, scene.truth_png, f"{scene.name} lit by its HDR panorama")),
    ]


def _captioned(caption: str, shown: Element) -> Element:
    return element("figure", shown, element("figcaption", caption))


def _card(scores: Scores, scene: SceneRecord, method: MethodRecord, folder: Path) -> Element:
    """Return a method's render and how it differs from the truth, or why there is none."""
    result = scores.result(scene.name, method.name)
    if result is None or result.error:
        reason = NO_RESULT if result is None else result.error
        caption = element("figcaption", element("strong", method.label))
        return element("figure", element("p", reason, class_="error"), caption, class_="card")
    render = image(folder, result.render_png, f"{scene.name} lit by {method.label}")
    difference = image(folder, result.difference_png, f"Difference of {method.label} from the truth")
    caption = element("figcaption", element("strong", method.label), *_leading_scores(scores, scene, method))
    return element("figure", render, difference, caption, class_="card")


def _leading_scores(scores: Scores, scene: SceneRecord, method: MethodRecord) -> list[Element]:
    parts = []
    for metric in scores.metrics[:_METRICS_OF_A_CARD]:
        value = scores.score(scene.name, method.name, metric)
        wave = "≈ " if within_noise_floor(metric.key, value, noise_floor(scene, metric)) else ""
        unit = f" {metric.unit}" if metric.unit else ""
        parts.append(element("span", f"{metric.label} {wave}{numeral(value, decimals_for([value]))}{unit}"))
    return parts


def _comparison(evaluation: Evaluation, scores: Scores, scene: SceneRecord, folder: Path) -> Element | None:
    """Return a slider between a method's render and the truth, None if there are not both."""
    choices = []
    for method in evaluation.methods:
        result = scores.result(scene.name, method.name)
        if result is not None and result.render_png and png_size(folder / result.render_png) is not None:
            choices.append((method.label, address(result.render_png)))
    if not choices or not scene.truth_png or png_size(folder / scene.truth_png) is None:
        return None
    label, source = choices[-1]
    truth = image(folder, scene.truth_png, f"{scene.name} lit by its HDR panorama")
    render = element("img", src=source, alt=f"{scene.name} lit by {label}", loading="lazy", class_="over")
    divider = element("input", type="range", min=0, max=100, value=50, step="any")
    divider.set("aria-label", "How much of the method's render is shown, from the left")
    names = [element("span", label, class_="tag left-tag"), element("span", "truth", class_="tag right-tag")]
    stage = element("div", truth, render, element("span", class_="divider"), divider, *names, class_="stage")
    options = [element("option", each, value=target, selected=target == source) for each, target in choices]
    choice = element("label", "Slider: truth against ", element("select", *options), class_="needs-script")
    return element("figure", stage, element("figcaption", choice), class_="comparison", data_scene=scene.name)
